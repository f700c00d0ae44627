// wasm-bindgen and worker-build, compiled by cargo once per machine into a cache folder outside the checkout. Their releases
// are pinned: wasm-bindgen's must be that of the crate in Cargo.lock, and worker-build's that of the crate `worker`.

import { mkdirSync } from "node:fs";
import { ROOT, TOOLS, tool } from "../support/paths.mjs";
import { ask, run, which } from "../support/process.mjs";
import { StepFailed, step } from "../support/step.mjs";

const PROGRAMS = [
  { crate: "wasm-bindgen-cli", program: "wasm-bindgen", version: "0.2.129", minutes: "2 to 4" },
  { crate: "worker-build", program: "worker-build", version: "0.8.7", minutes: "3 to 6" },
];

async function install({ crate, version }) {
  mkdirSync(TOOLS, { recursive: true });
  const args = ["install", "--root", TOOLS, `${crate}@${version}`, "--force", "--quiet"];
  // A release's own lock file may name what was withdrawn since; then the newest that fits must do.
  try {
    await run("cargo", [...args, "--locked"], { cwd: ROOT });
  } catch {
    console.log(`  ${crate} did not build with its own lock file; trying without`);
    await run("cargo", args, { cwd: ROOT });
  }
}

/** One step for each program. */
export async function setUpTools() {
  if (!which("cc")) {
    throw new StepFailed("a C compiler: none found, and Rust links with it", "apt-get install build-essential");
  }
  for (const program of PROGRAMS) {
    await step(`${program.program} ${program.version}`, {
      ready: () => ask(tool(program.program), ["--version"])?.endsWith(program.version) && "there",
      doing: `compiling it into ${TOOLS}, once per machine, ${program.minutes} minutes`,
      work: () => install(program),
      remedy: `cargo install --root ${TOOLS} ${program.crate}@${program.version}`,
    });
  }
}
