// What was acknowledged is counted exactly once, whatever happens in between.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { generator } from "../../scripts/support/random.mjs";
import { HOUR, MINUTE, NOW, SECOND, batch, batchOf } from "../support/batch.mjs";
import { figures, siteFor, siteOf } from "../support/site.mjs";
import { timelines } from "../support/timelines.mjs";
import { collectorFor, storageFor } from "../support/workerd.mjs";

const HERO = {
  key: "hero",
  variants: [{ key: "control" }, { key: "b" }],
  goals: [{ key: "order", type: "revenue", event: "purchase" }, { key: "cta", type: "click", selector: "#cta" }],
};

const on = await collectorFor({ after });

/** A collector whose power can go: `current` is the one that runs, `returned` resolves when there is one again. */
async function mortal(t, vars) {
  const storage = storageFor(t);
  const start = () => collectorFor(t, { storage, vars });
  const collector = {
    current: await start(),
    returned: Promise.resolve(),
    get origin() {
      return this.current.origin;
    },
    async die() {
      await this.current.kill9();
      this.current = await start();
    },
    dieAndReturn() {
      this.returned = this.die();
      return this.returned;
    },
  };
  return collector;
}

/** Asks until the answer is what is waited for. */
async function until(ask, isThere) {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    const answer = await ask();
    if (isThere(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return assert.fail("waited 30 s");
}

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

  const now = () => siteOf(mortals, site.keys);
  const page = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      for (;;) {
        try {
          await now().take(batchOf(...next));
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
    while (acknowledged < batches.length) await now().report().catch(() => mortals.returned);
  };
  await Promise.all([...Array.from({ length: 12 }, page), merchant()]);
  await mortals.returned;
  assert.equal(kills.length, 0);
  assert.ok(cut > 0, "requests were under way when the power went");

  for (const next of batches) await calm.take(batchOf(...next));
  const [report, expected] = [await now().settled(), await calm.settled()];
  assert.equal(report.diagnostics.accepted, events.length);
  assert.deepEqual(figures(report), figures(expected));

  await mortals.die();
  assert.deepEqual(figures(await now().settled()), figures(expected), "and after one more");
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
      assert.deepEqual(answers.map(({ status }) => status), [200, 500, 200, 200, 500, 200, 200, 500, 200]);
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
  assert.deepEqual(answers.map(({ status }) => status), visits.map((_, place) => (place === 15 ? 500 : 200)));
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
  assert.deepEqual(answers.map(({ status }) => status), [...Array(10).fill(500), ...Array(10).fill(200)]);
  assert.equal((await one.settled()).totals.page_views, 0);
  assert.equal((await other.settled()).totals.page_views, 10);
});

describe("a delivery counts once", () => {
  const bought = (visitor, revenue) => batch(visitor).at(-HOUR).view().after(SECOND).track("purchase", { revenue });
  const gross = ({ totals }) => totals.revenue[0]?.gross;

  test("that arrives twice", async () => {
    const site = await siteFor(on, { shards: 1 });
    await site.take(bought("ann", 5));
    const report = await site.report("", { fault: "twice" });
    assert.deepEqual([report.pending, gross(report), report.diagnostics], [0, "5.00", { accepted: 2 }]);
  });

  test("of which the site was down: until it is up, reports say that something is missing", async () => {
    const site = await siteFor(on, { shards: 1 });
    await site.take(bought("ann", 5));
    for (const waiting of [1, 2, 3]) {
      const report = await site.report("", { fault: "site-down" });
      assert.deepEqual([report.pending, gross(report)], [waiting, undefined]);
      await site.take(bought("ann", waiting));
    }
    const report = await site.report();
    assert.deepEqual([report.pending, gross(report), report.diagnostics], [0, "11.00", { accepted: 8 }]);
  });

  test("of which the later part arrives first", async () => {
    const site = await siteFor(on, { shards: 1 });
    for (const revenue of [1, 20, 300]) {
      await site.take(bought("ann", revenue));
      await site.report("", { fault: "site-down" });
    }
    const early = await site.report("", { fault: "reversed" });
    assert.deepEqual([early.pending, gross(early)], [2, "1.00"], "what cannot be applied yet is not acknowledged");
    assert.deepEqual(await Promise.all([site.settled(), site.settled()]).then((reports) => reports.map(gross)), ["321.00", "321.00"]);
  });

  test("whose acknowledgement is lost, again and again", async () => {
    const site = await siteFor(on, { shards: 1 });
    for (const revenue of [1, 20, 300]) {
      await site.take(bought("ann", revenue));
      assert.ok((await site.report("", { fault: "lost-answer" })).pending > 0, "what is not known to be there is not said to be");
    }
    const report = await site.report();
    assert.deepEqual([report.pending, gross(report)], [0, "321.00"]);
  });

  test("whose acknowledgement is lost with the power", async (t) => {
    const mortals = await mortal(t);
    const site = await siteFor(mortals, { shards: 2 });
    const now = () => siteOf(mortals, site.keys);
    const visitors = ["ann", "bob", "cyd", "dan"];
    for (const [round, fault] of ["lost-answer", "site-down", "twice"].entries()) {
      for (const visitor of visitors) await now().take(bought(visitor, 10 ** round));
      await now().report("", { fault });
      await mortals.die();
    }
    const report = await now().settled();
    assert.deepEqual([gross(report), report.diagnostics], ["444.00", { accepted: 24 }]);
  });

  test("whatever fault strikes between any two batches", async () => {
    const [site, calm] = [await siteFor(on, { shards: 3 }), await siteFor(on, { shards: 3 })];
    const random = generator(11);
    for (const event of timelines(random, HERO, { visitors: 12 })) {
      const one = batchOf(event.visitor, [event]);
      await Promise.all([site.take(one), calm.take(one)]);
      if (random.chance(0.3)) await site.report("", { fault: random.pick(["site-down", "twice", "reversed", "lost-answer"]) });
    }
    assert.deepEqual(figures(await site.settled()), figures(await calm.settled()));
  });
});

test("a report that says nothing is pending has everything that was acknowledged before it was asked for", async () => {
  const site = await siteFor(on, { shards: 3 });
  const waiting = Array.from({ length: 300 }, (_, place) => batch(`v${place % 20}`).track("step"));
  let acknowledged = 0;
  let settled = 0;
  const page = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await site.take(next);
      acknowledged += 1;
    }
  };
  const merchant = async (fault) => {
    while (waiting.length > 0) {
      const before = acknowledged;
      const { pending, totals } = await site.report("", { fault });
      if (pending === 0) assert.ok(totals.custom_events >= before, `${totals.custom_events} of ${before}`);
      settled += pending === 0 ? 1 : 0;
    }
  };
  await Promise.all([page(), page(), page(), merchant(), merchant(), merchant("lost-answer")]);
  assert.ok(settled > 0);
  assert.equal((await site.settled()).totals.custom_events, 300);
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

test("facts of more days and currencies than a row holds arrive whole, also when the power goes between rows", async (t) => {
  const mortals = await mortal(t);
  const site = await siteFor(mortals, { shards: 1 });
  const codes = "AED AUD BAM BBD BDT BGN BHD BRL BWP CAD CHF CLP CNY COP CRC CZK DKK DOP DZD EGP EUR GBP GEL GHS GTQ HKD HUF IDR ILS INR ISK JMD JOD JPY KES KRW KWD KZT LKR MAD MXN MYR NGN NOK NZD OMR PEN PHP PKR PLN QAR RON SAR SEK SGD THB TND TRY TWD USD UYU VND ZAR";
  const currencies = codes.split(" ");
  const rounds = 14;
  for (let round = 0; round < rounds; round += 1) {
    const now = NOW - (rounds - round) * 7 * 24 * HOUR;
    const visit = batch(`v${round}`, { now }).at(-6.5 * 24 * HOUR);
    for (let day = 0; day < 7; day += 1, visit.after(24 * HOUR)) {
      for (const currency of currencies) visit.track("purchase", { revenue: 1, currency });
    }
    const { events, visitor } = visit;
    for (const part of [events.slice(0, 200), events.slice(200)]) await siteOf(mortals, site.keys).take(batchOf(visitor, part, now), { now });
    if (round % 5 === 4) await mortals.die();
    if (round % 2 === 0) await siteOf(mortals, site.keys).report("", { fault: round % 4 ? "lost-answer" : undefined });
  }
  const { totals } = await siteOf(mortals, site.keys).settled("?days=120");
  assert.deepEqual(totals.revenue.map(({ currency, orders }) => [currency, orders]), currencies.map((currency) => [currency, 7 * rounds]));
});

test("without a reader, facts reach the site by an alarm, also after the power went", async (t) => {
  const mortals = await mortal(t, { FLUSH_AFTER_MS: "1500" });
  const site = await siteFor(mortals, { shards: 1 });
  await site.take(batch("ann").view());
  await mortals.die();
  const again = siteOf(mortals, site.keys);
  await until(() => again.meter("site"), ({ rows_written: rows }) => rows > 0);
  // Nothing is delivered for a reader while the site is down: what it sees came by itself.
  const { pending, totals } = await until(() => again.report("", { fault: "site-down" }), (report) => report.pending === 0);
  assert.deepEqual([pending, totals.page_views], [0, 1]);
});

test("an alarm that finds the site down rings again", async (t) => {
  const mortals = await mortal(t, { FLUSH_AFTER_MS: "50" });
  const site = await siteFor(mortals, { shards: 1 });
  for (let visit = 1; visit <= 5; visit += 1) {
    await site.take(batch("ann").view());
    await site.report("", { fault: visit % 2 ? "site-down" : "lost-answer" });
    const report = await until(() => site.report("", { fault: "site-down" }), ({ pending }) => pending === 0);
    assert.equal(report.totals.page_views, visit);
  }
});

test("figures are the same once they are folded into counters", async (t) => {
  const folding = await collectorFor(t, { vars: { FOLD_AFTER_MS: "0" } });
  const [site, calm] = [await siteFor(folding, { shards: 3 }), await siteFor(on, { shards: 3 })];
  for (const each of [site, calm]) await each.run(HERO, NOW - 6 * 24 * HOUR);
  const events = timelines(generator(5), HERO);
  let written = 0;
  for (const [visitor, own] of Map.groupBy(events, ({ visitor }) => visitor)) {
    for (const each of [site, calm]) await each.take(batchOf(visitor, own));
    await site.settled();
    // A delivery is one row; the fold that follows it writes more.
    const more = ({ rows_written: rows }) => rows > written + 1;
    written = (await until(() => site.meter("site"), more)).rows_written;
  }
  assert.deepEqual(figures(await site.settled()), figures(await calm.settled()));
});
