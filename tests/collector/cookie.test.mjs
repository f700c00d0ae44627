// The visitor's cookie, kept alive where the collector is on the shop's own origin, and the path that it is mounted below.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { batch } from "../support/batch.mjs";
import { request, siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });
const site = await siteFor(on);

const named = (visitor) => `tributary_${site.key}=${visitor}`;

/** What a page of some origin, whose script made a cookie, is given for a batch. */
async function cookieFor(query, origin = on.origin, { visitor = "ann", shown = named(visitor), ...more } = {}) {
  const answer = await request(on.origin, "POST", `/v1/sites/${site.key}/events${query}`, {
    body: batch(visitor).view(),
    type: "text/plain",
    headers: { ...(origin && { origin }), ...(shown && { cookie: `a=1; ${shown}; b=2` }), ...more },
  });
  return [answer.status, answer.headers.get("set-cookie")];
}

test("a page of this very origin gets its visitor's cookie for 400 days", async () => {
  const cookie = `tributary_${site.key}=ann; Path=/; SameSite=Lax; Max-Age=34560000`;
  assert.deepEqual(await cookieFor("?domain="), [204, cookie]);
});

test("nobody gets one whose script made none or another, or whose browser signals refusal", async () => {
  const rows = [{ shown: "" }, { shown: named("bob") }, { shown: named("annie") }, { shown: "tributary_other=ann" }];
  for (const row of rows) assert.deepEqual(await cookieFor("?domain=", on.origin, row), [204, null], JSON.stringify(row));
  assert.deepEqual(await cookieFor("?domain=", on.origin, { "sec-gpc": "1" }), [200, null]);
});

test("with its encryption ended in front of the collector, the cookie is for encrypted connections alone", async () => {
  const [, cookie] = await cookieFor("?domain=", on.origin.replace("http:", "https:"));
  assert.match(cookie, /; Secure$/);
});

test("nobody else gets one: other origins, a page that did not ask, a domain that is not the host's", async () => {
  const rows = [
    ["?domain=", "https://evil.example"],
    ["?domain=", "null"],
    ["?domain=", ""],
    ["", on.origin],
    ["?domain=evil.example", on.origin],
    ["?domain=x%0d%0aset-cookie:y", on.origin],
  ];
  for (const [query, origin] of rows) assert.deepEqual(await cookieFor(query, origin), [204, null], `${query} from ${origin}`);
});

test("what is refused sets no cookie", async () => {
  const answer = await request(on.origin, "POST", `/v1/sites/${site.key}/events?domain=`, {
    body: { visitor: "bob" },
    type: "text/plain",
    headers: { origin: on.origin, cookie: named("bob") },
  });
  assert.deepEqual([answer.status, answer.headers.get("set-cookie")], [400, null]);
});

test("all addresses are below /tributary too", async () => {
  const script = await request(on.origin, "GET", `/tributary/t.js?site=${site.key}`);
  assert.equal(script.status, 200);
  const path = `/tributary/v1/sites/${site.key}/events`;
  const answer = await request(on.origin, "POST", path, { body: batch("eve").view(), type: "text/plain" });
  assert.equal(answer.status, 204);
  assert.equal((await request(on.origin, "GET", "/tributaryt.js")).status, 404);
});
