// What was acknowledged is counted exactly once, whatever happens in between.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { generator } from "../../scripts/support/random.mjs";
import { HOUR, MINUTE, NOW, batch, batchOf } from "../support/batch.mjs";
import { mortal } from "../support/mortal.mjs";
import { figures, siteFor } from "../support/site.mjs";
import { timelines } from "../support/timelines.mjs";
import { collectorFor } from "../support/workerd.mjs";

const HERO = {
  key: "hero",
  variants: [{ key: "control" }, { key: "b" }],
  goals: [{ key: "order", type: "revenue", event: "purchase" }, { key: "cta", type: "click", selector: "#cta" }],
};

const on = await collectorFor({ after });

test("killed again and again in the middle of a load, it counts every event that was acknowledged exactly once", async (t) => {
  const mortals = await mortal(t);
  const site = await siteFor(mortals, { shards: 3 });
  const calm = await siteFor(on, { shards: 3 });
  for (const each of [site, calm]) await each.run(HERO, NOW - 6 * 24 * HOUR);

  const events = timelines(generator(7), HERO, { visitors: 60 });
  const batches = [];
  for (let rest = events; rest.length > 0; ) {
    const [{ visitor }] = rest;
    const own = rest.filter((event) => event.visitor === visitor).slice(0, 3);
    batches.push([visitor, own]);
    rest = rest.filter((event) => !own.includes(event));
  }
  const waiting = [...batches];
  const kills = [0.1, 0.25, 0.4, 0.6, 0.8].map((share) => Math.floor(share * batches.length));
  let acknowledged = 0;
  let cut = 0;

  const page = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      for (;;) {
        try {
          await site.take(batchOf(...next));
          break;
        } catch (error) {
          if (error.code === "ERR_ASSERTION") throw error;
          cut += 1;
          await mortals.returned;
        }
      }
      acknowledged += 1;
      if (acknowledged === kills[0]) {
        kills.shift();
        mortals.dieAndReturn();
      }
    }
  };
  const merchant = async () => {
    while (acknowledged < batches.length) await site.report().catch(() => mortals.returned);
  };
  await Promise.all([...Array.from({ length: 12 }, page), merchant()]);
  await mortals.returned;
  assert.equal(kills.length, 0);
  assert.ok(cut > 0, "requests were under way when the power went");

  for (const next of batches) await calm.take(batchOf(...next));
  const [report, expected] = [await site.settled(), await calm.settled()];
  assert.equal(report.diagnostics.accepted, events.length);
  assert.deepEqual(figures(report), figures(expected));

  await mortals.die();
  assert.deepEqual(figures(await site.settled()), figures(expected), "and after one more");
});

describe("a turn that ends between its two writes has written neither", () => {
  for (const fault of ["fail-in-turn", "panic-in-turn"]) {
    test(fault, async () => {
      const site = await siteFor(on, { shards: 1 });
      await site.take(batch("ann").at(-HOUR).view());
      await site.settled();
      const visit = batch("ann").at(-MINUTE).view().after(1).track("purchase", { revenue: 5 });
      for (const visitor of ["ann", "new"]) {
        const { status, body } = await site.send(batchOf(visitor, visit.events), { fault });
        assert.deepEqual([status, body.error.code], [500, "internal"]);
      }
      const untouched = await site.settled();
      assert.deepEqual(untouched.diagnostics, { accepted: 1 });
      assert.deepEqual([untouched.totals.new_visitors, untouched.totals.revenue], [1, []]);
      for (const visitor of ["ann", "new"]) {
        assert.deepEqual(await site.take(batchOf(visitor, visit.events)), { accepted: 2, duplicate: 0, refused: [], shift: 0 });
      }
      const { totals, diagnostics } = await site.settled();
      assert.deepEqual(diagnostics, { accepted: 5 });
      assert.deepEqual([totals.new_visitors, totals.page_views, totals.revenue[0].gross], [2, 3, "10.00"]);
    });

    test(`${fault}, beside others of the same delivery`, async () => {
      const site = await siteFor(on, { shards: 1 });
      const visits = Array.from({ length: 9 }, (_, place) => batch(`v${place}`).track("step"));
      const answers = await Promise.all(visits.map((visit, place) => site.send(visit, place % 3 === 1 ? { fault } : {})));
      assert.deepEqual(answers.map(({ status }) => status), [204, 500, 204, 204, 500, 204, 204, 500, 204]);
      assert.equal((await site.settled()).totals.custom_events, 6);
    });
  }
});

test("a panic fails its own request and none beside it, and what is in memory stays", async () => {
  const site = await siteFor(on, { shards: 1 });
  await site.take(batch("first").view());
  const { rows_written: before } = await site.meter(0);
  const visits = Array.from({ length: 30 }, (_, place) => batch(`v${place}`).view());
  const answers = await Promise.all(visits.map((visit, place) => site.send(visit, place === 15 ? { fault: "panic" } : {})));
  assert.deepEqual(answers.map(({ status }) => status), visits.map((_, place) => (place === 15 ? 500 : 204)));
  const { rows_written: after } = await site.meter(0);
  assert.ok(before > 0 && after >= before + 29, "the object that counted rows before goes on counting");
  assert.equal((await site.take(visits[15])).accepted, 1);
  assert.equal((await site.settled()).totals.page_views, 31);
});

test("a panic at one site is nothing to the collector's other sites", async () => {
  const [one, other] = [await siteFor(on), await siteFor(on)];
  const answers = await Promise.all([
    ...Array.from({ length: 10 }, (_, place) => one.send(batch(`v${place}`).view(), { fault: place % 2 ? "panic" : "panic-in-turn" })),
    ...Array.from({ length: 10 }, (_, place) => other.send(batch(`v${place}`).view())),
  ]);
  assert.deepEqual(answers.map(({ status }) => status), [...Array(10).fill(500), ...Array(10).fill(204)]);
  assert.equal((await one.settled()).totals.page_views, 0);
  assert.equal((await other.settled()).totals.page_views, 10);
});

test("callers who leave in the middle hold nobody up, and what they sent counts once", async () => {
  const site = await siteFor(on, { shards: 2 });
  const random = generator(3);
  const left = { pages: 0, merchants: 0 };
  const leaving = (as, call) => {
    const leave = new AbortController();
    const timer = setTimeout(() => leave.abort(), random.next() * 8);
    const answering = call(leave.signal).catch((error) => {
      assert.equal(error.name, "AbortError");
      left[as] += 1;
    });
    return answering.finally(() => clearTimeout(timer));
  };
  const visits = Array.from({ length: 120 }, (_, place) => batch(`v${place % 40}`).track("step"));
  const page = async (own) => {
    for (const visit of own) {
      await leaving("pages", (signal) => site.send(visit, { signal }));
      await leaving("merchants", (signal) => site.report("", { signal }));
      await site.take(visit);
    }
  };
  await Promise.all(Array.from({ length: 6 }, (_, place) => page(visits.slice(place * 20, place * 20 + 20))));
  assert.ok(left.pages > 0 && left.merchants > 0, JSON.stringify(left));
  assert.equal((await site.settled()).totals.custom_events, 120);
});
