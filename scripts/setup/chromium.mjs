// Chromium, for the browser tests alone. Nothing downloads a browser behind a person's back: the machine's own is used, or
// Debian's package installed where this runs as root.

import { existsSync } from "node:fs";
import { which } from "../support/process.mjs";
import { step } from "../support/step.mjs";
import { installPackages } from "./debian.mjs";

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

/** The step. */
export async function setUpChromium() {
  await step("Chromium", {
    ready: () => existsSync(findChromium() ?? "") && findChromium(),
    doing: "installing Debian's package (some 300 MB)",
    work: () => installPackages("Chromium", ["chromium"], "set CHROME to the program of a Chrome or Chromium"),
    remedy: "apt-get update && apt-get install chromium",
  });
}
