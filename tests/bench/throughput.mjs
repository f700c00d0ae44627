// How near the events endpoint comes to the least that an object can do: a round trip that writes one row.
//
// Both are asked in turns, in the same workerd: machine, disk and client are the same for both, so the ratio holds where the
// figures per second do not. The floor takes the same bytes from client to edge to object and throws them away. The bare
// floor takes none.

import { batches, texts } from "./support/batch.mjs";
import { processorMs } from "./support/processor.mjs";
import { allAccepted, sender } from "./support/send.mjs";
import { measuredSite } from "./support/site.mjs";

const SHARDS = 8;
const AT_ONCE = 16;
/** What one visitor sends before the next one comes. */
const PER_VISITOR = 4;
const WARM_UP_ROUNDS = 9;

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Short rounds, so that what else the machine does falls on all kinds alike. `rounds` of `perRound` requests of each kind;
 * the rate of a kind is the median of its rounds. */
export async function throughput(collector, { rounds = 45, perRound = 160 } = {}) {
  const site = await measuredSite(collector, { shards: SHARDS });
  const source = batches(site, { seed: 3, each: PER_VISITOR });
  const sending = sender(collector, { atOnce: AT_ONCE });
  const events = `/v1/sites/${site.site}/events`;
  const floor = (index) => `/test/${site.site}/shard/${index % SHARDS}/floor`;
  const kinds = {
    batches: (body) => ({ path: events, body }),
    floor: (body, index) => ({ path: floor(index), body }),
    bareFloor: (_, index) => ({ path: floor(index), body: "" }),
  };
  const rates = { batches: [], floor: [], bareFloor: [] };
  const worked = { batches: 0, floor: 0, bareFloor: 0 };
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    const bodies = texts(source, perRound);
    // Each kind is first, second and last equally often.
    const names = Object.keys(kinds);
    const turn = (round + WARM_UP_ROUNDS) % names.length;
    for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
      const requests = bodies.map(kinds[name]);
      const had = processorMs(collector.pid);
      const started = performance.now();
      const answers = await sending.all(requests);
      const seconds = (performance.now() - started) / 1000;
      if (name === "batches") allAccepted(answers);
      if (round < 0) continue;
      rates[name].push(perRound / seconds);
      worked[name] += processorMs(collector.pid) - had;
    }
  }
  sending.close();
  const ratios = (name) => rates.batches.map((rate, round) => rate / rates[name][round]);
  const figures = {
    "collector.ratio_to_floor": median(ratios("floor")),
    "collector.ratio_to_bare_floor": median(ratios("bareFloor")),
    "collector.batches_per_second": median(rates.batches),
    "collector.floor_per_second": median(rates.floor),
    "collector.bare_floor_per_second": median(rates.bareFloor),
  };
  if (worked.batches > 0) {
    figures["collector.processor_ratio_to_floor"] = worked.floor / worked.batches;
    figures["collector.processor_ms_per_batch"] = worked.batches / (rounds * perRound);
  }
  const notes = [
    `medians of ${rounds} rounds of ${perRound} requests of each kind, ${AT_ONCE} at once, over ${SHARDS} shards; a visitor sends ${PER_VISITOR} batches`,
    "floor: edge to object and back with a body of the same bytes, one row written; the bare floor has no body",
    "both wait for the disk, so a slow or busy disk brings the ratio of rates near 1: the ratio of processor time does not depend on it",
  ];
  return { figures, notes };
}
