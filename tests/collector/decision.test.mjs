// Decisions: made on demand and on schedule, kept with the figures they were made from, acted on once, taken back by a call.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { DAY, HOUR, MINUTE, NOW, SECOND, batch } from "../support/batch.mjs";
import { siteFor, visitorsWith } from "../support/site.mjs";
import { decisions, hero, inPages, lines, load, ring, won } from "../support/winner.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });
const error = ({ status, body }) => [status, body.error?.code, body.error?.field];
const states = async (about) => (await about.findings()).map(({ found }) => found.decision.state);

test("a decision is made on demand, from all that was acknowledged, and kept with its figures", async () => {
  const site = await siteFor(on);
  const about = decisions(site);
  const experiment = await won(site);
  const { status, body } = await about.decide();
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual([body.experiment, body.status, body.as_of, body.pending, body.is_new], ["hero", "running", NOW, 0, true]);
  const { decision } = body.latest.found;
  assert.deepEqual([decision.state, decision.variant, decision.method, decision.units], ["winner", 1, "fixed", [20, 20]]);
  assert.deepEqual(decision.figures, [{ share: { units: 20, successes: 4 } }, { share: { units: 20, successes: 18 } }]);
  assert.deepEqual(await about.findings(), [body.latest]);
  assert.deepEqual(body.outcome, { at: NOW, because: "winner", winner: "b", action: "keep_running" });

  // A fixed sample is decided once: what comes later changes nothing.
  await load(site, lines(experiment, "control", 30, 30, { name: "late" }));
  const later = await about.decide({ now: NOW + DAY });
  assert.deepEqual([later.body.is_new, later.body.latest], [false, body.latest]);
  const report = await site.settled();
  assert.deepEqual([report.experiments[0].decision.state, report.experiments[0].decision.since], ["winner", NOW]);
});

test("what has arrived is looked at on schedule, and a row is written only when something changes", async () => {
  const site = await siteFor(on);
  const about = decisions(site);
  const experiment = hero();
  await site.run(experiment, NOW - 2 * DAY);
  await load(site, [...lines(experiment, "control", 5, 1), ...lines(experiment, "b", 5, 4)]);
  await site.settled();
  assert.deepEqual(await about.findings(), []);
  await ring(on, site);
  assert.deepEqual(await states(about), ["collecting"]);
  const [{ pending, found }] = await about.findings();
  assert.deepEqual([pending, found.decision.leading, found.decision.as_of], [undefined, 1, NOW]);

  const { rows_written: before } = await site.meter("site");
  await ring(on, site, { now: NOW + HOUR });
  const { rows_written: afterwards } = await site.meter("site");
  assert.equal(afterwards - before, 0, "a look that finds nothing new writes nothing");

  await load(site, [...lines(experiment, "control", 20, 4, { name: "w" }), ...lines(experiment, "b", 20, 18, { name: "w" })]);
  await site.settled();
  await ring(on, site, { now: NOW + 2 * HOUR });
  assert.deepEqual(await states(about), ["collecting", "winner"]);
});

test("a report that would tell a winner keeps it first: no later look takes back what was read", async () => {
  const site = await siteFor(on);
  const about = decisions(site);
  const experiment = await won(site);
  const [read] = (await site.settled()).experiments;
  assert.deepEqual([read.decision.state, read.decision.since], ["winner", NOW]);
  assert.deepEqual(await states(about), ["winner"]);
  await load(site, lines(experiment, "control", 30, 30, { name: "late" }));
  await ring(on, site, { now: NOW + HOUR });
  const [later] = (await site.settled("", { now: NOW + HOUR })).experiments;
  assert.deepEqual([later.decision.state, later.decision.since], ["winner", NOW]);
});

test("within 24 hours of the start nothing is decided, and a draft is told apart from an experiment that is not there", async () => {
  const site = await siteFor(on);
  const about = decisions(site);
  await site.call("POST", "/experiments", { body: hero() });
  assert.deepEqual([(await about.decide()).body.status, (await about.decide()).body.latest], ["draft", undefined]);
  await site.call("POST", "/experiments/hero/start", { body: { at: NOW - DAY + 1 } });
  assert.equal((await about.decide()).body.latest, undefined);
  assert.equal((await about.decide({ now: NOW + 1 })).body.latest.found.decision.state, "collecting");
  for (const call of ["decide", "undo"]) {
    assert.deepEqual(error(await decisions(site, "none")[call]()).slice(0, 2), [404, "unknown_experiment"], call);
  }
  assert.deepEqual(error(await site.call("GET", "/experiments/none/decisions")).slice(0, 2), [404, "unknown_experiment"]);
  assert.deepEqual(error(await about.undo()).slice(0, 2), [409, "conflict"]);
  for (const [method, path] of [["POST", "decide"], ["POST", "undo"], ["GET", "decisions"]]) {
    const answer = await site.call(method, `/experiments/hero/${path}`, { key: "wrong" });
    assert.deepEqual(error(answer), [401, "unauthorized", "Authorization"], path);
  }
});

describe("after a first winner", () => {
  const later = NOW + 10 * SECOND;
  for (const [action, pages, status] of [
    ["all_to_winner", { version: 0, variants: [["b", 10_000]] }, "completed"],
    ["all_to_control", { version: 0, variants: [["control", 10_000]] }, "completed"],
    ["complete", undefined, "completed"],
    ["keep_running", { version: 1, variants: [["control", 5000], ["b", 5000]] }, "running"],
  ]) {
    test(action, async () => {
      const site = await siteFor(on);
      const about = decisions(site);
      await won(site, { after: action });
      const running = await inPages(on, site, NOW);
      assert.deepEqual(running, { version: 1, variants: [["control", 5000], ["b", 5000]] });
      const { body } = await about.decide();
      assert.deepEqual([body.status, body.outcome.action, body.in_force], [status, action, true]);
      assert.deepEqual(await inPages(on, site, later), pages, "pages know within seconds");
      const { gives } = (await about.experiment()).outcome;
      assert.equal(gives, pages?.version === 0 ? pages.variants[0][0] : undefined);

      const [visitor] = visitorsWith("b", hero(), 1, "new");
      const { accepted } = await site.take(batch(visitor, { now: later }).exposure("hero", "b"), { now: later });
      const { diagnostics, experiments } = await site.settled("", { now: later });
      const counts = status === "running";
      assert.deepEqual([accepted, diagnostics.not_running ?? 0], [1, counts ? 0 : 1]);
      assert.equal(experiments[0].variants[1].exposures, counts ? 21 : 20);
      if (counts) return;

      const undone = await about.undo({ now: NOW + MINUTE });
      assert.deepEqual([undone.status, undone.body.in_force, undone.body.outcome.until], [200, true, NOW + MINUTE]);
      assert.deepEqual(await inPages(on, site, NOW + MINUTE), running, "traffic goes back to the shares before");
      await site.take(batch(visitor, { now: NOW + MINUTE }).exposure("hero", "b"), { now: NOW + MINUTE });
      const counted = await site.settled("", { now: NOW + MINUTE });
      assert.equal(counted.experiments[0].variants[1].exposures, 21);
      assert.deepEqual(error(await about.undo({ now: NOW + MINUTE })).slice(0, 2), [409, "conflict"]);
      const again = await about.decide({ now: NOW + HOUR });
      assert.deepEqual([again.body.is_new, again.body.status], [false, "running"], "it is acted on once");
    });
  }
});

test("a guardrail that stops the test ends it, without a winner", async () => {
  const site = await siteFor(on);
  const about = decisions(site);
  const goals = [
    { key: "order", type: "custom_event", event: "order" },
    { key: "complaint", type: "custom_event", event: "complaint", direction: "decrease", guardrail: { tolerance: 0.1, stops: true } },
  ];
  const experiment = hero({ smallest_effect: 0.02, after: "all_to_winner" }, { goals });
  await site.run(experiment, NOW - 2 * DAY);
  const complain = (variant, complaints) =>
    lines(experiment, variant, 400, complaints).map((line) =>
      line.name === "order" ? { ...line, id: `c-${line.visitor}`, name: "complaint" } : line,
    );
  await load(site, [...complain("control", 80), ...complain("b", 360)]);
  const { body } = await about.decide();
  assert.deepEqual([body.latest.found.decision.state, body.status, body.outcome.because], ["collecting", "completed", "guardrail"]);
  assert.deepEqual(body.latest.found.decision.breaches, [{ goal: 1, variant: 1, stops: true }]);
  assert.equal(await inPages(on, site, NOW + 10 * SECOND), undefined);
});

describe("a bandit", () => {
  const plan = { bandit: { floor: 0.1, every_ms: HOUR } };

  test("gives better variants more by versions that are kept, so that every assignment can be checked", async () => {
    const site = await siteFor(on);
    const about = decisions(site);
    const experiment = await won(site, plan);
    const { body } = await about.decide();
    const { shares } = body.latest.found;
    assert.deepEqual([shares.version, body.latest.found.decision, body.outcome], [2, undefined, undefined]);
    assert.ok(shares.weights[0] >= 1000 && shares.weights[1] > 8900, `${shares.weights}`);
    const later = NOW + 10 * SECOND;
    assert.deepEqual(await inPages(on, site, later), {
      version: 2,
      variants: [["control", shares.weights[0]], ["b", shares.weights[1]]],
    });
    assert.equal((await about.decide({ now: NOW + HOUR })).body.is_new, false, "shares that hardly change stay");

    // Who had the control before keeps it, under the version it was given by.
    const weighted = { ...experiment, variants: experiment.variants.map((one, place) => ({ ...one, weight: shares.weights[place] / 10_000 })) };
    const moved = visitorsWith("control", experiment, 200, "m").find((one) => visitorsWith("b", weighted, 400, "m").includes(one));
    const exposure = (visitor, variant, version) => site.take(batch(visitor, { now: later }).exposure("hero", variant, version), { now: later });
    await exposure(moved, "control", 1);
    await exposure(`${moved}`, "control", 1);
    await exposure(visitorsWith("b", weighted, 1, "n")[0], "b", 2);
    await exposure(moved, "control", 2);
    const report = await site.settled("", { now: later });
    assert.deepEqual([report.diagnostics.bad_assignment, report.experiments[0].variants.map(({ exposures }) => exposures)], [1, [21, 21]]);
    assert.equal(report.experiments[0].decision, undefined, "it has no winner");
  });

  test("is updated when it is due, on schedule", async () => {
    const site = await siteFor(on);
    const about = decisions(site);
    const experiment = await won(site, plan);
    await ring(on, site);
    assert.deepEqual((await about.experiment()).allocations.length, 2);
    const [first] = await about.findings();
    const more = { name: "x", version: 1 };
    await load(site, [...lines(experiment, "control", 60, 60, more), ...lines(experiment, "b", 60, 6, more)]);
    await site.settled();
    await ring(on, site, { now: NOW + HOUR - 1 });
    assert.deepEqual(await about.findings(), [first]);
    await ring(on, site, { now: NOW + HOUR });
    const [, second] = await about.findings();
    assert.equal(second.found.shares.version, 3);
    assert.ok(second.found.shares.weights[0] > first.found.shares.weights[0]);
  });
});
