// What GrowthBook's own SDK gives a visitor: the shop's pages must come to the same, and their tests hold them to it.

import { GrowthBook } from "@growthbook/growthbook";
import { HOLDOUT } from "./shop.mjs";

function run(visitor, experiment) {
  const growthbook = new GrowthBook({ attributes: { id: visitor } });
  const result = growthbook.run({ ...experiment, hashVersion: 2, hashAttribute: "id" });
  growthbook.destroy();
  return result.inExperiment ? result.value : undefined;
}

const isHeldOut = (visitor) => run(visitor, { key: "holdout", seed: "holdout", variations: [true, false], weights: [1, 0], coverage: HOLDOUT }) === true;

/** The key of the variant; of who is held out none. */
export const given = (visitor, { key, seed = key, variants }) =>
  isHeldOut(visitor) ? undefined : run(visitor, { key, seed, variations: variants.map((variant) => variant.key) });
