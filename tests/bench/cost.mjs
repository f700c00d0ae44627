// Dollars per million events at Cloudflare's list prices (developers.cloudflare.com/workers/platform/pricing and
// /durable-objects/platform/pricing), from requests, rows and processor time of real traffic: anonymous, and half identified.
//
// A site with 20 experiments and 20 communications. Visitors send four batches of ten events; one in ten orders; of the
// second kind half identify themselves in their second batch.

import { generator } from "../../scripts/support/random.mjs";
import { EVENTS } from "./support/batch.mjs";
import { object } from "./support/meter.mjs";
import { processorMs } from "./support/processor.mjs";
import { allAccepted, sender } from "./support/send.mjs";
import { crowdedSite } from "./support/site.mjs";

/** Dollars per million of each; duration is of an object's 128 MB while it handles a request. */
const PRICES = { workerRequests: 0.3, workerMs: 0.02, objectRequests: 0.15, gigabyteSeconds: 12.5, rowsWritten: 1, rowsRead: 0.001 };
const SHARDS = 8;
const VISITORS = 250;
const BATCHES = 4;
const OBJECT_GIGABYTES = 0.128;

function visits(random, identified) {
  const rounds = Array.from({ length: BATCHES }, () => []);
  for (let number = 0; number < VISITORS; number += 1) {
    const visitor = random.text(22);
    const profile = identified && number % 2 === 0 ? `crm-${number}` : undefined;
    for (let round = 0; round < BATCHES; round += 1) {
      const at = Date.now() - 300_000 + round * 60_000;
      const communication = `c${random.between(0, 19)}`;
      const events = [
        [0, "$page_view", { url: "https://shop.example/" }],
        [900, "$appearance", { communication }],
        [1800, "$click", { communication }],
        ...Array.from({ length: EVENTS - 4 }, (_, place) => [2000 + place, "gallery", { picture: place }]),
        round === 1 && profile ? [4000, "$identify", { profile }]
        : round === 3 && number % 10 === 0 ? [4000, "purchase", { revenue: 40, order_id: `${visitor}-1` }]
        : [4000, "scroll", {}],
      ];
      rounds[round].push({ visitor, shift: 0, automated: false, runs: [{ load: random.text(12), first: 0, at, events }] });
    }
  }
  return rounds;
}

async function price(collector, seed, identified) {
  const site = await crowdedSite(collector, { shards: SHARDS });
  const shards = Array.from({ length: SHARDS }, (_, shard) => object(collector, site, `shard/${shard}`));
  const all = [...shards, object(collector, site, "site")];
  const path = `/v1/sites/${site.site}/events`;
  const during = (work) => all.reduce((inner, one) => async () => {
    const before = [];
    const measured = await one.during(async () => before.push(...(await inner())));
    return [...before, measured];
  }, async () => (await work(), []))();
  const total = (measured) => measured.reduce((sum, { read, written }) => ({ read: sum.read + read, written: sum.written + written }), { read: 0, written: 0 });
  const rows = { read: 0, written: 0 };
  const count = async (work) => {
    const { read, written } = total(await during(work));
    rows.read += read;
    rows.written += written;
  };
  const had = processorMs(collector.pid);
  for (const round of visits(generator(seed), identified)) {
    const sending = sender(collector, { atOnce: 8 });
    const bodies = round.map((batch) => JSON.stringify({ sent_at: Date.now(), ...batch }));
    await count(async () => allAccepted(await sending.all(bodies.map((body) => ({ path, body })))));
    sending.close();
    // Messages between shards may lead to others: three alarms of each settle them.
    for (let ring = 0; ring < 3; ring += 1) {
      await count(async () => {
        for (const shard of shards) await shard.ring();
      });
    }
  }
  const worked = (processorMs(collector.pid) ?? 0) - (had ?? 0);
  const events = VISITORS * BATCHES * EVENTS;
  const batches = 1_000_000 / EVENTS;
  const ms = (worked / (VISITORS * BATCHES)) * batches;
  const written = (rows.written / events) * 1_000_000;
  const read = (rows.read / events) * 1_000_000;
  const dollars = batches * PRICES.workerRequests + batches * 2 * PRICES.objectRequests + ms * PRICES.workerMs
    + (ms / 1000) * OBJECT_GIGABYTES * PRICES.gigabyteSeconds + written * PRICES.rowsWritten + read * PRICES.rowsRead;
  return { dollars: dollars / 1_000_000, written, ms };
}

/** Measures both kinds of traffic. */
export async function cost(collector) {
  const anonymous = await price(collector, 11, false);
  const identified = await price(collector, 12, true);
  const cents = (dollars) => Math.round(dollars * 1000) / 1000;
  return {
    figures: {
      "cost.anonymous.usd_per_million_events": cents(anonymous.dollars),
      "cost.half_identified.usd_per_million_events": cents(identified.dollars),
      "cost.anonymous.rows_written_per_million_events": Math.round(anonymous.written),
      "cost.half_identified.rows_written_per_million_events": Math.round(identified.written),
    },
    notes: [
      `${VISITORS} visitors of ${BATCHES} batches of ${EVENTS} events, 20 experiments and 20 communications, ${SHARDS} shards, one visitor in ten orders`,
      "two object requests a batch are counted (one, and its share of deliveries); processor time is this machine's",
      `a flush comes after every ${VISITORS} batches; its rows, alarms and those of messages are counted in full`,
    ],
  };
}
