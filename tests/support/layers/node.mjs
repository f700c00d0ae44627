// A folder of tests for Node's own test runner, each file in a process of its own.

import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { ROOT } from "../../../scripts/support/paths.mjs";

/** A file that takes longer hangs. */
const PATIENCE_MS = 10 * 60_000;

/** Runs all `*.test.mjs` of a folder whose names begin so. Suites are no tests; skipped ones and those still to do have failed. */
export async function nodeTests(folder, { concurrency, prefix = "" }) {
  const directory = path.join(ROOT, folder);
  const names = existsSync(directory) ? readdirSync(directory).filter((name) => name.startsWith(prefix) && name.endsWith(".test.mjs")).sort() : [];
  const results = { passed: 0, failed: 0, output: "" };
  if (names.length === 0) return results;

  const events = run({ files: names.map((name) => path.join(directory, name)), concurrency, timeout: PATIENCE_MS, cwd: ROOT });
  const count = (ok) => (test) => {
    // A suite whose tests failed says so again; one that failed by itself, in a hook, is a failure more.
    const byItself = !ok && test.details.error?.failureType !== "subtestsFailed";
    if (test.details.type === "suite" && !byItself) return;
    const left = test.skip !== undefined || test.todo !== undefined;
    results[ok && !left ? "passed" : "failed"] += 1;
    if (left) results.output += `left out: ${test.name}\n`;
  };
  events.on("test:pass", count(true));
  events.on("test:fail", count(false));
  let text = "";
  for await (const chunk of events.compose(spec)) text += chunk;
  results.output = `${text}${results.output}`;
  return results;
}
