// What strangers send makes no more rows than a site's owner lets them: what is too much is refused, told and counted.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { DAY, HOUR, MINUTE, NOW, batch, batchOf } from "../support/batch.mjs";
import { mortal } from "../support/mortal.mjs";
import { siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });
const type = "application/x-ndjson";
const imported = async (site, events) =>
  (await site.call("POST", "/import", { body: events.map((event) => JSON.stringify(event)).join("\n"), type })).body;
const view = (visitor) => batch(visitor).at(-MINUTE).view();
const reasons = ({ refused }) => refused.map(({ reason, field }) => [reason, field]);
const TOO_MANY = [["over_limit", "visitor"]];

test("beyond the day's new visitors a page's events are refused, known visitors and servers go on, and the next day begins anew", async () => {
  const site = await siteFor(on, { shards: 1, new_visitors_per_day: 2 });
  for (const visitor of ["ann", "bob"]) assert.equal((await site.take(view(visitor))).accepted, 1);
  assert.deepEqual(reasons(await site.take(view("cyd"))), TOO_MANY);
  const { rows_written: before } = await site.meter(0);
  assert.deepEqual(reasons(await site.take(batch("cyd").at(-3 * DAY).view())), TOO_MANY, "the day is the collector's, not the page's");
  assert.equal((await site.meter(0)).rows_written - before, 1, "the count of what was refused, and no row of a visitor");
  assert.equal((await site.call("GET", "/visitors/cyd")).status, 404);
  assert.equal((await site.take(view("ann"))).accepted, 1);
  assert.equal((await imported(site, [{ id: "i", at: NOW - HOUR, visitor: "dan", name: "step" }])).accepted, 1);
  const { totals, diagnostics } = await site.settled();
  assert.deepEqual([totals.new_visitors, diagnostics], [3, { accepted: 4, over_limit: 2 }]);
  // The site's day ends within a second.
  const tomorrow = NOW + 1000;
  assert.equal((await site.take(view("cyd"), { now: tomorrow })).accepted, 1);
});

test("the count of new visitors outlives the power, batch by batch", async (t) => {
  const mortals = await mortal(t);
  const site = await siteFor(mortals, { shards: 1, new_visitors_per_day: 3 });
  for (const visitor of ["ann", "bob", "cyd"]) {
    assert.equal((await site.take(view(visitor))).accepted, 1);
    await mortals.die();
    if (visitor === "bob") await site.settled();
  }
  await site.take(view("ann"));
  await mortals.die();
  assert.deepEqual(reasons(await site.take(view("dan"))), TOO_MANY);
});

test("a cap holds for all shards together, each with its share rounded up, and can be raised", async () => {
  const site = await siteFor(on, { shards: 4, new_visitors_per_day: 9 });
  const visitors = Array.from({ length: 60 }, (_, place) => `v${place}`);
  const take = async () => {
    let accepted = 0;
    for (const visitor of visitors) accepted += (await site.take(view(visitor))).accepted;
    return accepted;
  };
  assert.equal(await take(), 12, "three of each shard");
  assert.equal((await site.call("PATCH", "", { body: { new_visitors_per_day: 40 } })).body.in_force, true);
  await take();
  assert.equal((await site.settled()).totals.new_visitors, 40);
  const wrong = await site.call("PATCH", "", { body: { new_visitors_per_day: 0 } });
  assert.deepEqual([wrong.status, wrong.body.error.field], [400, "new_visitors_per_day"]);
});

test("a page names at most 500 orders and 20 profiles, each a row elsewhere; what is known may be named again", async () => {
  const site = await siteFor(on, { shards: 2 });
  const orders = (from, count) => {
    const visit = batch("ann").at(-MINUTE);
    for (let place = from; place < from + count; place += 1) visit.track(place % 2 ? "refund" : "purchase", { revenue: 1, order_id: place });
    return visit.events;
  };
  const kept = orders(0, 500);
  for (let place = 0; place < 500; place += 250) {
    assert.equal((await site.take(batchOf("ann", kept.slice(place, place + 250)))).accepted, 250);
  }
  const more = await site.take(batchOf("ann", [...orders(499, 3), ...batch("ann").at(-MINUTE).view().events]));
  assert.deepEqual([more.accepted, reasons(more)], [2, Array(2).fill(["over_limit", "order_id"])]);
  assert.equal((await site.take(batchOf("ann", kept.slice(0, 250)))).duplicate, 250, "a retry is a duplicate, not one too many");
  const told = Array.from({ length: 600 }, (_, place) => ({ id: `s${place}`, at: NOW - HOUR, visitor: "ann", name: "purchase", properties: { order_id: `s${place}` } }));
  assert.equal((await imported(site, told)).accepted, 600);

  const people = batch("bob").at(-MINUTE);
  for (let place = 0; place < 22; place += 1) people.identify(`crm-${place}`);
  assert.deepEqual(reasons(await site.take(people.identify("crm-3"))), Array(2).fill(["over_limit", "profile"]));
  const named = { ...batch("bob").track("step").toJSON() };
  named.runs[0].profile = "crm-99";
  assert.deepEqual(reasons(await site.take(named)), [["over_limit", "profile"]]);

  const { totals, diagnostics } = await site.settled();
  assert.deepEqual([totals.revenue[0].orders, diagnostics.over_limit], [850, 5]);
  // What was named that long ago makes room again.
  const later = NOW + 9 * DAY;
  const again = batch("ann", { now: later }).track("purchase", { order_id: "new" });
  assert.equal((await site.take(again, { now: later })).accepted, 1);
});
