// What a page tells by itself and by track().

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { errors, html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

test("a first load is one page view, with the address cut to what may leave the page", async () => {
  const site = on.site({ queryParameters: ["utm_source"] });
  const visitor = await on.visitor();
  const address = on.page("/first", html(site.tag()));
  await visitor.open(`${address}?email=a@b.c&utm_source=news#top`);
  const [view] = await site.expect("$page_view");
  assert.deepEqual(view.body, { url: `${address}?utm_source=news` });
  await visitor.close();
});

test("track() keeps the time and the properties of the moment of the call", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/track", html(site.tag())));
  const [from, to] = await page.evaluate(() => {
    const from = Date.now();
    const order = { revenue: 99.9, currency: "USD", order_id: "A-1", note: 'né "💧"\n' };
    tributary.track("purchase", order);
    const to = Date.now();
    order.revenue = 0;
    return [from, to];
  });
  const [event] = await site.expect("purchase");
  assert.deepEqual(event.body, { revenue: 99.9, currency: "USD", order_id: "A-1", note: 'né "💧"\n' });
  assert.ok(from <= event.at && event.at <= to);
  await visitor.close();
});

test("a batch is plain text without the collector's cookies, and its visitor is the one in cookie and storage", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/batch", html(site.tag())));
  await page.evaluate(() => tributary.flush());
  const [batch] = site.batches;
  assert.match(batch.type, /^text\/plain/);
  assert.equal(batch.cookie, undefined);
  assert.equal(batch.automated, true);
  assert.equal(batch.shift, 0);
  assert.match(batch.visitor, /^[\w-]{22}$/);
  const kept = await page.evaluate(() => [document.cookie, ...Object.values(localStorage)].join(" "));
  assert.equal(kept.split(batch.visitor).length - 1, 2);
  await visitor.close();
});

test("a hundred tracks in a turn take at most two requests, each of at most 16 KB", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/hundred", html(site.tag())));
  await page.evaluate(() => tributary.flush());
  site.batches.length = 0;
  await page.evaluate(() => {
    for (let i = 0; i < 100; i++) tributary.track("step", { uid: `bx${i}`, plan: "pro", page: "/pricing", cta: "start-trial", value: i });
    return tributary.flush();
  });
  const steps = site.named("step");
  assert.deepEqual(steps.map(({ body }) => body.value), Array.from({ length: 100 }, (_, i) => i));
  assert.ok(site.batches.length <= 2, `${site.batches.length} requests`);
  for (const { bytes } of site.batches) assert.ok(bytes <= 16_384, `${bytes} bytes`);
  await visitor.close();
});

test("more than a batch holds travels in several, and nothing is lost", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/many", html(site.tag())));
  await page.evaluate(() => {
    for (let i = 0; i < 100; i++) tributary.track("big", { i, text: "x".repeat(2_000) });
    return tributary.flush();
  });
  assert.equal(site.named("big").length, 100);
  for (const { bytes } of site.batches) assert.ok(bytes <= 16_384, `${bytes} bytes`);
  await visitor.close();
});

test("properties that are too large cost themselves, but no order", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/large", html(site.tag())));
  await page.evaluate(() => {
    const order = { revenue: 99.9, currency: "USD", order_id: "A-1" };
    tributary.track("fits", { text: "x".repeat(8_181) });
    tributary.track("purchase", { ...order, basket: "é".repeat(5_000) });
    tributary.track("purchase", { ...order, order_id: "x".repeat(9_000) });
    tributary.track("large", { text: "x".repeat(9_000) });
    return tributary.flush();
  });
  const tracked = site.events().filter(({ name }) => name !== "$page_view");
  assert.equal(tracked.shift().body.text.length, 8_181);
  assert.deepEqual(tracked.map(({ name, body }) => [name, body]), [
    ["purchase", { revenue: 99.9, currency: "USD", order_id: "A-1" }],
    ["purchase", { revenue: 99.9, currency: "USD" }],
    ["large", {}],
  ]);
  await visitor.close();
});

test("what cannot be JSON costs its properties, not the event; reserved and empty names are nothing", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/odd", html(site.tag())));
  await page.evaluate(() => {
    const loop = {};
    loop.loop = loop;
    tributary.track("loop", loop);
    tributary.track("list", [1]);
    tributary.track("bare");
    tributary.track("$click", { goals: [[1, 0]] });
    tributary.track("");
    tributary.track();
    return tributary.flush();
  });
  const tracked = site.events().filter(({ name }) => name !== "$page_view");
  assert.deepEqual(tracked.map(({ name, body }) => [name, body]), [["loop", {}], ["list", {}], ["bare", {}]]);
  assert.deepEqual(await errors(page), []);
  await visitor.close();
});

test("the names of the API are window.tributary and the tag's data-global", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/global", html(site.tag('data-global="ttoolab"'))));
  assert.equal(await page.evaluate(() => window.ttoolab === window.tributary), true);
  await visitor.close();
});

test("loaded twice counts once", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/twice", html(site.tag() + site.tag('data-global="second"'))));
  await page.waitForFunction(() => window.second === window.tributary);
  await page.evaluate(() => tributary.flush());
  assert.equal(site.named("$page_view").length, 1);
  await visitor.close();
});
