// What the core's statistics cost and how often they are wrong: core/examples/statistics.rs and calibration.rs, built as the
// Worker is. Times are this machine's, their ratio to a reference loop is what can be compared; shares differ from seed to
// seed by chance alone.

import { randomInt } from "node:crypto";
import { run } from "../../scripts/support/process.mjs";

const example = (name, ...args) => run("cargo", ["run", "--quiet", "--release", "-p", "tributary-core", "--example", name, "--", ...args]);

/** Figures of a report of 100 experiments, 5 variants and 10 goals. */
export async function statistics() {
  return {
    figures: JSON.parse(await example("statistics")),
    notes: [
      "everything a report says of 100 experiments, 5 variants, 10 goals: comparisons, outlooks, decisions; the aim is 20 ms",
      "reference: a million bytes through a hash, one at a time",
    ],
  };
}

/** Shares of 10,000 simulated experiments each; docs/statistics.md says what they should be. */
export async function calibration() {
  const seed = randomInt(2 ** 32);
  return {
    figures: JSON.parse(await example("calibration", String(seed), "10000")),
    notes: [`seed ${seed}, 10,000 experiments each: cargo run --release -p tributary-core --example calibration -- ${seed} 10000`],
  };
}
