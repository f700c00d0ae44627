// Firefox ESR and WebKitGTK, for the browser tests alone: the machine's own, or Debian's packages where this runs as root.

import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { which } from "../support/process.mjs";
import { step } from "../support/step.mjs";
import { installPackages } from "./debian.mjs";

/** Where distributions put WebKitGTK's programs: a folder for each release of its interface. */
const LIBRARIES = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/libexec", "/usr/lib"];

/** Firefox: `FIREFOX` when it is set, else what is installed. */
export const findFirefox = () => process.env.FIREFOX ?? which("firefox-esr") ?? which("firefox");

/** WebKitGTK's own small browser. */
export function findMiniBrowser() {
  for (const folder of LIBRARIES.filter(existsSync)) {
    for (const name of readdirSync(folder).filter((name) => name.startsWith("webkit2gtk-") || name.startsWith("webkitgtk-"))) {
      const program = path.join(folder, name, "MiniBrowser");
      if (existsSync(program)) return program;
    }
  }
  return undefined;
}

const isWebKitThere = () => which("WebKitWebDriver") && which("Xvfb") && findMiniBrowser();

/** The step. */
export async function setUpEngines() {
  await step("Firefox and WebKitGTK", {
    ready: () => findFirefox() && isWebKitThere() && `${findFirefox()}, ${findMiniBrowser()}`,
    doing: "installing Debian's packages (some 500 MB)",
    work: () => installPackages("Firefox and WebKitGTK", ["firefox-esr", "webkit2gtk-driver", "xvfb"], "set FIREFOX to the program of a Firefox"),
    remedy: "apt-get update && apt-get install firefox-esr webkit2gtk-driver xvfb",
  });
}
