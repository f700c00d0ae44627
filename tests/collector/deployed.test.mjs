// A collector as it is deployed: without `TEST_MODE` there is no test clock, no fault and nothing below /test.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { HOUR, batch } from "../support/batch.mjs";
import { request, siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after }, { test: false });

test("the time that a header tells is ignored", async () => {
  const site = await siteFor(on);
  const now = Date.now();
  const told = now - 1000 * HOUR;
  const answer = await site.take(batch("ann", { now }).view(), { now: told });
  assert.deepEqual([answer.accepted, answer.shift], [1, 0]);
  const { as_of: asOf } = await site.settled("", { now: told });
  assert.ok(Math.abs(asOf - now) < HOUR, `as of ${asOf}, told ${told}`);
});

test("a fault that a header asks for does not happen", async () => {
  const site = await siteFor(on);
  const now = Date.now();
  for (const fault of ["panic", "panic-in-turn", "fail-in-turn"]) {
    assert.equal((await site.take(batch("ann", { now }).view(), { fault })).accepted, 1, fault);
  }
  for (const fault of ["site-down", "lost-answer"]) {
    assert.equal((await site.report("", { fault })).pending, 0, fault);
  }
  assert.equal((await site.call("PATCH", "", { body: { name: "Deaf" }, fault: "deaf-shard" })).body.in_force, true);
  assert.equal((await site.settled()).totals.page_views, 3);
});

test("nothing is below /test", async () => {
  const site = await siteFor(on);
  for (const what of ["site/meter", "shard/0/meter", "shard/0/floor"]) {
    const { status, body } = await request(on.origin, "GET", `/test/${site.key}/${what}`);
    assert.deepEqual([status, body.error?.code], [404, "not_found"], what);
  }
});

test("no webhook may name this machine", async () => {
  const site = await siteFor(on);
  for (const url of ["http://localhost:8080/", "http://127.0.0.1:8080/", "https://localhost/", "https://[::1]/"]) {
    const { status, body } = await site.call("POST", "/webhooks", { body: { url } });
    assert.deepEqual([status, body.error?.field], [400, "url"], url);
  }
});
