// What a shard delivers is in its site's figures once, and a report says when something is still missing.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { generator } from "../../scripts/support/random.mjs";
import { HOUR, NOW, SECOND, batch, batchOf } from "../support/batch.mjs";
import { mortal, until } from "../support/mortal.mjs";
import { assigned, figures, siteFor } from "../support/site.mjs";
import { timelines } from "../support/timelines.mjs";
import { collectorFor } from "../support/workerd.mjs";

const HERO = {
  key: "hero",
  variants: [{ key: "control" }, { key: "b" }],
  goals: [{ key: "order", type: "revenue", event: "purchase" }, { key: "cta", type: "click", selector: "#cta" }],
};

const on = await collectorFor({ after });

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
    const visitors = ["ann", "bob", "cyd", "dan"];
    for (const [round, fault] of ["lost-answer", "site-down", "twice"].entries()) {
      for (const visitor of visitors) await site.take(bought(visitor, 10 ** round));
      await site.report("", { fault });
      await mortals.die();
    }
    const report = await site.settled();
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
    for (const part of [events.slice(0, 200), events.slice(200)]) await site.take(batchOf(visitor, part, now), { now });
    if (round % 5 === 4) await mortals.die();
    if (round % 2 === 0) await site.report("", { fault: round % 4 ? "lost-answer" : undefined });
  }
  const { totals } = await site.settled("?days=120");
  assert.deepEqual(totals.revenue.map(({ currency, orders }) => [currency, orders]), currencies.map((currency) => [currency, 7 * rounds]));
});

test("without a reader, facts reach the site by an alarm, also after the power went", async (t) => {
  const mortals = await mortal(t, { FLUSH_AFTER_MS: "1500" });
  const site = await siteFor(mortals, { shards: 1 });
  await site.take(batch("ann").view());
  await mortals.die();
  await until(() => site.meter("site"), ({ rows_written: rows }) => rows > 0);
  // Nothing is delivered for a reader while the site is down: what it sees came by itself.
  const { pending, totals } = await until(() => site.report("", { fault: "site-down" }), (report) => report.pending === 0);
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

// More than a megabyte of facts between two deliveries: more than any row could hold.
test("facts of every currency on every day of many experiments still arrive", async () => {
  const site = await siteFor(on, { shards: 1 });
  const keys = Array.from({ length: 45 }, (_, place) => `e${place}`);
  for (const key of keys) await site.run({ ...HERO, key }, NOW - 7 * 24 * HOUR);
  const exposed = batch("ann").at(-6 * 24 * HOUR);
  for (const key of keys) exposed.exposure(key, assigned("ann", { ...HERO, key }));
  await site.take(exposed);
  const currencies = Intl.supportedValuesOf("currency").slice(0, 150);
  let orders = 0;
  for (const day of [5, 4, 3, 2, 1]) {
    const bought = batch("ann").at(-day * 24 * HOUR);
    for (const currency of currencies) bought.track("purchase", { revenue: 1, currency });
    orders += (await site.take(bought)).accepted;
  }
  const report = await site.settled();
  assert.equal(report.totals.revenue.reduce((sum, revenue) => sum + revenue.orders, 0), orders);
  assert.equal(report.experiments.at(-1).goals[0].variants.reduce((sum, variant) => sum + variant.total_conversions, 0), orders - report.diagnostics.bad_revenue);
});
