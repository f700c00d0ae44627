// One person over all shards: what is kept, and its end.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { HOUR, MINUTE, batch } from "../support/batch.mjs";
import { figures, request, siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });

/** A site with one person on two devices. */
async function siteOfOne() {
  const site = await siteFor(on, { shards: 8 });
  for (const [device, order] of [["phone", "A"], ["laptop", "B"]]) {
    const visit = batch(device).at(-HOUR).view().after(MINUTE).track("purchase", { revenue: 5, order_id: order });
    await site.take(visit.after(MINUTE).identify("crm/1"));
  }
  await site.settled();
  return site;
}

test("what is kept of a person is given out, of a visitor and of the profile it belongs to", async () => {
  const site = await siteOfOne();
  const visitor = await site.call("GET", "/visitors/phone");
  assert.deepEqual([visitor.status, visitor.body.profile, visitor.body.visitors, visitor.body.events.length], [200, "crm/1", ["phone"], 3]);
  const profile = await site.call("GET", "/profiles/crm%2F1");
  assert.deepEqual([profile.body.visitors, profile.body.events.length], [["laptop", "phone"], 6]);
  assert.equal((await site.call("GET", "/visitors/nobody")).status, 404);
});

test("an erased person is gone on all devices, and every figure stays", async () => {
  const site = await siteOfOne();
  const before = figures(await site.settled());
  assert.equal((await site.call("DELETE", "/visitors/laptop")).status, 202);
  assert.deepEqual(figures(await site.settled()), before);
  for (const path of ["/visitors/phone", "/visitors/laptop", "/profiles/crm%2F1"]) {
    assert.equal((await site.call("GET", path)).status, 404, path);
  }
});

test("what is still on its way between shards is erased with the person, and given out with it", async () => {
  for (const named of ["/profiles/crm-2", "/visitors/tablet"]) {
    const site = await siteFor(on, { shards: 8 });
    const devices = ["phone", "laptop", "tablet", "watch"];
    const identified = (device) => batch(device).at(-HOUR).view().after(MINUTE).identify("crm-2").after(MINUTE).track("purchase", { revenue: 5 });
    for (const device of devices) await site.take(identified(device));
    const { body } = await site.call("GET", "/profiles/crm-2");
    assert.deepEqual([body.visitors, body.events.length], [[...devices].sort(), 12]);
    for (const device of devices) await site.take(batch(device).view());
    assert.equal((await site.call("DELETE", named)).status, 202);
    assert.equal((await site.settled()).totals.page_views, 8);
    for (const path of ["/profiles/crm-2", ...devices.map((device) => `/visitors/${device}`)]) {
      assert.equal((await site.call("GET", path)).status, 404, path);
    }
  }
});

test("a person is its merchant's alone", async () => {
  const [site, other] = [await siteOfOne(), await siteFor(on)];
  const path = `/v1/sites/${site.key}/visitors/phone`;
  for (const method of ["GET", "DELETE"]) {
    assert.equal((await request(on.origin, method, path)).status, 401);
    assert.equal((await request(on.origin, method, path, { key: other.secret })).status, 401);
  }
  assert.equal((await site.call("PUT", "/visitors/phone")).status, 405);
});
