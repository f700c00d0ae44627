// Webhooks: the calls about them, and what is told to them when a receiver is well.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { HOUR, DAY, NOW } from "../support/batch.mjs";
import { receiverFor } from "../support/receiver.mjs";
import { request, siteFor } from "../support/site.mjs";
import { verify, webhookFor } from "../support/webhook.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });
const receiver = await receiverFor({ after });
const HERO = { key: "hero", variants: [{ key: "control" }, { key: "b" }], goals: [{ key: "order", type: "revenue", event: "purchase" }] };
const URL = "https://hooks.shop.example/tributary";

const code = ({ status, body }) => [status, body.error?.code, body.error?.field].filter((part) => part !== undefined);
const typesAt = (path) => receiver.posts(path).map(({ body }) => JSON.parse(body).type);

test("a webhook is made with a secret that is told once, listed, changed and deleted", async () => {
  const site = await siteFor(on);
  const webhook = await webhookFor(on, site, URL, { description: "Chat", events: ["experiment.winner_detected"] });
  assert.match(webhook.id, /^wh_[0-9a-f]{16}$/);
  assert.match(webhook.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  const { secret: _, ...shown } = webhook.made;
  assert.deepEqual(await webhook.read(), shown);
  assert.deepEqual([shown.url, shown.description, shown.created_at, shown.disabled], [URL, "Chat", NOW, null]);

  const changed = await webhook.change({ description: "", events: [], enabled: false });
  assert.deepEqual([changed.url, changed.description, changed.events, changed.disabled], [URL, "", [], { at: NOW, reason: "asked" }]);
  assert.equal((await webhook.change({ enabled: true })).disabled, null);

  const second = await webhookFor(on, site, `${URL}/2`);
  const list = async () => (await site.call("GET", "/webhooks")).body.webhooks.map(({ id }) => id).sort();
  assert.deepEqual(await list(), [webhook.id, second.id].sort());
  assert.equal(await webhook.call("DELETE", ""), "deleted");
  assert.deepEqual(await list(), [second.id]);
  for (const [method, path] of [["GET", ""], ["PATCH", ""], ["DELETE", ""], ["POST", "/test"], ["POST", "/rotate"], ["GET", "/notices"]]) {
    assert.deepEqual(code(await site.call(method, `/webhooks/${webhook.id}${path}`, { body: method === "PATCH" ? {} : undefined })), [404, "unknown_webhook"], method + path);
  }
});

test("what cannot be taken is named, and nothing is changed", async () => {
  const site = await siteFor(on);
  const make = async (body) => code(await site.call("POST", "/webhooks", { body }));
  assert.deepEqual(await make({ url: "http://hooks.shop.example/" }), [400, "bad_field", "url"]);
  assert.deepEqual(await make({ url: "https://169.254.169.254/" }), [400, "bad_field", "url"]);
  assert.deepEqual(await make({ url: URL, description: "x".repeat(501) }), [400, "bad_field", "description"]);
  assert.deepEqual(await make({ url: URL, events: ["experiment.forgotten"] }), [400, "malformed", "events[0]"]);
  assert.deepEqual(await make({}), [400, "malformed", "url"]);
  assert.deepEqual((await site.call("GET", "/webhooks")).body, { webhooks: [] });
  const webhook = await webhookFor(on, site, URL);
  await webhook.change({ url: "https://10.0.0.1/" }, { status: 400 });
  await webhook.change({ secret: "mine" }, { status: 400 });
  assert.equal((await webhook.read()).url, URL);
  for (const query of ["?limit=0", "?limit=101", "?limit=x", "?before=msg_nothing"]) await webhook.call("GET", `/notices${query}`, { status: 400 });
  await webhook.call("POST", "/notices/msg_nothing/replay", { status: 404 });
});

test("a site has at most ten webhooks", async () => {
  const site = await siteFor(on);
  const made = await Promise.all(Array.from({ length: 12 }, () => site.call("POST", "/webhooks", { body: { url: URL } })));
  assert.deepEqual(made.map(({ status }) => status).sort(), [...Array(10).fill(201), 409, 409]);
  assert.equal((await site.call("GET", "/webhooks")).body.webhooks.length, 10);
});

test("each step of an experiment is posted once, in its order, signed so that the documentation's code takes it", async () => {
  const site = await siteFor(on);
  const webhook = await webhookFor(on, site, receiver.url("ok/life"));
  await site.run(HERO);
  for (const step of ["pause", "resume", "stop"]) assert.equal((await site.call("POST", `/experiments/hero/${step}`)).status, 200);
  const posts = await receiver.arrived("ok/life", 5);
  const events = posts.map(({ headers, body }) => verify(headers, body, webhook.secret));
  const types = ["created", "started", "paused", "resumed", "completed"].map((step) => `experiment.${step}`);
  assert.deepEqual(events.map(({ type }) => type), types);
  assert.deepEqual(new Set(posts.map(({ headers }) => headers["webhook-id"])).size, 5);
  for (const { method, headers } of posts) assert.deepEqual([method, headers["content-type"]], ["POST", "application/json"]);
  const { timestamp, data } = events[1];
  assert.deepEqual([timestamp, data.site, data.experiment.key, data.experiment.status], [new Date(NOW).toISOString(), site.key, "hero", "running"]);
  assert.deepEqual(data.experiment.goals, [{ key: "order", name: "order", type: "revenue" }]);

  const log = await webhook.logged((notices) => notices.every(({ state }) => state === "acknowledged"));
  assert.deepEqual(log.map(({ type }) => type), [...types].reverse());
  const [{ attempts, id, body }] = log;
  assert.deepEqual([attempts.length, attempts[0].status, attempts[0].error], [1, 204, null]);
  assert.deepEqual([id, body], [posts[4].headers["webhook-id"], posts[4].body]);

  const page = await webhook.log("?limit=2");
  assert.deepEqual([...page, ...(await webhook.log(`?limit=100&before=${page[1].id}`))], log);
});

test("what is signed with another secret, changed on the way or old is not taken by the documentation's code", async () => {
  const site = await siteFor(on);
  const webhook = await webhookFor(on, site, receiver.url("ok/verify"));
  await webhook.test();
  const [{ headers, body }] = await receiver.arrived("ok/verify");
  assert.deepEqual(verify(headers, body, webhook.secret).data, { site: site.key, webhook: webhook.id });
  assert.throws(() => verify(headers, body, `whsec_${"A".repeat(43)}=`), /not signed/);
  assert.throws(() => verify(headers, `${body} `, webhook.secret), /not signed/);
  assert.throws(() => verify({ ...headers, "webhook-id": "msg_other" }, body, webhook.secret), /not signed/);
  assert.throws(() => verify({ ...headers, "webhook-signature": undefined }, body, webhook.secret), /not signed/);
  assert.throws(() => verify(headers, body, webhook.secret, Date.now() + HOUR), /too old/);
});

test("a webhook is told what it asked for, from when it was made", async () => {
  const site = await siteFor(on);
  await site.run(HERO);
  await webhookFor(on, site, receiver.url("ok/paused"), { events: ["experiment.paused"] });
  await webhookFor(on, site, receiver.url("ok/all"));
  for (const step of ["pause", "resume", "pause"]) await site.call("POST", `/experiments/hero/${step}`);
  await receiver.arrived("ok/all", 3);
  await receiver.arrived("ok/paused", 2);
  assert.deepEqual(typesAt("ok/all"), ["experiment.paused", "experiment.resumed", "experiment.paused"]);
  assert.deepEqual(typesAt("ok/paused"), ["experiment.paused", "experiment.paused"]);
  const ids = (path) => receiver.posts(path).map(({ headers }) => headers["webhook-id"]);
  assert.deepEqual(ids("ok/paused"), [ids("ok/all")[0], ids("ok/all")[2]], "an event has one id, whoever is told");
});

test("changes that are made at once all stand, and each is told", async () => {
  const site = await siteFor(on);
  await webhookFor(on, site, receiver.url("ok/at-once"));
  const keys = Array.from({ length: 12 }, (_, number) => `e${number}`);
  const made = await Promise.all(keys.map((key) => site.call("POST", "/experiments", { body: { ...HERO, key } })));
  assert.deepEqual(made.map(({ status }) => status), keys.map(() => 200));
  const { body: config } = await site.call("GET", "");
  assert.deepEqual([config.version, config.experiments.map(({ key }) => key).sort()], [13, [...keys].sort()]);
  await receiver.arrived("ok/at-once", 12);
  assert.deepEqual(receiver.posts("ok/at-once").map(({ body }) => JSON.parse(body).data.experiment.key).sort(), [...keys].sort());
});

test("a start that lies ahead is told when its time has come, and not if the experiment was stopped before", async () => {
  // The site's own alarm goes by the real clock.
  const now = Date.now();
  const site = await siteFor(on, { now });
  await webhookFor(on, site, receiver.url("ok/ahead"), { events: ["experiment.started", "experiment.completed"] });
  for (const key of ["hero", "never"]) {
    await site.call("POST", "/experiments", { body: { ...HERO, key } });
    await site.call("POST", `/experiments/${key}/start`, { body: { at: now + HOUR } });
  }
  await site.call("POST", "/experiments/never/stop");
  const ring = (now) => request(on.origin, "POST", `/test/${site.key}/site/alarm`, { now });
  await ring(now + HOUR - 1);
  await receiver.arrived("ok/ahead");
  await ring(now + HOUR);
  await ring(now + 2 * HOUR);
  const [, started] = await receiver.arrived("ok/ahead", 2);
  await site.call("POST", "/experiments/hero/stop", { now: now + 3 * HOUR });
  await receiver.arrived("ok/ahead", 3);
  const told = receiver.posts("ok/ahead").map(({ body }) => JSON.parse(body)).map(({ type, data }) => [type, data.experiment.key]);
  assert.deepEqual(told, [["experiment.completed", "never"], ["experiment.started", "hero"], ["experiment.completed", "hero"]]);
  assert.equal(JSON.parse(started.body).timestamp, new Date(now + HOUR).toISOString());
});

test("after a rotation both secrets hold for a day, then the new one alone", async () => {
  const site = await siteFor(on);
  const webhook = await webhookFor(on, site, receiver.url("ok/rotated"));
  const second = (await webhook.rotate({ now: Date.now() })).secret;
  await webhook.test();
  const [both] = await receiver.arrived("ok/rotated");
  assert.equal(both.headers["webhook-signature"].split(" ").length, 2);
  for (const secret of [webhook.secret, second]) assert.equal(verify(both.headers, both.body, secret).type, "webhook.test");

  const { secret: third, previous_secret_until: until } = await webhook.rotate({ now: Date.now() - DAY - HOUR });
  assert.ok(until < Date.now(), "it was rotated more than a day ago");
  await webhook.test();
  const [, { headers, body }] = await receiver.arrived("ok/rotated", 2);
  assert.equal(verify(headers, body, third).type, "webhook.test");
  for (const secret of [webhook.secret, second]) assert.throws(() => verify(headers, body, secret), /not signed/);
});

test("a replay posts the same notice again, with a new time of its own", async () => {
  const site = await siteFor(on);
  const webhook = await webhookFor(on, site, receiver.url("ok/replayed"));
  await site.call("POST", "/experiments", { body: HERO });
  await receiver.arrived("ok/replayed");
  const [{ id }] = await webhook.logged(([notice]) => notice?.state === "acknowledged");
  assert.equal((await webhook.replay(id)).state, "waiting");
  const [first, second] = await receiver.arrived("ok/replayed", 2);
  assert.deepEqual([second.headers["webhook-id"], second.body], [first.headers["webhook-id"], first.body]);
  assert.equal(verify(second.headers, second.body, webhook.secret).type, "experiment.created");
  const [notice] = await webhook.logged(([notice]) => notice.state === "acknowledged");
  assert.deepEqual([notice.attempts.length, notice.tries], [2, 1]);

  await webhook.change({ enabled: false });
  assert.equal((await webhook.replay(id, { status: 409 })).error.code, "conflict");
});

test("a site sees nothing of another's", async () => {
  const [ann, bob] = [await siteFor(on), await siteFor(on)];
  const hers = await webhookFor(on, ann, receiver.url("ok/ann"));
  const his = await webhookFor(on, bob, receiver.url("ok/bob"));
  await ann.call("POST", "/experiments", { body: { ...HERO, key: "anns" } });
  await bob.call("POST", "/experiments", { body: { ...HERO, key: "bobs" } });
  await Promise.all([receiver.arrived("ok/ann"), receiver.arrived("ok/bob")]);
  assert.deepEqual(receiver.posts("ok/ann").map(({ body }) => JSON.parse(body).data.experiment.key), ["anns"]);
  assert.deepEqual(receiver.posts("ok/bob").map(({ body }) => JSON.parse(body).data.experiment.key), ["bobs"]);
  const [{ id: notice }] = await his.log();
  for (const [method, path] of [["GET", ""], ["DELETE", ""], ["POST", "/rotate"], ["POST", "/test"], ["GET", "/notices"], ["POST", `/notices/${notice}/replay`]]) {
    assert.deepEqual(code(await ann.call(method, `/webhooks/${his.id}${path}`)), [404, "unknown_webhook"], path);
    assert.deepEqual(code(await bob.call(method, `/webhooks/${his.id}${path}`, { key: ann.secret })), [401, "unauthorized", "Authorization"], path);
  }
  await hers.call("POST", `/notices/${notice}/replay`, { status: 404 });
});

test("no more than 1,000 notices are kept of a webhook, and none for more than 30 days", async () => {
  const site = await siteFor(on);
  const webhook = await webhookFor(on, site, receiver.url("ok/many"));
  for (let sent = 20; sent <= 1_020; sent += 20) {
    await Promise.all(Array.from({ length: 20 }, () => webhook.test()));
    await receiver.arrived("ok/many", sent);
  }
  const ids = new Set();
  for (let before = ""; ; ) {
    const page = await webhook.log(`?limit=100${before}`);
    for (const { id } of page) ids.add(id);
    if (page.length < 100) break;
    before = `&before=${page.at(-1).id}`;
  }
  assert.equal(ids.size, 1_000);
  await webhook.ring(30 * DAY - HOUR);
  assert.equal((await webhook.log()).length, 100);
  await webhook.ring(30 * DAY + HOUR);
  assert.deepEqual(await webhook.log(), []);
});
