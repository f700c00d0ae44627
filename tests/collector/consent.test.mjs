// A browser that says `Sec-GPC: 1` or `DNT: 1` has refused, unless its visitor said yes to this very site.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { MINUTE, batch } from "../support/batch.mjs";
import { siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });
const visit = (visitor) => batch(visitor).at(-MINUTE).view().track("step");

for (const name of ["sec-gpc", "dnt"]) {
  test(`${name}: 1 is a refusal: nothing is stored, not even the visitor, and it is counted`, async () => {
    const site = await siteFor(on, { shards: 1 });
    const headers = { [name]: "1" };
    const { accepted, refused } = await site.take(visit("ann"), { headers });
    assert.equal(accepted, 0);
    assert.deepEqual(refused.map(({ reason, field, limit }) => [reason, field, limit]), Array(2).fill(["no_consent", "consent", "true, since the browser signals refusal"]));
    assert.equal((await site.call("GET", "/visitors/ann")).status, 404);
    const { totals, diagnostics } = await site.settled();
    assert.deepEqual([totals.new_visitors, totals.page_views, diagnostics], [0, 0, { no_consent: 2 }]);
    assert.equal((await site.take(visit("ann"), { headers: { [name]: "0" } })).accepted, 2, "0 refuses nothing");
  });

  test(`${name}: 1 is outranked by a batch that says that the visitor agreed`, async () => {
    const site = await siteFor(on, { shards: 1 });
    const headers = { [name]: "1" };
    assert.equal((await site.take(visit("ann").envelope({ consent: true }), { headers })).accepted, 2);
    assert.equal((await site.take(visit("bob").envelope({ consent: false }), { headers })).refused.length, 2);
    assert.deepEqual((await site.settled()).diagnostics, { accepted: 2, no_consent: 2 });
  });

  test(`${name}: 1 is nothing where the site's owner turned that off`, async () => {
    const site = await siteFor(on, { shards: 1, respect_privacy_signals: false });
    assert.equal((await site.take(visit("ann"), { headers: { [name]: "1" } })).accepted, 2);
    await site.call("PATCH", "", { body: { respect_privacy_signals: true } });
    assert.equal((await site.take(visit("ann"), { headers: { [name]: "1" } })).accepted, 0);
  });
}

test("what a server tells is never refused for a signal of its own request", async () => {
  const site = await siteFor(on, { shards: 1 });
  const body = JSON.stringify({ id: "i", at: visit("ann").events[0].at, visitor: "ann", name: "step" });
  const answer = await site.call("POST", "/import", { body, type: "application/x-ndjson", headers: { "sec-gpc": "1" } });
  assert.deepEqual([answer.body.accepted, answer.body.refused], [1, []]);
});
