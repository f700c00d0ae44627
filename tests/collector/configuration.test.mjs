// Making sites and experiments: what is taken, what is refused, who may, and when it is in force.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { DAY, HOUR, MINUTE, NOW, SECOND, batch } from "../support/batch.mjs";
import { request, siteFor, visitorsWith } from "../support/site.mjs";
import { KEYS, collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });

const SITE = { name: "Test", time_zone: "Europe/Berlin", currency: "EUR" };
const GOAL = { key: "order", type: "revenue", event: "purchase" };
const HERO = { key: "hero", variants: [{ key: "control" }, { key: "b" }], goals: [GOAL] };

const create = (body, key = KEYS.ADMIN_KEY) => request(on.origin, "POST", "/v1/sites", { key, body });
const error = ({ status, body }) => [status, body.error?.code, body.error?.field];
const change = (site, to, body) => site.call("POST", `/experiments/${to}`, { body });

test("a site has a public key, a secret key told once, and defaults", async () => {
  const { status, body } = await create(SITE);
  assert.equal(status, 201);
  const { site, secret_key: secret, ...rest } = body;
  assert.match(site, /^[0-9a-f]{24}$/);
  assert.match(secret, /^sk_[0-9a-f]{48}$/);
  const configuration = {
    ...SITE,
    version: 1,
    order_events: ["purchase"],
    query_parameters: ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"],
    allow_automation: false,
    respect_privacy_signals: true,
    new_visitors_per_day: 1_000_000,
    holdout: 0,
    crediting: [[0, { lookback: DAY, windows: [HOUR, 3 * HOUR, DAY, 3 * DAY, 7 * DAY] }]],
    experiments: [],
  };
  assert.deepEqual(rest, { in_force: true, ...configuration });
  const read = await request(on.origin, "GET", `/v1/sites/${site}`, { key: secret });
  assert.deepEqual([read.status, read.body], [200, { site, ...configuration }]);
});

test("two sites have nothing in common in their keys but the number of shards", async () => {
  const [one, two] = [await create({ ...SITE, shards: 3 }), await create({ ...SITE, shards: 3 })];
  assert.equal(one.body.site.slice(0, 2), "03");
  assert.equal(two.body.site.slice(0, 2), "03");
  assert.notEqual(one.body.site.slice(2), two.body.site.slice(2));
  assert.notEqual(one.body.secret_key, two.body.secret_key);
});

test("a site is made with the admin key only", async () => {
  for (const key of ["", "wrong", `${KEYS.ADMIN_KEY}x`, KEYS.SIGNING_KEY]) {
    assert.deepEqual(error(await create(SITE, key)), [401, "unauthorized", "Authorization"], key);
  }
  const keyless = await request(on.origin, "POST", "/v1/sites", { body: SITE });
  assert.deepEqual(error(keyless), [401, "unauthorized", "Authorization"]);
});

describe("a site's field that cannot be taken is named", () => {
  const rows = [
    ["name", ""],
    ["name", "x".repeat(501)],
    ["time_zone", "Europe/Atlantis"],
    ["currency", "EURO"],
    ["shards", 0],
    ["shards", 65],
    ["order_events", [""]],
    ["query_parameters", Array(51).fill("q")],
  ];
  for (const [field, value] of rows) {
    test(`${field} of ${JSON.stringify(value).slice(0, 30)}`, async () => {
      assert.deepEqual(error(await create({ ...SITE, [field]: value })), [400, "bad_field", field]);
    });
  }
  for (const [name, body, field, limit] of [
    ["absent", { ...SITE, currency: undefined }, "currency", /^given$/],
    ["unknown", { ...SITE, colour: "red" }, "colour", /^one of `name`, `time_zone`/],
    ["of another type", { ...SITE, allow_automation: "yes" }, "allow_automation", /^a boolean$/],
    ["of another type within a list", { ...SITE, order_events: ["purchase", 5] }, "order_events[1]", /^a string$/],
    ["no JSON", "{", "body", /^JSON$/],
  ]) {
    test(name, async () => {
      const answer = await create(body);
      assert.deepEqual(error(answer), [400, "malformed", field]);
      assert.match(answer.body.error.limit, limit);
      assert.ok(name === "no JSON" || answer.body.error.message.includes(field), answer.body.error.message);
    });
  }
});

test("every call about a site wants its secret key, and another site's is as wrong as none", async () => {
  const [site, other] = [await siteFor(on), await siteFor(on)];
  await site.run(HERO);
  const calls = [
    ["GET", "", undefined],
    ["PATCH", "", { name: "Taken over" }],
    ["POST", "/experiments", { ...HERO, key: "second" }],
    ["POST", "/experiments/hero/start", {}],
    ["POST", "/experiments/hero/stop", {}],
    ["GET", "/report", undefined],
  ];
  const before = (await site.call("GET", "")).body;
  for (const [method, to, body] of calls) {
    for (const key of [undefined, "", "wrong", other.secret, site.key, KEYS.ADMIN_KEY]) {
      const answer = await site.call(method, to, { body, key });
      assert.deepEqual(error(answer), [401, "unauthorized", "Authorization"], `${method} ${to} under ${key}`);
    }
    const basic = await site.call(method, to, { body, key: undefined, headers: { authorization: site.secret } });
    assert.equal(basic.status, 401);
  }
  assert.deepEqual((await site.call("GET", "")).body, before);
});

test("an address of the API takes its methods only", async () => {
  const site = await siteFor(on);
  for (const [method, to, allowed] of [
    ["DELETE", "", "GET, PATCH"],
    ["GET", "/experiments", "POST"],
    ["PUT", "/experiments/hero/start", "POST"],
    ["POST", "/report", "GET"],
  ]) {
    const answer = await site.call(method, to);
    assert.deepEqual([...error(answer), answer.body.error.limit], [405, "method_not_allowed", "method", allowed], `${method} ${to}`);
    assert.equal(answer.headers.get("allow"), allowed);
  }
  assert.deepEqual(error(await site.call("GET", "/nothing")).slice(0, 2), [404, "not_found"]);
});

test("what a merchant may change is changed, is in force at once, and the rest stays", async () => {
  const site = await siteFor(on);
  const before = (await site.call("GET", "")).body;
  const settings = { name: "Renamed", query_parameters: ["id"], allow_automation: true, respect_privacy_signals: false };
  const { status, body } = await site.call("PATCH", "", { body: settings });
  assert.deepEqual([status, body], [200, { ...before, ...settings, version: 2, in_force: true }]);
  assert.equal((await site.take(batch("ann").view().envelope({ automated: true }))).accepted, 1);
  assert.equal((await site.settled()).name, "Renamed");
  for (const [field, value] of [["name", " "], ["query_parameters", [""]]]) {
    assert.deepEqual(error(await site.call("PATCH", "", { body: { [field]: value } })), [400, "bad_field", field]);
  }
  for (const fixed of ["time_zone", "currency", "shards", "site"]) {
    const answer = await site.call("PATCH", "", { body: { [fixed]: before[fixed] ?? 1 } });
    assert.equal(answer.status, 400, fixed);
    assert.match(answer.body.error.message, new RegExp(fixed));
  }
  assert.equal((await site.call("GET", "")).body.version, 2);
});

test("an experiment is made as a draft with a number of its own, names after its keys, and equal shares", async () => {
  const site = await siteFor(on);
  const three = { ...HERO, variants: [{ key: "control" }, { key: "b" }, { key: "c", name: "Bold" }] };
  const { status, body } = await site.call("POST", "/experiments", { body: three });
  assert.equal(status, 200);
  assert.deepEqual(body, {
    number: 1,
    key: "hero",
    name: "hero",
    seed: "hero",
    unit: "visitor",
    variants: [{ key: "control", name: "control" }, { key: "b", name: "b" }, { key: "c", name: "Bold" }],
    allocations: [{ coverage: 10_000, weights: [3334, 3333, 3333] }],
    goals: [{ ...GOAL, name: "order", direction: "increase", per: "unit", added_in: 0 }],
    plan: { method: "fixed", base_rate: 0.02, smallest_effect: 0.2, confidence: 0.95, power: 0.8, after: "keep_running" },
    started_at: null,
    started_in: 0,
    ended_at: null,
    ended_in: 0,
    in_force: true,
  });
  assert.equal((await site.call("POST", "/experiments", { body: { ...HERO, key: "second" } })).body.number, 2);
});

describe("an experiment's field that cannot be taken is named", () => {
  const variants = (...weights) => weights.map((weight, place) => ({ key: `v${place}`, weight }));
  const goal = (fields) => ({ goals: [{ ...GOAL, ...fields }] });
  const rows = [
    ["a key with a space", { key: "he ro" }, "key"],
    ["a key too long", { key: "k".repeat(65) }, "key"],
    ["an empty name", { name: "" }, "name"],
    ["an empty seed", { seed: "" }, "seed"],
    ["coverage above one", { coverage: 1.1 }, "coverage"],
    ["coverage below zero", { coverage: -0.1 }, "coverage"],
    ["coverage finer than ten-thousandths", { coverage: 0.12345 }, "coverage"],
    ["one variant", { variants: [{ key: "control" }] }, "variants"],
    ["21 variants", { variants: Array.from({ length: 21 }, (_, i) => ({ key: `v${i}` })) }, "variants"],
    ["two variants of one key", { variants: [{ key: "b" }, { key: "b" }] }, "variants"],
    ["weights below one", { variants: variants(0.5, 0.4) }, "variants"],
    ["weights above one", { variants: variants(0.6, 0.5) }, "variants"],
    ["a negative weight", { variants: variants(1.5, -0.5) }, "variants[0].weight"],
    ["a weight for some", { variants: [{ key: "a", weight: 1 }, { key: "b" }] }, "variants[1].weight"],
    ["a variant's key", { variants: [{ key: "control" }, { key: "b/c" }] }, "variants[1].key"],
    ["no goals", { goals: [] }, "goals"],
    ["51 goals", { goals: Array.from({ length: 51 }, (_, i) => ({ ...GOAL, key: `g${i}` })) }, "goals"],
    ["two goals of one key", { goals: [GOAL, GOAL] }, "goals"],
    ["a goal's key", goal({ key: "" }), "goals[0].key"],
    ["an event of ours", goal({ event: "$click" }), "goals[0].event"],
    ["an event too long", goal({ event: "e".repeat(129) }), "goals[0].event"],
    ["an empty selector", goal({ type: "click", selector: "" }), "goals[0].selector"],
    ["an empty address", goal({ type: "page_view", operator: "equals", url: "" }), "goals[0].url"],
    ["a bad regular expression", goal({ type: "page_view", operator: "regex", url: "/a(" }), "goals[0].url"],
    ["a regular expression that JavaScript alone knows", goal({ type: "page_view", operator: "regex", url: "(?=a)" }), "goals[0].url"],
  ];
  for (const [name, fields, field] of rows) {
    test(name, async () => {
      const site = await siteFor(on, { shards: 1 });
      const answer = await site.call("POST", "/experiments", { body: { ...HERO, ...fields } });
      assert.deepEqual(error(answer), [400, "bad_field", field]);
      assert.ok(answer.body.error.limit.length > 0);
      assert.deepEqual((await site.call("GET", "")).body.experiments, []);
    });
  }
  for (const [name, body, told] of [
    ["no JSON", "{", /EOF|parsing/],
    ["an unknown field", { ...HERO, coverge: 1 }, /coverge/],
    ["an unknown type of goal", { ...HERO, ...goal({ type: "smile" }) }, /smile/],
    ["a click without selector", { ...HERO, ...goal({ type: "click" }) }, /selector/],
    ["an unknown operator", { ...HERO, ...goal({ type: "page_view", operator: "like", url: "/" }) }, /like/],
  ]) {
    test(name, async () => {
      const answer = await (await siteFor(on, { shards: 1 })).call("POST", "/experiments", { body });
      assert.deepEqual(error(answer).slice(0, 2), [400, "malformed"]);
      assert.match(answer.body.error.message, told);
    });
  }
});

test("an experiment that is not there cannot be started, one that is there cannot be made again", async () => {
  const site = await siteFor(on);
  await site.run(HERO);
  const code = async (...call) => error(await change(site, ...call)).slice(0, 2);
  assert.deepEqual(error(await site.call("POST", "/experiments", { body: HERO })).slice(0, 2), [409, "conflict"]);
  assert.deepEqual(await code("nope/start", {}), [404, "unknown_experiment"]);
  assert.deepEqual(await code("nope/stop", {}), [404, "unknown_experiment"]);
  assert.deepEqual(await code("hero/start", {}), [409, "conflict"]);
  assert.equal((await change(site, "hero/stop")).status, 200);
  assert.deepEqual(await code("hero/stop"), [409, "conflict"]);
  await site.call("POST", "/experiments", { body: { ...HERO, key: "draft" } });
  assert.deepEqual(await code("draft/stop"), [409, "conflict"]);
});

test("how an experiment is decided is refused by its field where it makes no sense, and fixed once it was started", async () => {
  const site = await siteFor(on, { currency: "JPY" });
  const made = (plan) => site.call("POST", "/experiments", { body: { ...HERO, plan } });
  assert.deepEqual(error(await made({ base_rate: 2 })), [400, "bad_field", "plan.base_rate"]);
  assert.deepEqual(error(await made({ method: "guess" })), [400, "malformed", "plan.method"]);
  const { body } = await made({ revenue_cap: "500.4", after: "complete" });
  assert.deepEqual([body.plan.revenue_cap, body.plan.after], ["500", "complete"]);
  const plan = (plan) => site.call("PATCH", "/experiments/hero", { body: { plan } });
  assert.equal((await plan({ method: "sequential" })).body.plan.after, "keep_running");
  await change(site, "hero/start", {});
  const fixed = await plan({ method: "bayesian" });
  assert.deepEqual([...error(fixed), fixed.body.error.limit], [409, "conflict", "plan.method", "as it was at the start"]);
});

test("a start may lie up to 400 days in the past", async () => {
  const site = await siteFor(on);
  await site.call("POST", "/experiments", { body: HERO });
  assert.deepEqual(error(await change(site, "hero/start", { at: NOW - 400 * DAY - 1 })), [400, "bad_field", "at"]);
  const { body } = await change(site, "hero/start", { at: NOW - 400 * DAY });
  assert.deepEqual([body.started_at, body.in_force], [NOW - 400 * DAY, true]);
});

test("an experiment is a draft, scheduled, running, completed", async () => {
  const site = await siteFor(on);
  await site.call("POST", "/experiments", { body: HERO });
  const status = async (now) => (await site.report("", { now })).experiments[0].status;
  assert.equal(await status(NOW), "draft");
  await change(site, "hero/start", { at: NOW + MINUTE });
  assert.deepEqual([await status(NOW), await status(NOW + MINUTE)], ["scheduled", "running"]);
  const stopped = await site.call("POST", "/experiments/hero/stop", { now: NOW + 2 * MINUTE });
  assert.deepEqual([stopped.body.ended_at, stopped.body.in_force], [NOW + 2 * MINUTE, true]);
  assert.deepEqual([await status(NOW + 2 * MINUTE - 1), await status(NOW + 2 * MINUTE)], ["running", "completed"]);
});

test("what is in force judges the next batch on every shard", async () => {
  const site = await siteFor(on, { shards: 8 });
  await site.run(HERO);
  const visitors = visitorsWith("b", HERO, 24);
  await Promise.all(visitors.map((visitor) => site.take(batch(visitor).exposure("hero", "b"))));
  assert.deepEqual((await site.settled()).experiments[0].variants.map(({ exposures }) => exposures), [0, 24]);
});

test("a change that a shard did not take says so, and is in force when the site has told it again", async () => {
  const site = await siteFor(on, { shards: 2 });
  const automated = (visitor) => site.take(batch(visitor).view().envelope({ automated: true }));
  const changed = await site.call("PATCH", "", { body: { allow_automation: true }, fault: "deaf-shard" });
  assert.deepEqual([changed.status, changed.body.in_force, changed.body.allow_automation], [200, false, true]);
  const visitors = Array.from({ length: 16 }, (_, place) => `v${place}`);
  const before = await Promise.all(visitors.map(async (visitor) => (await automated(visitor)).accepted));
  assert.ok(before.includes(0) && before.includes(1), `one shard judges by the old, the other by the new: ${before}`);
  const alarm = await request(on.origin, "POST", `/test/${site.key}/site/alarm`);
  assert.equal(alarm.status, 200);
  const taken = await Promise.all(visitors.map(async (visitor) => (await automated(`${visitor}-again`)).accepted));
  assert.deepEqual(taken, visitors.map(() => 1));
});

test("a site whose shard does not hear of it yet is made, and says so", async () => {
  const made = await request(on.origin, "POST", "/v1/sites", { key: KEYS.ADMIN_KEY, body: { ...SITE, shards: 1 }, fault: "deaf-shard" });
  assert.deepEqual([made.status, made.body.in_force], [201, false]);
  const send = () => request(on.origin, "POST", `/v1/sites/${made.body.site}/events`, { body: batch("ann").view(), type: "text/plain" });
  assert.equal((await send()).status, 404);
  await request(on.origin, "POST", `/test/${made.body.site}/site/alarm`);
  assert.equal((await send()).status, 204);
});

describe("t.js carries what is in force", () => {
  const script = (site, { now = NOW, headers } = {}) => request(on.origin, "GET", `/t.js?site=${site.key}`, { now, headers });
  const given = ({ body }) => JSON.parse(/^self\.__tributary=(\{[^]*?\});/m.exec(body)[1]);
  const configuration = (answer) => given(answer).config;

  test("with the site's key, and for pages of any origin", async () => {
    const site = await siteFor(on);
    const answer = await script(site);
    assert.equal(answer.status, 200);
    assert.ok(answer.body.includes(`\nself.__tributary={"site":"${site.key}",`), answer.body.slice(0, 80));
    assert.equal(answer.headers.get("content-type"), "text/javascript; charset=utf-8");
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    assert.equal(answer.headers.get("cache-control"), "public, max-age=60");
  });

  test("of experiments, those that run, in at most 5 s", async () => {
    const site = await siteFor(on);
    const carries = async (now) => configuration(await script(site, { now })).split("\n").includes("hero");
    await site.call("POST", "/experiments", { body: HERO });
    assert.equal(await carries(NOW), false, "a draft");
    await change(site, "hero/start", { at: NOW });
    assert.equal(await carries(NOW + 5 * SECOND - 1), false, "kept by the isolate");
    assert.equal(await carries(NOW + 5 * SECOND), true, "running");
    await site.call("POST", "/experiments/hero/stop", { now: NOW + 6 * SECOND });
    assert.equal(await carries(NOW + 10 * SECOND), false, "stopped");
  });

  test("once: who has it is told so until it changes", async () => {
    const site = await siteFor(on);
    const tag = (await script(site)).headers.get("etag");
    const known = { "if-none-match": tag };
    const same = await script(site, { headers: known });
    assert.deepEqual([same.status, same.body, same.headers.get("etag")], [304, "", tag]);
    await site.run(HERO);
    const changed = await script(site, { now: NOW + 5 * SECOND, headers: known });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get("etag"), tag);
  });

  test("and nothing that only the merchant should see", async () => {
    const site = await siteFor(on, { name: "Secret name" });
    await site.run({ ...HERO, name: "Secret plan" });
    const told = configuration(await script(site));
    assert.ok(!/Secret|purchase/.test(told), told);
  });

  test("with what the site's pages need in it, and not what only others need", async () => {
    const site = await siteFor(on);
    const plain = await script(site);
    await site.call("POST", "/communications", { body: { key: "spring", type: "popup" } });
    const larger = await script(site, { now: NOW + 5 * SECOND });
    assert.ok(larger.body.length > plain.body.length + 2_000, `${plain.body.length}, then ${larger.body.length}`);
  });

  const OFFER = { ...HERO, key: "offer", condition: { country: "DE" } };

  test("with the visitor's country where a condition asks for it, and then for one browser alone", async () => {
    const site = await siteFor(on);
    const from = (country, now = NOW) => script(site, { now, headers: { "cf-ipcountry": country } });
    const plain = await from("DE");
    assert.deepEqual([given(plain).country, plain.headers.get("cache-control")], [undefined, "public, max-age=60"]);
    await site.run(OFFER);
    const [german, french, nowhere] = [await from("DE", NOW + 5 * SECOND), await from("FR", NOW + 5 * SECOND), await from("XX", NOW + 5 * SECOND)];
    assert.deepEqual([german, french, nowhere].map((answer) => given(answer).country), ["DE", "FR", undefined]);
    assert.equal(german.headers.get("cache-control"), "private, max-age=60");
    assert.notEqual(german.headers.get("etag"), french.headers.get("etag"));
  });

  test("of a header that is no country nothing reaches the script", async () => {
    const site = await siteFor(on);
    await site.run(OFFER);
    for (const country of ["d", 'D"', "};", "DEU", "de"]) {
      assert.equal(given(await script(site, { headers: { "cf-ipcountry": country } })).country, undefined, country);
    }
  });

  test("with what variants change, and whom experiments are for", async () => {
    const site = await siteFor(on);
    const change = { type: "text", selector: "h1", value: "</script>\u2028\"" };
    await site.run({ ...OFFER, variants: [{ key: "control" }, { key: "b", changes: [change] }] });
    const { changes, targeting, config } = given(await script(site));
    assert.deepEqual(changes, [["offer", [["b", [[0, "h1", null, change.value]]]]]]);
    assert.ok(targeting.includes("\noffer\n") && !config.includes("offer"), targeting);
  });

  test("without a site there is none", async () => {
    for (const query of ["", "?site=", `?site=${"0".repeat(24)}`]) {
      const { status, body, headers } = await request(on.origin, "GET", `/t.js${query}`);
      assert.deepEqual([status, headers.get("content-type")], [404, "text/javascript; charset=utf-8"], query);
      assert.match(body, /^console\.warn\("Tributary: no site has the key[^"]*"\);\n$/);
    }
  });
});
