// Set-up: everything a build needs that is not an npm package. `npm start` and `npm test` call it every time; when all is
// there it looks and goes on. A failed step names the command that puts it right.
//
// Alone: `node scripts/setup.mjs [--tests]`; `--tests` adds what only the tests need (clippy, rustfmt, browsers).

import { setUpChromium } from "./setup/chromium.mjs";
import { setUpEngines } from "./setup/engines.mjs";
import { setUpRust } from "./setup/rust.mjs";
import { setUpTools } from "./setup/tools.mjs";
import { isEntry, main } from "./support/step.mjs";

/** Makes the machine ready to build, and with `tests` to test. */
export async function setUp({ tests = false } = {}) {
  await setUpRust({ tests });
  await setUpTools();
  if (!tests) return;
  await setUpChromium();
  // WebKitGTK is there on Linux only.
  if (process.platform === "linux") await setUpEngines();
}

if (isEntry(import.meta.url)) await main(() => setUp({ tests: process.argv.includes("--tests") }));
