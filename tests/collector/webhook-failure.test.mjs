// Webhooks whose receivers fail, in every way, and a collector whose power goes.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { batch, DAY, HOUR, MINUTE } from "../support/batch.mjs";
import { mortal, until } from "../support/mortal.mjs";
import { receiverFor } from "../support/receiver.mjs";
import { siteFor } from "../support/site.mjs";
import { webhookFor } from "../support/webhook.mjs";
import { collectorFor } from "../support/workerd.mjs";

/** Where a receiver has a third of a second, so that nobody waits for those that never answer. */
const on = await collectorFor({ after }, { vars: { WEBHOOK_LIMIT_MS: "333" } });
const experiment = (key) => ({ key, variants: [{ key: "control" }, { key: "b" }], goals: [{ key: "goal", type: "custom_event", event: "x" }] });
const make = (site, key) => site.call("POST", "/experiments", { body: experiment(key) });
const only = (...events) => ({ events: events.map((event) => `experiment.${event}`) });

describe("what a receiver does wrong is told in the log", async () => {
  const rows = [
    ["broken", 500, "status", "so it goes"],
    ["missing", 404, "status", "so it goes"],
    ["redirect", 307, "redirect", "so it goes"],
    ["gone", 410, "status", "so it goes"],
    ["silent", null, "timeout", ""],
    ["dripping", null, "timeout", ""],
    ["reset", null, "connection", ""],
    ["closed", null, "connection", ""],
    ["garbage", null, "connection", ""],
    ["huge", 500, "status", `<script>alert(1)</script>${"x".repeat(475)}`],
    ["endless", 200, null, "and then"],
  ];
  const receiver = await receiverFor({ after });
  for (const [way, status, error, answer] of rows) {
    test(way, async () => {
      const site = await siteFor(on);
      const webhook = await webhookFor(on, site, receiver.url(`${way}/1`));
      await webhook.test();
      const [notice] = await webhook.logged(([notice]) => notice.state !== "waiting");
      const [attempt] = notice.attempts;
      assert.deepEqual([attempt.status, attempt.error, attempt.answer], [status, error, answer]);
      assert.equal(notice.state, error ? "failed" : "acknowledged");
      if (error === "timeout") assert.ok(attempt.duration_ms >= 333, attempt.duration_ms);
      assert.equal(receiver.posts(`${way}/1`).length, 1);
    });
  }
  test("nobody listens, and a redirect is not followed", async () => {
    const site = await siteFor(on);
    const webhook = await webhookFor(on, site, "http://127.0.0.1:9/");
    await webhook.test();
    const [{ attempts }] = await webhook.logged(([notice]) => notice.state !== "waiting");
    assert.equal(attempts[0].error, "connection");
    assert.deepEqual(receiver.posts("ok/followed"), []);
  });
});

test("what lies outside the networks that a collector was given is not reached, whatever a webhook names", async (t) => {
  const elsewhere = await collectorFor(t, { networks: ["public"] });
  const receiver = await receiverFor(t);
  const site = await siteFor(elsewhere);
  const webhook = await webhookFor(elsewhere, site, receiver.url("ok/elsewhere"));
  await webhook.test();
  const [{ attempts }] = await webhook.logged(([notice]) => notice.state !== "waiting");
  assert.deepEqual([attempts[0].status, attempts[0].error], [null, "connection"]);
  assert.deepEqual(receiver.posts("ok/elsewhere"), []);
});

/** Has the alarm go off, so many ms ahead, until every notice has had so many attempts. */
const tried = (webhook, ahead, tries) =>
  until(
    async () => {
      await webhook.ring(ahead);
      return webhook.log();
    },
    (log) => log.every((notice) => notice.tries === tries || notice.state !== "waiting"),
  );
/** Times of the six attempts, each by the latest that its wait may be. */
const TIMES = [0, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR].map((sum => (wait) => (sum += wait * 1.21))(0));

test("a notice is tried again after its wait and not before, and arrives once the receiver is well", async (t) => {
  const receiver = await receiverFor(t);
  const site = await siteFor(on);
  const webhook = await webhookFor(on, site, receiver.url("broken/again"));
  await make(site, "hero");
  const [{ next_at: next }] = await webhook.logged(([notice]) => notice?.tries === 1);
  const wait = next - Date.now();
  assert.ok(wait > 50_000 && wait <= 72_000, `${wait}`);
  await webhook.ring(55_000);
  assert.equal(receiver.posts("broken/again").length, 1);
  receiver.turn("broken", "ok");
  const [{ state, attempts }] = await tried(webhook, TIMES[1], 2);
  assert.deepEqual([state, attempts.map(({ status }) => status)], ["acknowledged", [500, 204]]);
  const [first, second] = receiver.posts("broken/again");
  assert.deepEqual([second.headers["webhook-id"], second.body], [first.headers["webhook-id"], first.body]);
  assert.ok(Number(second.headers["webhook-timestamp"]) - Number(first.headers["webhook-timestamp"]) >= 60);
});

test("a receiver that asks for patience has it", async (t) => {
  const receiver = await receiverFor(t);
  const site = await siteFor(on);
  const webhook = await webhookFor(on, site, receiver.url("busy/1"));
  await make(site, "hero");
  const [{ next_at: next }] = await webhook.logged(([notice]) => notice?.tries === 1);
  assert.ok(next - Date.now() > 9 * MINUTE);
});

test("ten events in a row that fail disable a webhook; what happens then waits until it is enabled", async (t) => {
  const receiver = await receiverFor(t);
  const site = await siteFor(on);
  const webhook = await webhookFor(on, site, receiver.url("broken/ten"), only("created"));
  for (let number = 0; number < 9; number += 1) await make(site, `e${number}`);
  await webhook.logged((log) => log.length === 9);
  for (const [place, time] of TIMES.entries()) await tried(webhook, time, place + 1);
  const nine = await webhook.read();
  assert.deepEqual([nine.failed_in_a_row, nine.disabled], [9, null]);
  assert.ok((await webhook.log()).every(({ state, tries }) => state === "failed" && tries === 6));

  await make(site, "e9");
  await webhook.logged((log) => log.length === 10);
  for (const [place, time] of TIMES.entries()) await tried(webhook, place === 0 ? 0 : DAY + time, place + 1);
  assert.equal((await webhook.read()).disabled.reason, "failures");
  assert.equal(receiver.posts("broken/ten").length, 60);

  await make(site, "e10");
  const [waiting] = await webhook.logged((log) => log.length === 11);
  assert.deepEqual([waiting.state, waiting.next_at], ["waiting", null]);
  await webhook.ring(2 * DAY);
  assert.equal(receiver.posts("broken/ten").length, 60);
  receiver.turn("broken", "ok");
  await webhook.test();
  await receiver.arrived("broken/ten", 61);
  assert.notEqual((await webhook.read()).disabled, null, "a test enables nothing");
  await webhook.change({ enabled: true });
  const [, resumed] = await webhook.logged((log) => log[1].state === "acknowledged");
  assert.equal(JSON.parse(resumed.body).data.experiment.key, "e10");
  assert.equal((await webhook.read()).failed_in_a_row, 0);
  assert.equal(receiver.posts("broken/ten").length, 62, "what has failed stays so");
});

test("a receiver that is gone is left alone at once", async (t) => {
  const receiver = await receiverFor(t);
  const site = await siteFor(on);
  const webhook = await webhookFor(on, site, receiver.url("gone/1"));
  await make(site, "hero");
  const disabled = await until(webhook.read, (shown) => shown.disabled);
  assert.equal(disabled.disabled.reason, "gone");
  await make(site, "other");
  await webhook.logged((log) => log.length === 2);
  await webhook.ring(DAY);
  assert.equal(receiver.posts("gone/1").length, 1);
});

test("a webhook that is deleted is posted nothing more, even what was on its way", async (t) => {
  const receiver = await receiverFor(t);
  const site = await siteFor(on);
  const webhook = await webhookFor(on, site, receiver.url("silent/deleted"));
  await make(site, "hero");
  await receiver.arrived("silent/deleted");
  await webhook.call("DELETE", "");
  await webhook.ring(DAY);
  assert.equal(receiver.posts("silent/deleted").length, 1);
  assert.equal((await make(site, "other")).status, 200);
});

test("while a receiver does not answer, batches, calls, reports and other webhooks are answered", async (t) => {
  const patient = await collectorFor(t);
  const receiver = await receiverFor(t);
  const site = await siteFor(patient);
  const dead = await webhookFor(patient, site, receiver.url("silent/dead"), only("created"));
  await webhookFor(patient, site, receiver.url("ok/alive"));
  await make(site, "hero");
  await receiver.arrived("silent/dead");
  const started = await site.call("POST", "/experiments/hero/start");
  assert.deepEqual([started.status, started.body.in_force], [200, true]);
  for (let sent = 0; sent < 20; sent += 1) assert.equal((await site.take(batch(`v${sent}`).view())).accepted, 1);
  assert.equal((await site.settled()).totals.page_views, 20);
  await receiver.arrived("ok/alive", 2);
  const [{ state, attempts }] = await dead.log();
  assert.deepEqual([state, attempts], ["waiting", []], "its attempt is still under way");
});

test("a collector whose power goes tells what it has not told, and nothing that was acknowledged", async (t) => {
  const receiver = await receiverFor(t);
  const on = await mortal(t);
  const site = await siteFor(on);
  const webhook = await webhookFor(on, site, receiver.url("ok/power"));
  const slow = await webhookFor(on, site, receiver.url("silent/power"), only("created"));
  await make(site, "hero");
  await receiver.arrived("silent/power");
  await webhook.logged(([notice]) => notice?.state === "acknowledged");
  // One attempt is under way.
  await on.die();
  await receiver.arrived("silent/power", 2);
  receiver.turn("silent", "ok");
  // The change is answered, and nothing more.
  await site.call("POST", "/experiments/hero/start");
  await on.die();
  await receiver.arrived("silent/power", 3);
  await slow.logged(([notice]) => notice.state === "acknowledged");
  await webhook.logged((log) => log.length === 2 && log.every(({ state }) => state === "acknowledged"));
  await on.die();
  await make(site, "other");
  await slow.logged((log) => log.length === 2 && log.every(({ state }) => state === "acknowledged"));
  await webhook.logged((log) => log.length === 3 && log.every(({ state }) => state === "acknowledged"));
  const told = receiver.posts("ok/power").map(({ headers, body }) => [headers["webhook-id"], JSON.parse(body).type]);
  const [[first]] = told;
  assert.equal(told.filter(([id]) => id === first).length, 1, "it was acknowledged before the power went");
  assert.deepEqual(new Set(told.map(([, type]) => type)), new Set(["experiment.created", "experiment.started"]));
  const ids = receiver.posts("silent/power").map(({ headers }) => headers["webhook-id"]);
  assert.deepEqual([ids[1], ids[2], ids.length], [ids[0], ids[0], 4], "the same notice until it was acknowledged, then the next");
});
