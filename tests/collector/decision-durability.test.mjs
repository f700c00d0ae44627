// Between a decision and what is done about it there is no moment at which the power can go.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { DAY } from "../support/batch.mjs";
import { mortal, until } from "../support/mortal.mjs";
import { receiverFor } from "../support/receiver.mjs";
import { siteFor } from "../support/site.mjs";
import { webhookFor } from "../support/webhook.mjs";
import { decisions, hero, lines, load, ring, won } from "../support/winner.mjs";
import { collectorFor } from "../support/workerd.mjs";

const receiver = await receiverFor({ after });
const events = ["experiment.winner_detected", "experiment.completed"];
/** What arrived at a path: types, each id once. */
const told = (path) => {
  const posts = receiver.posts(path).map(({ headers, body }) => [headers["webhook-id"], JSON.parse(body)]);
  return [...new Map(posts).values()].map(({ type }) => type).sort();
};

test("killed while experiments are decided, each is decided, acted on and told of exactly once", async (t) => {
  const on = await mortal(t);
  const shops = [];
  for (let place = 0; place < 5; place += 1) {
    const site = await siteFor(on, { shards: 1 });
    const webhook = await webhookFor(on, site, receiver.url(`ok/${place}`), { events });
    await won(site, { after: "all_to_winner" });
    shops.push({ about: decisions(site), path: `ok/${place}`, site, webhook });
  }
  // The power goes as soon as one is answered.
  const answers = shops.map(({ about }) => about.decide());
  await Promise.any(answers);
  await on.dieAndReturn();
  await Promise.allSettled(answers);
  for (const { about, path, webhook } of shops) {
    const { body } = await about.decide();
    assert.deepEqual([body.latest.number, body.latest.found.decision.state, body.outcome.gives], [1, "winner", "b"]);
    await webhook.logged((log) => log.length === 2 && log.every(({ state }) => state === "acknowledged"));
    assert.deepEqual(told(path), events.toSorted());
  }
  await on.die();
  for (const { about, path, site, webhook } of shops) {
    await ring(on, site);
    assert.equal((await about.decide()).body.is_new, false);
    assert.equal((await about.findings()).length, 1);
    assert.equal((await webhook.log()).length, 2);
    assert.deepEqual(told(path), events.toSorted());
  }
});

test("a winner is told with what a receiver needs, in the turn that found it", async (t) => {
  const on = await collectorFor(t);
  const site = await siteFor(on);
  await webhookFor(on, site, receiver.url("ok/winner"), { events: [events[0]] });
  await won(site);
  await decisions(site).decide();
  const [{ body }] = await receiver.arrived("ok/winner");
  const { type, data } = JSON.parse(body);
  assert.deepEqual([type, data.site, data.experiment.key, data.variant.key], [events[0], site.key, "hero", "b"]);
  assert.deepEqual([data.goal.key, data.method, data.confidence], ["order", "fixed", 0.95]);
  assert.deepEqual(data.figures, [
    { variant: "control", units: 20, conversions: 4, figure: 0.2 },
    { variant: "b", units: 20, conversions: 18, figure: 0.9 },
  ]);
  const { estimate, low, high } = data.effect;
  assert.ok(Math.abs(estimate - 3.5) < 1e-9 && low < estimate && estimate < high, JSON.stringify(data.effect));
  assert.ok(data.summary.length > 20, data.summary);
});

test("deployed, experiments are looked at when it is time to, without anybody asking", async (t) => {
  const on = await collectorFor(t, { test: false, vars: { LOOK_EVERY_MS: "50", FLUSH_AFTER_MS: "50" } });
  const now = Date.now();
  const site = await siteFor(on, { now });
  const experiment = hero();
  await site.run(experiment, now - 2 * DAY);
  const at = now - DAY;
  await load(site, [...lines(experiment, "control", 20, 4, { at }), ...lines(experiment, "b", 20, 18, { at })]);
  const about = decisions(site);
  const findings = await until(about.findings, (found) => found.some(({ found: { decision } }) => decision.state === "winner"));
  assert.equal(findings.at(-1).pending, undefined);
  assert.equal((await about.experiment()).outcome.winner, "b");
});
