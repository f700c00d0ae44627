// What a report says of the events that were sent: the scenarios, days, money, and what must not show.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { generator } from "../../scripts/support/random.mjs";
import { DAY, HOUR, MINUTE, NOW, SECOND, TODAY, batch, batchOf } from "../support/batch.mjs";
import { figures, siteFor, visitorsWith } from "../support/site.mjs";
import { timelines } from "../support/timelines.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });

const HERO = {
  key: "hero",
  coverage: 0.8,
  variants: [{ key: "control" }, { key: "b" }],
  goals: [
    { key: "order", type: "revenue", event: "purchase" },
    { key: "bought", type: "custom_event", event: "purchase" },
    { key: "thanks", type: "page_view", operator: "starts_with", url: "/thanks" },
    { key: "cta", type: "click", selector: "#cta" },
    { key: "news", type: "form_submit", selector: "#news" },
  ],
};
const [CTA, NEWS] = [[1, 3], [1, 4]];
const [control, b, none] = ["control", "b", undefined].map((variant) => visitorsWith(variant, HERO, 20));

/** What a goal of the only experiment says of a variant, without what was asked for. */
const goalOf = ({ experiments: [hero] }, goal, variant) => {
  const { variant: _, ...said } = hero.goals.find(({ key }) => key === goal).variants.find((figures) => figures.variant === variant);
  return said;
};
const usd = (orders, gross, more = {}) => ({ currency: "USD", orders, gross, net: gross, ...more });
const day = (time) => new Date(time).toISOString().slice(0, 10);

test("scenario 6: an order that is sent again, or reported again, is one order", async () => {
  const site = await siteFor(on);
  const visit = batch("ann").at(-HOUR).click().after(5 * MINUTE).track("purchase", { revenue: 30, order_id: "A" });
  visit.after(MINUTE).track("purchase", { revenue: 30, order_id: "A" });
  visit.after(34 * MINUTE).track("purchase", { revenue: 45, order_id: "C" });
  await site.take(visit);
  assert.equal((await site.take(visit)).duplicate, 4);
  const { totals } = await site.settled();
  assert.deepEqual([totals.sessions, totals.revenue], [2, [usd(2, "75.00", { aov: "37.50" })]]);
});

test("scenario 8: what a visitor does after its first exposure is its variant's, each order once", async () => {
  const site = await siteFor(on);
  await site.run(HERO);
  const [v1, v2, v3] = [b[0], b[1], none[0]];
  const visit = batch(v1).at(-HOUR).track("purchase", { revenue: 99 }).after(MINUTE).exposure("hero", "b");
  for (let load = 0; load < 3; load += 1) visit.after(MINUTE).load().view();
  visit.after(MINUTE).track("purchase", { revenue: 40, order_id: "A" }).after(SECOND).track("purchase", { revenue: 40, order_id: "A" });
  await site.take(visit.after(MINUTE).track("purchase", { revenue: 60, order_id: "B" }));
  await site.take(batch(v2).at(-HOUR).view().exposure("hero", "b"));
  await site.take(batch(v3).at(-HOUR).view().track("purchase", { revenue: 10 }));
  const report = await site.settled();
  assert.deepEqual(goalOf(report, "order", "b"), {
    exposures: 2,
    conversions: 1,
    total_conversions: 2,
    conversion_rate: 0.5,
    revenue: [usd(2, "100.00", { aov: "50.00", per_visitor: "50.00" })],
  });
  assert.deepEqual(goalOf(report, "order", "control"), { exposures: 0, conversions: 0, total_conversions: 0, revenue: [usd(0, "0.00")] });
  assert.deepEqual(report.totals.revenue, [usd(4, "209.00", { aov: "52.25" })]);
});

describe("scenario 9: revenue that is no amount is a custom event and an order of value 0, and is told of", () => {
  const rows = [
    ["text", '{"revenue":"49.9"}'],
    ["a negative number", '{"revenue":-0.01}'],
    ["null", '{"revenue":null}'],
    ["true", '{"revenue":true}'],
    ["a list", '{"revenue":[49.9]}'],
    ["more than anyone has", '{"revenue":1e30}'],
    ["an unknown currency", '{"revenue":49.9,"currency":"QQQ"}'],
    ["a currency that is no text", '{"revenue":49.9,"currency":978}'],
  ];
  for (const [name, body] of rows) {
    test(name, async () => {
      const site = await siteFor(on, { shards: 1 });
      await site.run(HERO);
      const visit = batch(b[0]).at(-HOUR).exposure("hero", "b").after(MINUTE).track("purchase", "BODY");
      assert.equal((await site.take(JSON.stringify(visit).replace('"BODY"', body))).accepted, 2);
      const report = await site.settled();
      const rate = { exposures: 1, conversion_rate: 1, conversions: 1, total_conversions: 1 };
      assert.deepEqual(goalOf(report, "bought", "b"), { ...rate, revenue: [] });
      assert.deepEqual(goalOf(report, "order", "b"), { exposures: 1, conversion_rate: 0, conversions: 0, total_conversions: 0, revenue: [] });
      assert.deepEqual(report.totals.revenue, [usd(1, "0.00", { aov: "0.00" })]);
      assert.deepEqual(report.diagnostics, { accepted: 2, bad_revenue: 1 });
    });
  }
});

test("amounts are exact in the minor unit of their currency, and currencies are never added", async () => {
  const site = await siteFor(on, { currency: "JPY" });
  const orders = [
    ['{"revenue":500}', '{"revenue":99.5}', '{"revenue":0.4}'],
    ['{"revenue":1.234,"currency":"KWD"}', '{"revenue":1.0005,"currency":"kwd"}'],
    ['{"revenue":99.90,"currency":"USD"}', '{"revenue":0.30000000000000004,"currency":"USD"}', '{"revenue":1.005,"currency":"USD"}', '{"revenue":1e2,"currency":"USD"}'],
  ].flat();
  const visit = batch("ann").at(-HOUR);
  orders.forEach((_, place) => visit.track("purchase", `ORDER${place}`));
  await site.take(orders.reduce((text, order, place) => text.replace(`"ORDER${place}"`, order), JSON.stringify(visit)));
  const { totals, diagnostics } = await site.settled();
  assert.deepEqual(totals.revenue, [
    { currency: "JPY", orders: 3, gross: "600", net: "600", aov: "200" },
    { currency: "KWD", orders: 2, gross: "2.235", net: "2.235", aov: "1.118" },
    usd(4, "201.21", { aov: "50.30" }),
  ]);
  assert.deepEqual(diagnostics, { accepted: 9 });
});

test("each type of goal is met by its own events, from the first exposure on", async () => {
  const site = await siteFor(on);
  await site.run(HERO);
  const deeds = (visit) => visit.view("https://shop.example/thanks?order=1").click(CTA).submit(NEWS).track("purchase", { revenue: 5 });
  const visit = deeds(batch(control[0]).at(-HOUR)).after(MINUTE).exposure("hero", "control");
  await site.take(deeds(deeds(visit.after(MINUTE)).after(MINUTE)).click(NEWS).submit(CTA).view("https://shop.example/?to=/thanks"));
  const report = await site.settled();
  for (const { key } of HERO.goals) {
    const { exposures, conversions, total_conversions: total } = goalOf(report, key, "control");
    assert.deepEqual([exposures, conversions, total], [1, 1, 2], key);
  }
});

test("an exposure that the assignment does not give, or outside the run, counts as none and is told of", async () => {
  const site = await siteFor(on);
  const start = NOW - 2 * HOUR;
  await site.run(HERO, start);
  const at = (time) => time - NOW;
  const rows = [
    [b[0], "hero", "control", 1, start, "bad_assignment"],
    [none[0], "hero", "b", 1, start, "bad_assignment"],
    [b[1], "hero", "b", 2, start, "bad_assignment"],
    [b[2], "hero", "b", 0, start, "bad_assignment"],
    [b[3], "hero", "c", 1, start, "bad_assignment"],
    [b[4], "villain", "b", 1, start, "bad_assignment"],
    [b[5], "hero", "b", 1, start - 1, "not_running"],
    [b[6], "hero", "b", 1, start, undefined],
    [b[7], "hero", "b", 1, NOW - 1, undefined],
  ];
  for (const [visitor, experiment, variant, version, time] of rows) {
    const visit = batch(visitor).at(at(time)).exposure(experiment, variant, version).track("purchase", { revenue: 1 });
    assert.equal((await site.take(visit)).accepted, 2);
  }
  await site.call("POST", "/experiments/hero/stop");
  await site.take(batch(b[8]).at(0).exposure("hero", "b"));
  await site.take(batch(b[9]).at(-1).exposure("hero", "b").at(0).track("purchase", { revenue: 1 }));
  const report = await site.settled();
  const { exposures, conversions } = goalOf(report, "order", "b");
  assert.deepEqual([exposures, conversions, report.experiments[0].crossovers], [3, 2, 0]);
  const { bad_assignment: bad, not_running: out } = report.diagnostics;
  assert.deepEqual([bad, out], [6, 2]);
  assert.equal(report.totals.revenue[0].orders, 10);
});

test("an event counts once, however often and in whatever company it arrives", async () => {
  const site = await siteFor(on);
  const visit = batch("ann", { load: "p" }).at(-HOUR).view().after(SECOND).track("step").after(SECOND).track("purchase", { revenue: 5 });
  await site.take(batchOf("ann", visit.events.slice(1, 2)));
  assert.deepEqual([(await site.take(visit)).accepted, (await site.take(visit)).accepted], [2, 0]);
  const other = batch("ann", { load: "p" }).at(-HOUR).track("purchase", { revenue: 1_000_000 });
  assert.equal((await site.take(other)).duplicate, 1, "the first that has an id stands, whatever another says");
  const twice = batchOf("bob", [visit.events[0], visit.events[0]]);
  assert.deepEqual(await site.take(twice), { accepted: 1, duplicate: 1, refused: [], shift: 0 });
  const { totals, diagnostics } = await site.settled();
  assert.deepEqual([totals.page_views, totals.custom_events, totals.revenue[0].gross], [2, 2, "5.00"]);
  assert.deepEqual(diagnostics, { accepted: 4, duplicate: 6 });
});

describe("order, grouping, duplicates and the number of shards do not show", () => {
  for (const seed of [1, 2, 3]) {
    test(`in timeline ${seed}`, async () => {
      const events = timelines(generator(seed), HERO);
      const [straight, mixed] = [await siteFor(on, { shards: 1 }), await siteFor(on, { shards: 7 })];
      for (const site of [straight, mixed]) await site.run(HERO, NOW - 5 * DAY);
      for (const [visitor, own] of Map.groupBy(events, ({ visitor }) => visitor)) await straight.take(batchOf(visitor, own));
      const random = generator(seed + 100);
      const again = [...events, ...events.filter(() => random.chance(0.3))];
      const shuffled = again.map((event) => [random.next(), event]).sort(([one], [other]) => one - other).map(([, event]) => event);
      while (shuffled.length > 0) {
        const some = shuffled.splice(0, random.between(1, 12));
        const batches = Map.groupBy(some, ({ visitor }) => visitor);
        await Promise.all([...batches].map(([visitor, own]) => mixed.take(batchOf(visitor, own))));
        if (random.chance(0.2)) await mixed.report();
      }
      const expected = await straight.settled();
      assert.equal(expected.diagnostics.accepted, events.length);
      assert.ok(goalOf(expected, "order", "b").conversions > 2, "a timeline that shows something");
      assert.deepEqual(figures(await mixed.settled()), figures(expected));
      for (let ago = 0; ago < 6; ago += 1) {
        const that = `?from=${day(Date.parse(TODAY) - ago * DAY)}&to=${day(Date.parse(TODAY) - ago * DAY)}`;
        assert.deepEqual((await mixed.report(that)).totals, (await straight.report(that)).totals, that);
      }
    });
  }
});

describe("a day is a calendar day where the site is", () => {
  const rows = [
    // Zone, what day it is there, when that day began, when it is 23:59:59.900 there.
    ["Pacific/Chatham", "2026-01-10", "2026-01-09T10:15:00Z", "2026-01-10T10:14:59.900Z"],
    ["Asia/Kolkata", "2026-07-01", "2026-06-30T18:30:00Z", "2026-07-01T18:29:59.900Z"],
    ["America/St_Johns", "2026-07-01", "2026-07-01T02:30:00Z", "2026-07-02T02:29:59.900Z"],
    ["UTC", "2026-12-31", "2026-12-31T00:00:00Z", "2026-12-31T23:59:59.900Z"],
    ["America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T04:59:59.900Z"],
    ["Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z", "2026-04-24T20:59:59.900Z"],
  ];
  for (const [zone, today, began, end] of rows) {
    test(zone, async () => {
      const now = Date.parse(end);
      const site = await siteFor(on, { now, time_zone: zone });
      await site.run({ ...HERO, coverage: 1 }, now - 3 * DAY);
      const [ann] = visitorsWith("b", { ...HERO, coverage: 1 }, 1);
      const [yesterday, tomorrow] = [day(Date.parse(today) - DAY), day(Date.parse(today) + DAY)];
      await site.take(batch(ann, { now: Date.parse(began) }).at(-1).view().exposure("hero", "b").at(0).view().track("purchase", { revenue: 1 }), { now: Date.parse(began) });
      await site.take(batch("bob", { now }).view().at(100).view());
      const views = async (query, options) => (await site.settled(query, options)).totals.page_views;
      assert.equal(await views(`?from=${yesterday}&to=${yesterday}`), 1, "yesterday");
      assert.equal(await views("?days=1"), 2, "today");
      assert.equal(await views(`?from=${today}&to=${today}`), 2, "today by its name");
      assert.equal(await views("?days=1", { now: now + 100 }), 1, "tomorrow, once it is");
      assert.equal(await views(`?from=${yesterday}&to=${tomorrow}`), 4, "all");
      const { experiments, as_of_local: local } = await site.report("?by=day");
      assert.equal(local, `${today} 23:59:59`);
      const { days } = experiments[0].goals[0];
      const order = { currency: "USD", orders: [0, 1], gross: ["0.00", "1.00"], net: ["0.00", "1.00"] };
      assert.deepEqual(days, [
        { day: yesterday, exposures: [0, 1], conversions: [0, 0], total_conversions: [0, 0] },
        { day: today, exposures: [0, 0], conversions: [0, 1], total_conversions: [0, 1], revenue: [order] },
      ]);
    });
  }
});

test("the last 30 days are today and the 29 days before, and an experiment is told over its whole run", async () => {
  const site = await siteFor(on);
  await site.run(HERO, NOW - 40 * DAY);
  for (const ago of [0, 29, 30]) {
    const now = NOW - ago * DAY;
    await site.take(batch(b[ago % 20], { now, load: `p${ago}` }).view().exposure("hero", "b"), { now });
  }
  const report = await site.settled();
  assert.deepEqual([report.from, report.to, report.totals.page_views], ["2026-06-02", TODAY, 2]);
  assert.equal((await site.report("?days=31")).totals.page_views, 3);
  assert.equal((await site.report("?from=2026-06-01&to=2026-06-01")).totals.page_views, 1);
  assert.equal(report.experiments[0].variants[1].exposures, 3);
});

test("figures are told day by day when they are asked for", async () => {
  const site = await siteFor(on);
  await site.run(HERO, NOW - 60 * DAY);
  for (const ago of [50, 1]) {
    const now = NOW - ago * DAY;
    await site.take(batch(b[ago % 20], { now, load: `p${ago}` }).view().exposure("hero", "b").track("purchase", { revenue: 3 }), { now });
  }
  await site.settled();
  const plain = await site.report();
  assert.ok(!JSON.stringify(plain).includes('"days"'));
  const yesterday = day(NOW - DAY);
  const { days, experiments, totals } = await site.report("?by=day");
  assert.deepEqual(days.map((one) => [one.day, one.totals, one.diagnostics]), [[yesterday, totals, { accepted: 3 }]]);
  assert.deepEqual(experiments[0].days, [{ day: yesterday, exposures: [0, 1], crossovers: 0 }]);
  assert.equal(experiments[0].variants[1].exposures, 2, "an experiment is told over its whole run");
  const all = await site.report("?by=day&days=60");
  assert.deepEqual(all.experiments[0].days.map((one) => one.day), [day(NOW - 50 * DAY), yesterday]);
});

test("a range that is none is refused by its name", async () => {
  const site = await siteFor(on);
  for (const [query, field] of [["?days=0", "days"], ["?days=401", "days"], ["?days=x", "days"], ["?from=2026-13-01", "from"], ["?to=yesterday", "to"], ["?by=hour", "by"], ["?by=day&from=2020-01-01", "from"]]) {
    const { status, body } = await site.call("GET", `/report${query}`);
    assert.deepEqual([status, body.error?.code, body.error?.field], [400, "bad_field", field], query);
  }
});

test("what the collector's parts tell each other cannot be said from outside", async () => {
  const site = await siteFor(on);
  await site.take(batch("ann").view());
  const told = "?signed_in=1&pending=7&at=0&bot=1&fault=site-down";
  assert.equal((await site.call("GET", `/report${told}`, { key: undefined })).status, 401);
  const report = await site.settled(told);
  assert.deepEqual([report.pending, report.as_of, report.totals.page_views], [0, NOW, 1]);
  assert.equal((await site.call("POST", `/events${told}`, { key: undefined, body: batch("bob").view() })).status, 204);
});

test("two sites with the same visitor, order and event ids never mix", async () => {
  const sites = [await siteFor(on), await siteFor(on)];
  for (const [place, site] of sites.entries()) {
    await site.run(HERO);
    const visit = batch(b[0], { load: "p" }).at(-HOUR).exposure("hero", "b").after(1).track("purchase", { revenue: 10 + place, order_id: "A" });
    assert.equal((await site.take(visit)).accepted, 2);
  }
  for (const [place, site] of sites.entries()) {
    const report = await site.settled();
    assert.deepEqual(report.diagnostics, { accepted: 2 });
    assert.equal(report.totals.new_visitors, 1);
    assert.equal(goalOf(report, "order", "b").revenue[0].gross, `${10 + place}.00`);
  }
});
