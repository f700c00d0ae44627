// The layers that cargo runs: the format, clippy, and tests on this machine's own processor.

import { run } from "../../../scripts/support/process.mjs";
import { WASM } from "../../../scripts/support/rust.mjs";

/** Cargo's progress says nothing about a failure. */
const withoutProgress = (text) => text.replaceAll(/^ +(Compiling|Checking|Downloading|Downloaded|Blocking|Updating|Locking|Adding) .*\n/gm, "");

/** Runs commands to the end, each a test of its own. */
async function commands(list) {
  const results = { passed: 0, failed: 0, output: "" };
  for (const args of list) {
    await run("cargo", args).then(
      () => (results.passed += 1),
      (error) => {
        results.failed += 1;
        results.output += `cargo ${args.join(" ")}\n${withoutProgress(error.output)}\n`;
      },
    );
  }
  return results;
}

/** rustfmt has nothing to change. */
export const format = () => commands([["fmt", "--all", "--check"]]);

/** clippy has nothing to say, here and for wasm, where other lines are compiled. */
export const lint = () =>
  commands([
    ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
    ["clippy", "-p", "tributary-core", "-p", "tributary-sdk", "-p", "tributary-inspector", "-p", "tributary-collector", "--target", WASM, "--", "-D", "warnings"],
    // What only some builds of the script have.
    ["clippy", "-p", "tributary-sdk", "--features", "targeting", "--target", WASM, "--", "-D", "warnings"],
  ]);

/** `cargo test` of some packages, counted from what it prints; an ignored test has failed. */
export async function cargoTests(...packages) {
  const args = ["test", ...packages.flatMap((name) => ["-p", name]), "--no-fail-fast"];
  const [output, broke] = await run("cargo", args).then(
    (stdout) => [stdout, false],
    (error) => [error.output, true],
  );
  const results = { passed: 0, failed: 0, output: `cargo ${args.join(" ")}\n${withoutProgress(output)}` };
  for (const [, passed, failed, ignored] of output.matchAll(/^test result: \S+ (\d+) passed; (\d+) failed; (\d+) ignored;/gm)) {
    results.passed += Number(passed);
    results.failed += Number(failed) + Number(ignored);
  }
  // What does not compile, or ends before it counted, prints no count.
  if (broke && results.failed === 0) results.failed = 1;
  return results;
}
