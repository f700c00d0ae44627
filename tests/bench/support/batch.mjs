// Batches of ten events as the SDK sends them: a front page with both experiments, then browsing. Anonymous, no order.

import { GrowthBook } from "@growthbook/growthbook";
import { generator } from "../../../scripts/support/random.mjs";

/** Events of every batch. */
export const EVENTS = 10;

const SHOP = "https://www.harbour-and-pine.example";

/** The variant that the collector will find right. */
export function variantOf(visitor, experiment) {
  const growthbook = new GrowthBook({ attributes: { id: visitor } });
  const variations = experiment.variants.map(({ key }) => key);
  const { value } = growthbook.run({ key: experiment.key, variations, seed: experiment.seed, hashVersion: 2, hashAttribute: "id" });
  growthbook.destroy();
  return value;
}

/** The first page load of a visit: it is given both variants, and clicks what a goal names. */
function landing(visitor, experiments) {
  const exposures = experiments.map((experiment) => {
    const given = { experiment: experiment.key, variant: variantOf(visitor, experiment), version: 1 };
    return [6, "$exposure", given];
  });
  return [
    [0, "$page_view", { url: `${SHOP}/`, referrer: "https://www.google.com/" }],
    ...exposures,
    [4_210, "$click", { goals: [[experiments[0].number, 1]] }],
  ];
}

/** A later page load: a product that is looked at in so many ways. */
function product(random, ways) {
  const id = random.between(1, 400);
  const looks = Array.from({ length: ways }, (_, index) => [1_800 * (index + 1), "gallery", { product: id, picture: index + 1 }]);
  return [[0, "$page_view", { url: `${SHOP}/product.html?id=${id}`, referrer: `${SHOP}/` }], ...looks];
}

/**
 * An endless row of batches, the same at every run but for their times: each visitor sends `each` of them before the next
 * visitor comes. A batch is the object that is sent, without `sent_at`.
 */
export function* batches({ experiments }, { seed, each }) {
  const random = generator(seed);
  for (;;) {
    const visitor = random.text(22);
    for (let sent = 0; sent < each; sent += 1) {
      const pages = sent === 0 ? [landing(visitor, experiments), product(random, 5)] : [product(random, 4), product(random, 4)];
      const at = Date.now() - 60_000 + sent * 20_000;
      const runs = pages.map((events, page) => ({ load: random.text(12), first: 0, at: at + page * 9_000, events }));
      yield { visitor, shift: 0, automated: false, runs };
    }
  }
}

/** The next `count` batches as texts, stamped now. */
export function texts(source, count) {
  return Array.from({ length: count }, () => {
    const { visitor, ...rest } = source.next().value;
    return JSON.stringify({ visitor, sent_at: Date.now(), ...rest });
  });
}
