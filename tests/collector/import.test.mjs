// What servers tell: lines under the secret key, with an account of those that do not count.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { DAY, HOUR, MINUTE, NOW, batch } from "../support/batch.mjs";
import { request, siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });
const type = "application/x-ndjson";
const lines = (...events) => events.map((event) => JSON.stringify(event)).join("\n");
const load = (site, ...events) => site.call("POST", "/import", { body: lines(...events), type });
const purchase = (id, at, revenue, more = {}) => ({ id, at: NOW + at, name: "purchase", properties: { revenue, order_id: id }, ...more });

test("lines of visitors, profiles and nobody count, and those that do not are told by line", async () => {
  const site = await siteFor(on);
  const text = [
    lines(purchase("a", -HOUR, 10, { visitor: "ann" }), purchase("b", -390 * DAY, 20, { profile: "crm-1" })),
    "",
    "not json",
    lines(purchase("c", -401 * DAY, 30, { visitor: "ann" }), purchase("d", 0, 40), { id: "e", at: NOW, name: "$nothing" }),
  ].join("\n");
  const { status, body } = await site.call("POST", "/import", { body: text, type });
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual([body.accepted, body.duplicate], [3, 0]);
  assert.deepEqual(body.refused.map(({ line, id, reason, field }) => [line, id, reason, field]), [
    [4, "line 4", "malformed", "event"],
    [5, "c", "too_old", "at"],
    [7, "e", "reserved_name", "name"],
  ]);
  const report = await site.settled("?days=400");
  assert.deepEqual(report.totals.revenue.map(({ orders, gross }) => [orders, gross]), [[3, "70.00"]]);
});

test("an import that is sent again counts once", async () => {
  const site = await siteFor(on);
  const events = Array.from({ length: 50 }, (_, place) => purchase(`o${place}`, -place * MINUTE, 1, { visitor: `v${place % 7}` }));
  assert.equal((await load(site, ...events.slice(0, 30))).body.accepted, 30);
  const again = (await load(site, ...events)).body;
  assert.deepEqual([again.accepted, again.duplicate, again.refused], [20, 30, []]);
  assert.equal((await site.settled()).totals.revenue[0].orders, 50);
});

test("an order that a browser and a server report is one order, on whichever shard either is", async () => {
  const site = await siteFor(on, { shards: 4 });
  for (let place = 0; place < 12; place += 1) {
    const order = { revenue: 5, order_id: `order-${place}` };
    await site.take(batch(`v${place}`).at(-MINUTE).track("purchase", order));
    await load(site, { id: `s${place}`, at: NOW, profile: `crm-${place}`, name: "purchase", properties: order });
  }
  const { totals } = await site.settled();
  assert.deepEqual(totals.revenue.map(({ orders, gross, net }) => [orders, gross, net]), [[12, "60.00", "60.00"]]);
});

test("a refund from elsewhere lowers what the order is worth, and whatever earned it, on the order's day", async () => {
  const site = await siteFor(on);
  await site.call("POST", "/communications", { body: { key: "offer", type: "popup" } });
  await load(site, { id: "r", at: NOW, name: "refund", properties: { order_id: "A", amount: 2.5 } });
  await site.take(batch("ann").at(-HOUR).event("$click", { communication: "offer" }).after(MINUTE).track("purchase", { revenue: 10, order_id: "A" }));
  const { totals, communications } = await site.settled();
  const expected = [{ currency: "USD", orders: 1, gross: "10.00", net: "7.50", aov: "10.00" }];
  assert.deepEqual([totals.revenue, communications[0].revenue, totals.unattributed], [expected, expected, []]);
});

test("a person's devices and anonymous history earn together, whichever shards they are on", async () => {
  const site = await siteFor(on, { shards: 8 });
  await site.call("POST", "/communications", { body: { key: "mail", type: "message" } });
  await site.take(batch("phone").at(-2 * HOUR).view().after(MINUTE).identify("crm-1"));
  await load(site, { id: "m", at: NOW - HOUR, profile: "crm-1", name: "$click", properties: { communication: "mail" } });
  await site.take(batch("laptop").at(-30 * MINUTE).track("purchase", { revenue: 40, order_id: "A" }));
  const alone = await site.settled();
  assert.deepEqual(alone.totals.unattributed.map(({ orders }) => orders), [1]);
  await site.take(batch("laptop").at(-MINUTE).identify("crm-1"));
  const joined = await site.settled();
  assert.deepEqual([joined.totals.unattributed, joined.communications[0].revenue[0].gross], [[], "40.00"]);
  assert.deepEqual([joined.totals.new_visitors, joined.totals.sessions, joined.totals.revenue[0].orders], [2, 2, 1]);
});

test("an import is under the secret key, and of at most 5000 lines", async () => {
  const site = await siteFor(on);
  const path = `/v1/sites/${site.key}/import`;
  assert.equal((await request(on.origin, "POST", path, { body: "", type })).status, 401);
  assert.equal((await request(on.origin, "GET", path, { key: site.secret })).status, 405);
  const many = await site.call("POST", "/import", { body: "{}\n".repeat(5001), type });
  assert.deepEqual([many.status, many.body.error.limit], [400, "at most 5000 lines"]);
});
