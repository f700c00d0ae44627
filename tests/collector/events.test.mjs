// What the events endpoint takes, what it refuses, and what it says about it.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { after, describe, test } from "node:test";
import { DAY, HOUR, MINUTE, NOW, SECOND, batch } from "../support/batch.mjs";
import { request, siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });

const error = ({ status, body }) => [status, body.error?.code, body.error?.field];

test("a batch is counted: page views, custom events, orders, one visitor, one session", async () => {
  const site = await siteFor(on);
  const visit = batch("ann").at(-10 * MINUTE).view().after(MINUTE).track("add_to_cart").click([1, 0]);
  visit.after(MINUTE).track("purchase", { revenue: 99.9, currency: "USD", order_id: "A-1" });
  assert.deepEqual(await site.take(visit), { accepted: 4, duplicate: 0, refused: [], shift: 0 });
  const { totals, diagnostics } = await site.settled();
  const revenue = [{ currency: "USD", orders: 1, gross: "99.90", net: "99.90", aov: "99.90" }];
  assert.deepEqual(totals, { new_visitors: 1, sessions: 1, page_views: 1, custom_events: 2, revenue, unattributed: revenue });
  assert.deepEqual(diagnostics, { accepted: 4 });
});

test("an empty batch is taken and changes nothing", async () => {
  const site = await siteFor(on);
  assert.deepEqual(await site.take(batch("ann")), { accepted: 0, duplicate: 0, refused: [], shift: 0 });
  assert.equal((await site.settled()).totals.new_visitors, 0);
});

test("an event as old as can be and one as far ahead as can be are accepted", async () => {
  const site = await siteFor(on);
  const answer = await site.take(batch("ann").at(-7 * DAY).view().at(MINUTE).view());
  assert.deepEqual([answer.accepted, answer.refused], [2, []]);
});

describe("an event is refused alone, by reason, field and limit", () => {
  const long = (length) => "x".repeat(length);
  const shape = "[milliseconds, name, body]";
  const rows = [
    ["older than 7 days", (b) => b.at(-7 * DAY - 1).view(), "too_old", "at", "at most 7 days old"],
    ["more than a minute ahead", (b) => b.at(MINUTE + 1).view(), "in_future", "at", "at most 60 seconds ahead"],
    ["no list", (b) => b.raw("view"), "malformed", "event", shape],
    ["without a body", (b) => b.raw([0, "step"]), "malformed", "event", shape],
    ["with more than a body", (b) => b.raw([0, "step", {}, 1]), "malformed", "event", shape],
    ["a time that is text", (b) => b.raw(["0", "step", {}]), "malformed", "event", shape],
    ["half of a surrogate pair as its name", (b) => b.raw([0, "\ud800", {}]), "malformed", "event", shape],
    ["a body that is a number", (b) => b.track("step", 5), "malformed", "body", "an object of properties"],
    ["a body that is a list", (b) => b.track("purchase", [5, "USD", "A-1"]), "malformed", "body", "an object of properties"],
    ["a page view without address", (b) => b.event("$page_view", {}), "malformed", "body", "{url}"],
    ["an exposure without variant", (b) => b.event("$exposure", { experiment: "hero", version: 1 }), "malformed", "body", "{experiment, variant, version}"],
    ["a reason for giving nothing that is none", (b) => b.event("$not_given", { experiment: "hero", reason: "bot" }), "bad_field", "reason", "one of html_forbidden, change_failed, redirect_loop"],
    ["a click whose goals are no pairs", (b) => b.click([1]), "malformed", "body", "{goals: [[experiment, goal]]} or {communication}"],
    ["an execution", (b) => b.event("$execution", { experience: "mail", variant: "a" }), "reserved_name", "name", "an event that pages send; executions come from servers"],
    ["a derived event", (b) => b.track("session_start"), "reserved_name", "name", "none of session_start, return_visit, profile_created"],
    ["a name of ours that is none", (b) => b.track("$refund"), "reserved_name", "name", "a name that does not begin with $"],
    ["no name", (b) => b.track(""), "bad_field", "name", "1 to 128 characters"],
    ["a name too long", (b) => b.track(long(129)), "bad_field", "name", "1 to 128 characters"],
    ["a profile too long", (b) => b.identify(long(129)), "bad_field", "profile", "1 to 128 characters"],
    ["an address too long", (b) => b.view(`https://shop.example/${long(2048)}`), "bad_field", "url", "at most 2048 bytes"],
    ["too many goals", (b) => b.click(...Array(101).fill([1, 0])), "bad_field", "goals", "at most 100"],
    ["a body too large", (b) => b.track("step", { text: long(8192) }), "bad_field", "body", "at most 8192 bytes"],
  ];
  for (const [name, add, reason, field, limit] of rows) {
    test(name, async () => {
      const site = await siteFor(on, { shards: 1 });
      const visit = add(batch("ann", { load: "p" }).at(-MINUTE).track("before")).at(-SECOND).track("after");
      const refused = [{ id: "p-1", reason, field, limit }];
      assert.deepEqual(await site.take(visit), { accepted: 2, duplicate: 0, refused, shift: 0 });
      const { totals, diagnostics } = await site.settled();
      assert.equal(totals.custom_events, 2);
      assert.deepEqual(diagnostics, { accepted: 2, [reason]: 1 });
    });
  }
});

test("sequence numbers end at a million, and every event beyond is told of", async () => {
  const site = await siteFor(on, { shards: 1 });
  const run = (first) => ({ load: "p", first, at: NOW, events: [[0, "a", {}], [0, "b", {}]] });
  const refused = async (first) => (await site.take({ ...batch("ann").toJSON(), runs: [run(first)] })).refused.map(({ id, field }) => [id, field]);
  assert.deepEqual(await refused(1_000_000), [["p-1000001", "first"]]);
  assert.equal((await refused(2 ** 32 - 1)).length, 2);
});

test("fields at their limit are taken", async () => {
  const site = await siteFor(on, { shards: 1 });
  const long = (length) => "x".repeat(length);
  const visit = batch(long(64), { load: long(32) }).track(long(128)).track("é".repeat(128)).identify(long(128));
  visit.view(`https://shop.example/${long(2048 - 21)}`).click(...Array(100).fill([1, 0])).track("step", { t: long(8192 - 8) });
  const { accepted, refused } = await site.take(visit);
  assert.deepEqual([accepted, refused], [6, []]);
});

describe("a batch that cannot be read is answered with what is wrong, and nothing of it counts", () => {
  const good = () => batch("ann").view().toJSON();
  const rows = [
    ["no JSON", () => "{", 400, "malformed", "body"],
    ["nothing", () => "", 400, "malformed", "body"],
    ["not an object", () => "[]", 400, "malformed", "body"],
    ["not UTF-8", () => Buffer.from(JSON.stringify(batch("ann").track("\xff")), "latin1"), 400, "malformed", "body"],
    ["no visitor", () => ({ ...good(), visitor: undefined }), 400, "malformed", "body"],
    ["an empty visitor", () => ({ ...good(), visitor: "" }), 400, "bad_field", "visitor"],
    ["a visitor too long", () => ({ ...good(), visitor: "v".repeat(65) }), 400, "bad_field", "visitor"],
    ["a visitor of other characters", () => ({ ...good(), visitor: "ann/bob" }), 400, "bad_field", "visitor"],
    ["no time of sending", () => ({ ...good(), sent_at: undefined }), 400, "malformed", "body"],
    ["no runs", () => ({ ...good(), runs: undefined }), 400, "malformed", "body"],
    ["a page load too long", () => ({ ...good(), runs: [{ load: "l".repeat(33), first: 0, at: NOW, events: [] }] }), 400, "bad_field", "load"],
    ["a negative sequence number", () => ({ ...good(), runs: [{ load: "l", first: -1, at: NOW, events: [] }] }), 400, "malformed", "body"],
    ["501 events", () => ({ ...good(), runs: [{ load: "l", first: 0, at: NOW, events: Array(501).fill([0, "a", {}]) }] }), 400, "bad_field", "runs"],
  ];
  for (const [name, body, ...expected] of rows) {
    test(name, async () => {
      const site = await siteFor(on, { shards: 1 });
      const answer = await site.send(body());
      assert.deepEqual(error(answer), expected);
      assert.ok(answer.body.error.message.length > 0 && answer.body.error.limit.length > 0);
      assert.deepEqual((await site.settled()).diagnostics, {});
    });
  }
});

test("500 events are one batch", async () => {
  const site = await siteFor(on);
  const visit = batch("ann");
  for (let i = 0; i < 500; i += 1) visit.track("step");
  assert.equal((await site.take(visit)).accepted, 500);
});

test("a body of 64 KiB is read and one byte more is too large, whether its length is told or not", async () => {
  const site = await siteFor(on);
  const text = JSON.stringify(batch("ann", { load: "p" }).view());
  const stream = (body) => new Blob([body]).stream();
  // The second time it is known already, which is worth a word.
  for (const [as, status] of [[(body) => body, 204], [stream, 200]]) {
    assert.equal((await site.send(as(text.padEnd(65_536)))).status, status);
    const answer = await site.send(as(text.padEnd(65_537)));
    assert.deepEqual(error(answer), [413, "body_too_large", "body"]);
    assert.equal(answer.body.error.limit, "65536 bytes");
  }
  assert.deepEqual((await site.settled()).diagnostics, { accepted: 1, duplicate: 1 });
});

test("events are posted, nothing else", async () => {
  const site = await siteFor(on);
  for (const method of ["GET", "PUT", "DELETE", "OPTIONS"]) {
    const answer = await site.call(method, "/events");
    assert.deepEqual([...error(answer), answer.headers.get("allow")], [405, "method_not_allowed", "method", "POST"]);
  }
});

test("a key that nobody issued is an unknown site, and no object is made for it", async (t) => {
  // Nobody else's objects come and go here, and this site's keeper is there already.
  const alone = await collectorFor(t);
  const site = await siteFor(alone);
  await site.settled();
  await request(alone.origin, "POST", `/test/${site.key}/site/alarm`);
  const objects = () => readdirSync(path.join(alone.storage, "objects"), { recursive: true }).filter((name) => /^[^.]+[/\\][0-9a-f]{64}\.sqlite$/.test(name)).sort();
  const known = objects();
  assert.ok(known.length >= 4, "a site, its keeper and two shards");
  const flipped = (place) => site.key.slice(0, place) + (site.key[place] === "0" ? "1" : "0") + site.key.slice(place + 1);
  const keys = ["x", "0".repeat(24), flipped(0), flipped(5), flipped(23), site.key.toUpperCase().replace(/^[^A-F]*$/, "X"), `${site.key}00`, "%00"];
  const calls = [
    ["POST", (key) => `/v1/sites/${key}/events`, batch("ann").view()],
    ["GET", (key) => `/v1/sites/${key}/report`],
    ["GET", (key) => `/sites/${key}`],
  ];
  for (const key of keys) {
    for (const [method, to, body] of calls) {
      const answer = await request(alone.origin, method, to(key), { body, key: site.secret });
      assert.deepEqual(error(answer), [404, "unknown_site", "site"], `${method} ${to(key)}`);
    }
  }
  for (const key of keys) assert.equal((await request(on.origin, "GET", `/t.js?site=${key}`)).status, 404);
  assert.deepEqual(objects(), known);
});

test("there is an answer in words only where it says something new", async () => {
  const site = await siteFor(on);
  const send = (visit) => request(on.origin, "POST", `/v1/sites/${site.key}/events`, { body: visit, type: "text/plain" });
  const behind = (load, shift) => batch("ann", { load, now: NOW - HOUR }).view().envelope({ shift });
  const rows = [
    ["all counts", 204, batch("ann", { load: "a" }).view().track("step")],
    ["all is known", 200, batch("ann", { load: "a" }).view().track("step")],
    ["one is refused", 200, batch("ann", { load: "b" }).view().event("$odd")],
    ["the clock is behind", 200, behind("c", 0)],
    ["the page knows that", 204, behind("d", HOUR)],
    ["no events", 204, batch("ann")],
  ];
  for (const [what, status, visit] of rows) {
    const answer = await send(visit);
    assert.deepEqual([answer.status, answer.body === ""], [status, status === 204], what);
  }
});

test("a page of any origin may read the answer, whatever it is", async () => {
  const site = await siteFor(on);
  const headers = { origin: "https://shop.example" };
  const answers = [
    [204, await site.send(batch("ann").view(), { headers })],
    [200, await site.send(batch("ann").view().envelope({ shift: 120_000 }), { headers })],
    [400, await site.send("{", { headers })],
    [400, await site.send({ visitor: "ann" }, { headers })],
    [404, await request(on.origin, "POST", `/v1/sites/${"0".repeat(24)}/events`, { body: batch("ann").view(), headers })],
    [405, await site.call("GET", "/events", { headers })],
    [413, await site.send(" ".repeat(70_000), { headers })],
    [500, await site.send(batch("ann").view(), { headers, fault: "fail-in-turn" })],
    [500, await site.send(batch("ann").view(), { headers, fault: "panic" })],
  ];
  for (const [status, answer] of answers) {
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*", String(status));
    assert.equal(answer.headers.get("content-type"), status === 204 ? null : "application/json", String(status));
  }
});

describe("a bot's events are refused and counted as such, unless the site allows automation", () => {
  const rows = [
    ["a user agent that says so", { headers: { "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" } }, {}],
    ["a browser without a head", { headers: { "user-agent": "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/150.0.0.0" } }, {}],
    ["navigator.webdriver", {}, { automated: true }],
  ];
  for (const [name, options, envelope] of rows) {
    test(name, async () => {
      const visit = () => batch("ann", { load: "p" }).view().track("step").envelope(envelope);
      const site = await siteFor(on);
      const answer = await site.take(visit(), options);
      assert.deepEqual([answer.accepted, answer.refused.map(({ id, reason }) => [id, reason])], [0, [["p-0", "bot"], ["p-1", "bot"]]]);
      const { totals, diagnostics } = await site.settled();
      assert.deepEqual([totals.new_visitors, diagnostics], [0, { bot: 2 }]);
      // Refused is not seen: the same events of a person count.
      assert.equal((await site.take(visit().envelope({ automated: false }))).accepted, 2);

      const open = await siteFor(on, { allow_automation: true });
      assert.equal((await open.take(visit(), options)).accepted, 2);
      assert.equal((await open.settled()).totals.page_views, 1);
    });
  }
});

test("a visitor whose history is full takes no more and is told so, and all others go on", async () => {
  const site = await siteFor(on, { shards: 1 });
  // Each has a long id of its own: what events have in common takes no room.
  let told = 0;
  const line = () => JSON.stringify({ id: `${(told += 1)}`.padStart(64, "i"), at: NOW, visitor: "ann", name: "gallery" });
  const load = async (length) => {
    const body = Array.from({ length }, line).join("\n");
    return (await site.call("POST", "/import", { body, type: "application/x-ndjson" })).body;
  };
  let taken = 0;
  let account;
  for (const length of [4_000, 30]) {
    for (account = await load(length); account.accepted > 0; account = await load(length)) taken += account.accepted;
    assert.equal(account.refused.length, length);
  }
  assert.ok(taken > 3000, `${taken} events`);
  // More than the last 30 would have taken.
  const visit = Array.from({ length: 20 }).reduce((visit, _, nth) => visit.identify(`${nth}`.padStart(128, "p")), batch("ann"));
  const answer = await site.take(visit);
  assert.equal(answer.refused.length, 20);
  for (const refused of [account.refused[0], answer.refused[0]]) {
    const { reason, field, limit } = refused;
    assert.deepEqual([reason, field, limit], ["over_limit", "visitor", "a history of at most 512 KiB"]);
  }
  assert.equal((await site.take(batch("bob").view())).accepted, 1);
  assert.deepEqual((await site.settled()).diagnostics, { accepted: taken + 1, over_limit: told - taken + 20 });
});

test("a page's clock is believed within a minute, and beyond it shifted by whole minutes, half away from zero", async () => {
  const site = await siteFor(on);
  const rows = [
    // What the page's clock is behind by, what its last answer said, the shift.
    [0, 0, 0],
    [MINUTE, 0, 0],
    [-MINUTE, 0, 0],
    [MINUTE + 1, 0, MINUTE],
    [-MINUTE - 1, 0, -MINUTE],
    [90 * SECOND - 1, 0, MINUTE],
    [90 * SECOND, 0, 2 * MINUTE],
    [-90 * SECOND, 0, -2 * MINUTE],
    [3 * HOUR + 29_999, 0, 3 * HOUR],
    [400 * DAY, 0, 400 * DAY],
    [MINUTE, 2 * MINUTE, 2 * MINUTE],
    [3 * MINUTE, 2 * MINUTE, 2 * MINUTE],
    [3 * MINUTE + 1, 2 * MINUTE, 3 * MINUTE],
    [MINUTE - 1, 2 * MINUTE, 0],
    [MINUTE + 1, 61 * SECOND, MINUTE],
    [2 * MINUTE, 400 * DAY, 2 * MINUTE],
  ];
  for (const [behind, carried, expected] of rows) {
    const visit = batch("ann", { now: NOW - behind }).view().envelope({ shift: carried });
    const { accepted, shift } = await site.take(visit);
    assert.deepEqual([accepted, shift], [1, expected], `behind by ${behind} ms, carried ${carried} ms`);
  }
});

test("a page whose clock is years off counts at the time it really was", async () => {
  const site = await siteFor(on);
  const behind = batch("ann", { now: NOW - 3000 * DAY }).at(-1).view();
  const ahead = batch("bob", { now: NOW + 3000 * DAY }).at(-1).view();
  for (const visit of [behind, ahead]) assert.equal((await site.take(visit)).accepted, 1);
  const today = (await site.settled("?days=1")).totals;
  assert.deepEqual([today.new_visitors, today.page_views], [2, 2]);
});

test("a time beyond all clocks is refused and does no harm", async () => {
  const site = await siteFor(on);
  const at = (text) => JSON.stringify(batch("ann").envelope({ sent_at: "SENT" })).replace('"SENT"', text);
  const empty = async (text) => (await site.send(at(text))).status;
  assert.deepEqual([await empty("9223372036854775807"), await empty("-9223372036854775808"), await empty("1e30")], [200, 200, 400]);
  const run = `{"load":"l","first":0,"at":9223372036854775807,"events":[[9223372036854775807,"a",{}],[-9223372036854775808,"b",{}]]}`;
  const answer = await site.take(`{"visitor":"ann","sent_at":${NOW},"runs":[${run}]}`);
  assert.deepEqual(answer.refused.map(({ reason }) => reason), ["in_future", "too_old"]);
});
