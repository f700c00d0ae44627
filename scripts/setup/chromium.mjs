// Chromium, for the browser tests alone. Nothing downloads a browser behind a person's back: the machine's own is used, or
// Debian's package installed where this runs as root.

import { existsSync } from "node:fs";
import { run, which } from "../support/process.mjs";
import { StepFailed, step } from "../support/step.mjs";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The browser's program: `CHROME` when it is set, else the first that is installed; `undefined` without any. */
export function findChromium() {
  if (process.env.CHROME) return process.env.CHROME;
  return PLACES.find(existsSync) ?? which("chromium") ?? which("google-chrome");
}

const INSTALL = ["install", "-y", "--no-install-recommends", "chromium"];

async function install() {
  if (process.getuid?.() !== 0 || !which("apt-get")) {
    throw new StepFailed(
      "Chromium: not found, and this is not root on Debian, so it cannot be installed from here",
      "`sudo apt-get install chromium`, or set CHROME to the program of a Chrome or Chromium.",
    );
  }
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", INSTALL, { env }).catch(async () => {
    // The lists of a fresh machine may name releases that are gone.
    await run("apt-get", ["update"], { env });
    await run("apt-get", INSTALL, { env });
  });
}

/** The step. */
export async function setUpChromium() {
  await step("Chromium", {
    ready: () => existsSync(findChromium() ?? "") && findChromium(),
    doing: "installing Debian's package (some 300 MB)",
    work: install,
    remedy: "apt-get update && apt-get install chromium",
  });
}
