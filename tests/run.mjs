// `npm test`: set-up, build, then every layer of tests. The last line is always `N passed, N failed`.
//
// A layer that passes says one line; one that fails says everything. Each has a minimum in tests/minimums.json, so that
// tests cannot vanish unnoticed; a test that is skipped, ignored or marked as to do has failed.
//
// `npm test -- core collector` runs these layers alone.

import { readFileSync } from "node:fs";
import path from "node:path";
import { build } from "../scripts/build.mjs";
import { setUp } from "../scripts/setup.mjs";
import { findChromium } from "../scripts/setup/chromium.mjs";
import { ROOT } from "../scripts/support/paths.mjs";
import { StepFailed } from "../scripts/support/step.mjs";
import { cargoTests, format, lint } from "./support/layers/cargo.mjs";
import { dependencies } from "./support/layers/dependencies.mjs";
import { deploy } from "./support/layers/deploy.mjs";
import { nodeTests } from "./support/layers/node.mjs";

/** The SDK's own tests in another browser engine. */
const inEngine = (engine) => async () => {
  process.env.ENGINE = engine;
  return nodeTests("tests/browser", { concurrency: 2, prefix: "sdk-" }).finally(() => delete process.env.ENGINE);
};
/** The same in Chromium without wasm: the code compiled to JavaScript. */
const scripted = async () => {
  process.env.WASM = "off";
  return nodeTests("tests/browser", { concurrency: 2, prefix: "sdk-" }).finally(() => delete process.env.WASM);
};
/** WebKitGTK and its driver are there on Linux only. */
const engines = { firefox: inEngine("firefox"), ...(process.platform === "linux" && { webkit: inEngine("webkit") }) };

/** In the order of what tells most in the least time. Each resolves to `{ passed, failed, output }`. */
const LAYERS = {
  format,
  dependencies,
  core: () => cargoTests("tributary-core"),
  lint,
  shells: () => cargoTests("tributary-sdk", "tributary-inspector", "tributary-collector"),
  collector: () => nodeTests("tests/collector", { concurrency: 2 }),
  browser: () => nodeTests("tests/browser", { concurrency: 1 }),
  scripted,
  ...engines,
  deploy,
};

const minimums = JSON.parse(readFileSync(path.join(ROOT, "tests/minimums.json"), "utf8"));
const total = { passed: 0, failed: 0 };

async function runLayer(name) {
  const started = performance.now();
  let { passed, failed, output } = await LAYERS[name]().catch((error) => ({
    passed: 0,
    failed: 1,
    output: error.output ?? error.stack,
  }));
  const minimum = minimums[name];
  if (!(passed + failed >= minimum)) {
    output += `\n${name}: ${passed + failed} tests, and tests/minimums.json wants ${minimum}`;
    failed += 1;
  }
  total.passed += passed;
  total.failed += failed;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (failed > 0) console.log(`\n${output.trim()}\n`);
  console.log(`${failed > 0 ? "✗" : "✓"} ${name}: ${passed} passed${failed > 0 ? `, ${failed} failed` : ""}, ${seconds} s`);
}

async function prepare() {
  try {
    await setUp({ tests: true });
    await build();
    process.env.CHROME = findChromium();
    return true;
  } catch (error) {
    console.log(`\n✗ ${error instanceof StepFailed ? error.message : error.stack}`);
    if (error.remedy) console.log(`\nWhat to do: ${error.remedy}`);
    total.failed += 1;
    return false;
  }
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !LAYERS[name]);
if (unknown.length > 0) {
  console.log(`no such layer: ${unknown.join(", ")}; there are ${Object.keys(LAYERS).join(", ")}`);
  total.failed += 1;
} else if (await prepare()) {
  for (const name of Object.keys(LAYERS)) {
    if (asked.length === 0 || asked.includes(name)) await runLayer(name);
  }
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
