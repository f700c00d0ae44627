// What nobody has needed for 400 days goes, a slice of each shard's rows a day; what was counted stays counted.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { object } from "../bench/support/meter.mjs";
import { DAY, MINUTE, NOW, batch } from "../support/batch.mjs";
import { mortal } from "../support/mortal.mjs";
import { request, siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });
const type = "application/x-ndjson";
const OLD = 400 * DAY;

/** A site with a keeper, whose alarm goes off when a test says so. */
async function keptSite(collector, settings) {
  const site = await siteFor(collector, settings);
  const ring = async (object, now) => assert.equal((await request(collector.origin, "POST", `/test/${site.key}/${object}/alarm`, { now })).status, 200);
  await ring("site");
  return { ...site, sweep: (now) => ring("keeper", now) };
}

const tell = async (site, now, ...events) => {
  const { status, body } = await site.call("POST", "/import", { body: events.map((event) => JSON.stringify(event)).join("\n"), type, now });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};
const is = async (site, what) => (await site.call("GET", `/${what}`)).status === 200;
const FIRST_DAYS = "?from=2026-06-28&to=2026-07-02";

test("visitors without orders go after 400 idle days, persons as a whole, and no report changes", async () => {
  const site = await keptSite(on, { shards: 3 });
  await site.run({ key: "hero", variants: [{ key: "control" }, { key: "b" }], goals: [{ key: "any", type: "custom_event", event: "step" }] });
  await site.take(batch("looked").view().exposure("hero", "b").track("step"));
  await site.take(batch("bought").view().track("purchase", { revenue: 5, order_id: "A" }));
  await site.take(batch("phone").view().identify("gone"));
  await site.take(batch("laptop").view().identify("gone"));
  await site.take(batch("desk").view().track("purchase", { revenue: 5, order_id: "B" }).identify("buyer"));
  await site.take(batch("recent", { now: NOW + DAY }).view(), { now: NOW + DAY });
  const before = await site.settled(FIRST_DAYS);
  const all = ["looked", "bought", "phone", "laptop", "desk", "recent"].map((name) => `visitors/${name}`);
  const here = async () => {
    const found = [];
    for (const what of [...all, "profiles/gone", "profiles/buyer"]) if (await is(site, what)) found.push(what.split("/")[1]);
    return found;
  };
  await site.sweep(NOW + OLD);
  await site.settled();
  assert.deepEqual(await here(), ["looked", "bought", "phone", "laptop", "desk", "recent", "gone", "buyer"], "exactly 400 days are not over");
  await site.sweep(NOW + OLD + 1);
  const after = await site.settled(FIRST_DAYS);
  assert.deepEqual(await here(), ["bought", "desk", "recent", "buyer"]);
  assert.deepEqual({ ...after, as_of: 0 }, { ...before, as_of: 0 });
  await site.sweep(NOW + OLD + DAY + 1);
  assert.deepEqual(await here(), ["bought", "desk", "buyer"]);
  // Whoever comes back is new.
  const back = NOW + OLD + 2 * DAY;
  await site.take(batch("looked", { now: back }).view(), { now: back });
  assert.ok(await is(site, "visitors/looked"));
});

test("a site that nobody visits costs its keeper's alarm a day, and its shards no row written", async () => {
  const site = await keptSite(on, { shards: 1 });
  for (let place = 0; place < 20; place += 1) await site.take(batch(`v${place}`).view().track("purchase", { order_id: place }));
  await site.settled();
  const [shard, keeper] = ["shard/0", "keeper"].map((name) => object(on, { site: site.key }, name));
  let kept;
  const cost = await shard.during(async () => (kept = await keeper.during(() => site.sweep(NOW + DAY))));
  assert.deepEqual([cost.written, cost.alarms], [0, 0]);
  // Each visitor's row and what a range's end costs; the 20 orders are passed over.
  assert.ok(cost.read >= 20 && cost.read <= 23, `${cost.read} rows read`);
  assert.deepEqual(kept, { read: 2, written: 1, alarms: 1 });
});

test("events of nobody's are bounded, the import's account says so, and they go when no second one could come", async (t) => {
  const few = await collectorFor(t, { vars: { MAX_NOBODIES: "3" } });
  const site = await keptSite(few, { shards: 1 });
  const event = (id, more) => ({ id, at: NOW, name: "purchase", properties: { revenue: 10, order_id: id }, ...more });
  assert.equal((await tell(site, NOW, event("a"), event("b"))).accepted, 2);
  const { accepted, duplicate, refused } = await tell(site, NOW, event("a"), event("c"), event("d"), event("e", { visitor: "ann" }), event("f"));
  assert.deepEqual([accepted, duplicate], [2, 1]);
  const limit = "a visitor or a profile: no more events of nobody's are kept";
  assert.deepEqual(refused, [3, 5].map((line) => ({ line, id: "df"[(line - 3) / 2], reason: "over_limit", field: "visitor", limit })));
  assert.equal((await site.settled()).diagnostics.over_limit, 2);

  const later = NOW + OLD + 1;
  const before = await site.settled(FIRST_DAYS);
  await site.sweep(later);
  assert.deepEqual({ ...(await site.settled(FIRST_DAYS)), as_of: 0 }, { ...before, as_of: 0 });
  const again = await tell(site, later, { ...event("g"), at: later }, event("a"), { id: "r", at: later, visitor: "ann", name: "refund", properties: { order_id: "b", amount: 4 } });
  assert.deepEqual([again.accepted, again.refused.map(({ reason }) => reason)], [2, ["too_old"]]);
  const { totals } = await site.settled(FIRST_DAYS);
  assert.deepEqual(totals.revenue.map(({ orders, gross, net }) => [orders, gross, net]), [[4, "40.00", "36.00"]]);
});

test("a table of more rows than a slice goes in slices, also when the power goes between them", async (t) => {
  const mortals = await mortal(t);
  const site = await siteFor(mortals, { shards: 1 });
  const ring = (what, now) => request(mortals.origin, "POST", `/test/${site.key}/${what}/alarm`, { now });
  await ring("site");
  const count = 5_200;
  const events = Array.from({ length: count }, (_, place) => ({ id: `e${place}`, at: NOW - MINUTE, visitor: `v${place}`, name: "step" }));
  for (let from = 0; from < count; from += 2_600) {
    assert.equal((await tell(site, NOW, ...events.slice(from, from + 2_600))).accepted, 2_600);
  }
  const before = await site.settled(FIRST_DAYS);
  const removed = async () => {
    const { rows_written: written } = await site.meter(0);
    await ring("keeper", NOW + OLD + 1);
    return (await site.meter(0)).rows_written - written;
  };
  assert.equal(await removed(), 5_000 + 1, "the slice, and where it ended");
  await mortals.die();
  assert.equal(await removed(), 200 + 1);
  assert.equal(await removed(), 0);
  assert.deepEqual({ ...(await site.settled(FIRST_DAYS)), as_of: 0 }, { ...before, as_of: 0 });
});
