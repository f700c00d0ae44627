// A turn has its limits: some 200 messages, 50 envelopes a letter, 200 events a message, 100 events folded at once. What is
// beyond them comes in later turns, and all of it arrives once.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { DAY, HOUR, NOW } from "../support/batch.mjs";
import { mortal } from "../support/mortal.mjs";
import { siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });
const type = "application/x-ndjson";
const tell = async (site, events) => {
  const { status, body } = await site.call("POST", "/import", { body: events.map((event) => JSON.stringify(event)).join("\n"), type });
  assert.deepEqual([status, body.accepted, body.refused], [200, events.length, []]);
};
const orders = (count, at, more = { visitor: "ann" }) =>
  Array.from({ length: count }, (_, place) => ({ id: `o${place}`, at: at + place, name: "purchase", properties: { revenue: 10, order_id: place }, ...more }));
const refunds = (count) =>
  Array.from({ length: count }, (_, place) => ({ id: `r${place}`, at: NOW, visitor: "bob", name: "refund", properties: { order_id: place, amount: 1 + (place % 9) } }));
const refunded = (count) => refunds(count).reduce((sum, { properties }) => sum + properties.amount, 0);
const revenue = ({ totals }) => totals.revenue.map(({ orders, gross, net }) => [orders, gross, net]);

for (const shards of [1, 3]) {
  describe(`with ${shards} shards`, () => {
    test("more orders than a turn takes are each reported and refunded once, whoever asks meanwhile", async () => {
      const site = await siteFor(on, { shards });
      const count = 650;
      await tell(site, orders(count, NOW - HOUR));
      await Promise.all([site.report(), site.report("", { fault: "lost-answer" }), tell(site, refunds(count))]);
      // A second report of each order: every one is answered that it does not stand.
      await tell(site, orders(count, NOW - HOUR / 2, { profile: "crm-1" }));
      const expected = [[count, `${count * 10}.00`, `${count * 10 - refunded(count)}.00`]];
      assert.deepEqual(revenue(await site.settled()), expected);
      await tell(site, refunds(count).map((refund) => ({ ...refund, id: `${refund.id}-again`, properties: { order_id: refund.properties.order_id } })));
      assert.deepEqual(revenue(await site.settled()), [[count, `${count * 10}.00`, "0.00"]]);
    });

    test("more old orders than are folded at once go into the checkpoint, and count their refunds from there", async () => {
      const site = await siteFor(on, { shards });
      const count = 450;
      await site.call("POST", "/communications", { body: { key: "offer", type: "popup" } });
      await tell(site, [{ id: "c", at: NOW - 90 * DAY - HOUR, visitor: "ann", name: "$click", properties: { communication: "offer" } }]);
      await tell(site, orders(count, NOW - 90 * DAY));
      // It is 60 days later: all of that is folded.
      await tell(site, [{ id: "now", at: NOW, visitor: "ann", name: "step" }]);
      await site.settled();
      const { body } = await site.call("GET", "/visitors/ann");
      assert.deepEqual([body.events.length, body.folded_until], [1, NOW - 90 * DAY + count - 1]);
      await tell(site, refunds(count));
      const report = await site.settled("?days=120");
      const expected = [[count, `${count * 10}.00`, `${count * 10 - refunded(count)}.00`]];
      assert.deepEqual([revenue(report), revenue({ totals: report.communications[0] })], [expected, expected]);
    });
  });
}

test("a history longer than a message joins a person once, also when the power goes between its letters", async (t) => {
  const mortals = await mortal(t);
  const site = await siteFor(mortals, { shards: 2 });
  const count = 900;
  await tell(site, orders(count, NOW - HOUR));
  await tell(site, [{ id: "i", at: NOW, visitor: "ann", name: "$identify", properties: { profile: "crm-1" } }]);
  for (const fault of ["site-down", "lost-answer", undefined]) {
    await site.report("", { fault });
    await mortals.die();
  }
  await tell(site, refunds(count));
  await mortals.die();
  const report = await site.settled();
  assert.deepEqual(revenue(report), [[count, `${count * 10}.00`, `${count * 10 - refunded(count)}.00`]]);
  assert.equal(report.totals.custom_events, 2 * count);
  const { body } = await site.call("GET", "/profiles/crm-1");
  assert.equal(body.events.length, count + 1);
});
