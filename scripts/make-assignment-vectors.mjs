// Writes tests/fixtures/assignment.json: what GrowthBook's own SDK assigns, hash version 2. Run it by hand when a case is
// added (`node scripts/make-assignment-vectors.mjs`); the core's tests read the file and never run GrowthBook.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { GrowthBook } from "@growthbook/growthbook";
import { ROOT } from "./support/paths.mjs";

const EXPERIMENTS = [
  { name: "halves", seed: "hero", coverage: 10_000, weights: [5_000, 5_000] },
  { name: "unequal weights", seed: "price-test", coverage: 10_000, weights: [1_000, 2_500, 6_500] },
  { name: "half of the visitors", seed: "hero", coverage: 5_000, weights: [5_000, 5_000] },
  { name: "one in a hundred", seed: "rare", coverage: 100, weights: [3_000, 7_000] },
  { name: "four with little coverage", seed: "quad", coverage: 3_333, weights: [2_500, 2_500, 2_500, 2_500] },
  { name: "a variant of no weight", seed: "zero", coverage: 10_000, weights: [0, 10_000] },
  { name: "a seed that is not ASCII", seed: "été 💧", coverage: 9_000, weights: [5_000, 5_000] },
];

const ODD = ["", "a", "0", "user@example.com", "é", "日本語", "💧", "e\u0301", "a💧b", "ß".repeat(40), "x".repeat(64), "-_-"];
const IDS = [...ODD, ...Array.from({ length: 60 }, (_, i) => `visitor-${i}`)];

function assigned({ seed, coverage, weights }, id) {
  const growthbook = new GrowthBook({ attributes: { id } });
  const { inExperiment, variationId } = growthbook.run({
    key: "experiment",
    seed,
    hashVersion: 2,
    variations: weights.map((_, index) => index),
    weights: weights.map((weight) => weight / 10_000),
    coverage: coverage / 10_000,
  });
  growthbook.destroy();
  return inExperiment ? variationId : null;
}

const cases = EXPERIMENTS.map((experiment) => ({
  ...experiment,
  // GrowthBook leaves out whoever has no id; so do we, before it comes to this.
  assigned: Object.fromEntries(IDS.filter(Boolean).map((id) => [id, assigned(experiment, id)])),
}));
writeFileSync(path.join(ROOT, "tests/fixtures/assignment.json"), `${JSON.stringify(cases, null, 1)}\n`);
