// Debian's packages, where this runs as root on Debian.

import { run, which } from "../support/process.mjs";
import { StepFailed } from "../support/step.mjs";

/** Installs packages; `otherwise` is what else a person may do. */
export async function installPackages(what, packages, otherwise) {
  if (process.getuid?.() !== 0 || !which("apt-get")) {
    const by = `\`sudo apt-get install ${packages.join(" ")}\``;
    throw new StepFailed(`${what}: not found, and this is not root on Debian, so it cannot be installed from here`, `${by}, or ${otherwise}.`);
  }
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const install = () => run("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { env });
  await install().catch(async () => {
    // The lists of a fresh machine may name releases that are gone.
    await run("apt-get", ["update"], { env });
    await install();
  });
}
