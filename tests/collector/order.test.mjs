// One order, of which shards far apart tell at the same moment.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { HOUR, MINUTE, NOW, batch } from "../support/batch.mjs";
import { mortal } from "../support/mortal.mjs";
import { siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });
const type = "application/x-ndjson";
const names = Array.from({ length: 12 }, (_, place) => place);
const sums = (revenue) => revenue.map(({ orders, gross, net }) => [orders, gross, net]);

/** A site with a pop-up that the first reporters click, and one that the second do. */
async function shop(collector) {
  const site = await siteFor(collector, { shards: 5 });
  for (const key of ["first", "second"]) await site.call("POST", "/communications", { body: { key, type: "popup" } });
  return site;
}

/** A click, and a report of one of the orders at the very moment of the other one's. */
const reporter = (side, place) =>
  batch(`${side}-${place}`, { load: side })
    .at(-HOUR)
    .event("$click", { communication: side })
    .at(-MINUTE)
    .track("purchase", { revenue: 10, order_id: `order-${place}` });

/** Both reporters of each order at once. */
const reportAll = (site) => Promise.all(names.flatMap((place) => ["second", "first"].map((side) => site.take(reporter(side, place)))));

const refundAll = async (site) => {
  const line = (place) => ({ id: `r${place}`, at: NOW, visitor: `far-${place}`, name: "refund", properties: { order_id: `order-${place}`, amount: 1 } });
  const { body } = await site.call("POST", "/import", { body: names.map((place) => JSON.stringify(line(place))).join("\n"), type });
  assert.equal(body.accepted, names.length);
};

/** All as if one visitor after the other had come: the report whose id is the smaller text stands. */
function isRight({ totals, communications, diagnostics }) {
  const expected = [[12, "120.00", "108.00"]];
  assert.deepEqual([sums(totals.revenue), sums(communications[0].revenue), communications[1].revenue], [expected, expected, []]);
  assert.deepEqual([totals.unattributed, totals.sessions, totals.custom_events], [[], 60, 24]);
  assert.equal(diagnostics.accepted, 60);
}

test("an order that two shards report at one moment is one order, and its earliest report stands", async () => {
  const site = await shop(on);
  await reportAll(site);
  await refundAll(site);
  isRight(await site.settled());
});

for (const faults of [["site-down"], ["lost-answer"], ["lost-answer", "site-down", "lost-answer"]]) {
  test(`so it is when the power goes between reports and verdicts (${faults.join(", ")})`, async (t) => {
    const mortals = await mortal(t);
    const site = await shop(mortals);
    await reportAll(site);
    await mortals.die();
    for (const fault of faults) {
      await site.report("", { fault });
      await mortals.die();
    }
    await refundAll(site);
    await mortals.die();
    isRight(await site.settled());
    // What is reported again is the same events.
    await reportAll(site);
    const report = await site.settled();
    assert.equal(report.diagnostics.duplicate, 48);
    assert.deepEqual(sums(report.totals.revenue), [[12, "120.00", "108.00"]]);
  });
}
