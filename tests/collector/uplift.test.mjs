// Twelve thousand people, of whom some are held out: what the treatments changed.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { HOUR, MINUTE, NOW } from "../support/batch.mjs";
import { siteFor, visitorsWith } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });
const LINES = 5000;
/** As GrowthBook would share visitors out. */
const HOLDOUT = { key: "holdout", variants: [{ key: "held out", weight: 0.2 }, { key: "all others", weight: 0.8 }] };

test("scenario 10: 5 % of the treated and 4 % of the held-out convert, an uplift of 25 % and 100 orders more", async () => {
  const site = await siteFor(on, { shards: 4 });
  const make = async (method, path, body) => assert.equal((await site.call(method, path, { body })).status, 200, path);
  await make("PATCH", "", { holdout: 0.2 });
  await make("POST", "/communications", { key: "offer", type: "popup" });
  await make("POST", "/goals", { key: "sales", event: "purchase", measure: "events", at: NOW - HOUR });
  await make("POST", "/journeys", { key: "spring", goal: "sales", treatments: [{ communication: "offer" }] });

  const line = (visitor, at, name, properties) => JSON.stringify({ id: `${visitor}-${name}`, at, visitor, name, properties });
  const came = (visitor, place, converting, [name, properties]) => [
    line(visitor, NOW - HOUR / 2, name, properties),
    ...(place < converting ? [line(visitor, NOW - MINUTE, "purchase", { revenue: 10 })] : []),
  ];
  const lines = [
    ...visitorsWith("all others", HOLDOUT, 10_000).flatMap((visitor, place) => came(visitor, place, 500, ["$appearance", { communication: "offer" }])),
    ...visitorsWith("held out", HOLDOUT, 2_000).flatMap((visitor, place) => came(visitor, place, 80, ["$page_view", { url: "https://shop.example/" }])),
  ];
  for (let first = 0; first < lines.length; first += LINES) {
    const body = lines.slice(first, first + LINES).join("\n");
    const answer = await site.call("POST", "/import", { body, type: "application/x-ndjson" });
    assert.deepEqual([answer.status, answer.body.refused], [200, []]);
  }
  const { goals, holdout, totals } = await site.settled();
  const { interval, ...uplift } = goals[0].uplift;
  const counts = { treated: 10_000, treated_converted: 500, control: 2_000, control_converted: 80 };
  const near = (one, other) => assert.ok(Math.abs(one - other) < 1e-9, `${one} is ${other}`);
  near(uplift.uplift, 0.25);
  near(uplift.incremental, 100);
  assert.deepEqual({ ...uplift, uplift: 0.25, incremental: 100 }, { ...counts, uplift: 0.25, incremental: 100 });
  assert.ok(interval[0] < 0.25 && interval[1] > 0.25, `${interval}`);
  const sides = [holdout.held_out, holdout.others].map(({ sessions, orders }) => [sessions, orders]);
  assert.deepEqual([sides, totals.new_visitors], [[[2_000, 80], [10_000, 500]], 12_000]);
});
