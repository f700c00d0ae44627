// A report's price against the number of events behind it: the same configuration and the same days, so nothing may grow.

import { EVENTS, batches, texts } from "./support/batch.mjs";
import { object } from "./support/meter.mjs";
import { allAccepted, sender } from "./support/send.mjs";
import { measuredSite } from "./support/site.mjs";

const SHARDS = 8;
const SIZES = [1_000, 10_000, 100_000];
const READS = 15;
const WARM_UP = 5;

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Rows that all of these objects read while something happened. */
async function rowsRead([first, ...others], work) {
  if (!first) {
    await work();
    return 0;
  }
  let read = 0;
  const own = await first.during(async () => (read = await rowsRead(others, work)));
  return read + own.read;
}

/** A site with so many events, all delivered and folded into its counters. */
async function filledSite(collector, events) {
  const site = await measuredSite(collector, { shards: SHARDS });
  const source = batches(site, { seed: 5, each: 4 });
  const path = `/v1/sites/${site.site}/events`;
  const sending = sender(collector, { atOnce: 16 });
  for (let left = events / EVENTS; left > 0; left -= 1_000) {
    const bodies = texts(source, Math.min(left, 1_000));
    allAccepted(await sending.all(bodies.map((body) => ({ path, body }))));
  }
  sending.close();
  const { pending, diagnostics } = await site.api.report();
  if (pending !== 0 || diagnostics.accepted !== events) throw new Error(`${pending} wait, ${diagnostics.accepted} of ${events} events are there`);
  const owner = object(collector, site, "site");
  await owner.ring();
  return { site, objects: [owner, ...Array.from({ length: SHARDS }, (_, shard) => object(collector, site, `shard/${shard}`))] };
}

/** Measures it; `sizes` are numbers of events. Sites take turns, so that what else the machine does falls on all alike. */
export async function report(collector, { sizes = SIZES } = {}) {
  const filled = [];
  for (const events of sizes) filled.push({ events, times: [], read: 0, ...(await filledSite(collector, events)) });
  for (let nth = -WARM_UP; nth < READS; nth += 1) {
    for (const one of filled) {
      const read = await rowsRead(one.objects, async () => {
        const began = performance.now();
        await one.site.api.report();
        if (nth >= 0) one.times.push(performance.now() - began);
      });
      if (nth >= 0) one.read += read;
    }
  }
  const figures = {};
  for (const { events, times, read } of filled) {
    figures[`report.ms_${events}_events`] = Math.round(median(times) * 10) / 10;
    figures[`report.rows_read_${events}_events`] = read / READS;
  }
  return {
    figures,
    notes: [`median of ${READS} reports of 30 days over HTTP, two experiments with five goals, ${SHARDS} shards, all events of one day`],
  };
}
