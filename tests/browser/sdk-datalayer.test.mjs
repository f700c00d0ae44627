// The bridge to `dataLayer`: what becomes an event, what does not, and what goes back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { errors, html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const CONFIG = { experiments: [{ key: "hero", variants: [["control", 0], ["b", 10_000]] }] };
const GTAG = "window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments); }";
const told = (site) => site.events().filter(({ name }) => name[0] !== "$").map(({ name, body }) => [name, body]);
const sent = (page) => page.evaluate(() => tributary.flush());

/** Runs `act` in a page with the bridge, once it is there; `before` is a script that comes before it. */
async function inPage(act, { before = "", attribute = "data-datalayer", config = CONFIG } = {}) {
  const site = on.site(config);
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/shop", html(`<script>${before}</script>${site.tag(attribute)}`)));
  // Whoever listens came after the bridge, which is asked for first.
  await page.evaluate(() => tributary.on("exposure", () => {}));
  const outcome = await page.evaluate(act);
  await sent(page);
  assert.deepEqual(await errors(page), []);
  await visitor.close();
  return { site, outcome };
}

test("gtag's calls and plain pushes become events, before and after the script is there", async () => {
  const { site } = await inPage(
    () => {
      dataLayer.push({ event: "add_to_cart", ecommerce: { currency: "EUR", value: 12, items: [{ item_id: "mug" }, { item_name: "Lamp" }] } });
      gtag("event", "begin_checkout", { currency: "EUR", value: 12 });
    },
    { before: `${GTAG} gtag("js", new Date()); gtag("config", "G-1"); gtag("event", "view_item", { items: [{ item_id: "mug" }] }); dataLayer.push({ event: "view_cart" });` },
  );
  assert.deepEqual(told(site), [
    ["view_item", { items: ["mug"] }],
    ["view_cart", {}],
    ["add_to_cart", { currency: "EUR", items: ["mug", "Lamp"], value: 12 }],
    ["begin_checkout", { currency: "EUR", value: 12 }],
  ]);
});

test("a purchase brings revenue, currency and order id, also where its value is a text; a refund its amount", async () => {
  const { site } = await inPage(() => {
    window.dataLayer.push({ event: "purchase", ecommerce: { transaction_id: "A-1", value: "99.90", currency: "USD", coupon: "SPRING" } });
    window.dataLayer.push({ event: "refund", ecommerce: { transaction_id: "A-1", value: 20, currency: "USD" } });
    window.dataLayer.push({ event: "refund", ecommerce: { transaction_id: "A-2" } });
  });
  assert.deepEqual(told(site), [
    ["purchase", { currency: "USD", coupon: "SPRING", order_id: "A-1", revenue: 99.9 }],
    ["refund", { currency: "USD", order_id: "A-1", amount: 20 }],
    ["refund", { order_id: "A-2" }],
  ]);
});

test("a refund of some items that says no amount, and one of no order, are not told: each would take back too much", async () => {
  const { site } = await inPage(() => {
    window.dataLayer.push({ event: "refund", ecommerce: { transaction_id: "A-1", items: [{ item_id: "mug" }] } });
    window.dataLayer.push({ event: "refund", ecommerce: { value: 5 } });
  });
  assert.deepEqual(told(site), []);
});

test("an order told by gtag and by push is one purchase", async () => {
  const { site } = await inPage(
    () => {
      gtag("event", "purchase", { transaction_id: "A-1", value: 5, currency: "EUR" });
      dataLayer.push({ event: "purchase", ecommerce: { transaction_id: "A-1", value: 5, currency: "EUR" } });
      gtag("event", "purchase", { value: 7 });
      dataLayer.push({ event: "purchase", value: 7 });
    },
    { before: GTAG },
  );
  assert.deepEqual(told(site).map(([, { order_id, revenue }]) => [order_id, revenue]), [["A-1", 5], [undefined, 7]]);
});

test("what was pushed without an event is of the next one, and of no other", async () => {
  const { site } = await inPage(() => {
    window.dataLayer.push({ ecommerce: { value: 3, currency: "EUR" } });
    window.dataLayer.push({ event: "add_to_cart" });
    window.dataLayer.push({ event: "view_cart" });
    window.dataLayer.push({ ecommerce: { value: 4 } });
    window.dataLayer.push({ ecommerce: null });
    window.dataLayer.push({ event: "begin_checkout" });
  });
  assert.deepEqual(told(site), [["add_to_cart", { currency: "EUR", value: 3 }], ["view_cart", {}], ["begin_checkout", {}]]);
});

test("a push that a tag manager replaces, wrapped or not, and another list in its place, are read each once", async () => {
  const { site } = await inPage(async () => {
    const wrapped = dataLayer.push;
    dataLayer.push = (...messages) => wrapped.apply(dataLayer, messages);
    dataLayer.push({ event: "add_to_cart", n: 1 });
    // One that never calls what was there.
    dataLayer.push = (...messages) => Array.prototype.push.apply(dataLayer, messages);
    dataLayer.push({ event: "view_cart" });
    document.body.click();
    await Promise.resolve();
    window.dataLayer = [{ event: "view_item" }];
    document.body.click();
    await Promise.resolve();
    dataLayer.push({ event: "begin_checkout" });
  }, { before: "window.dataLayer = [];" });
  assert.deepEqual(told(site).map(([name]) => name), ["add_to_cart", "view_cart", "view_item", "begin_checkout"]);
});

test("what is no event of a shop, and what cannot be read, is left alone and costs nothing", async () => {
  const { site, outcome } = await inPage(() => {
    const list = window.dataLayer;
    const trap = { get event() { throw new Error("of the page"); } };
    const results = [null, 5, "purchase", () => {}, ["event"], ["event", "purchase", 5], { event: "gtm.js" }, { event: "purchase", ecommerce: "none" }, trap];
    for (const message of results) list.push(message);
    list.push({ event: "add_to_cart" }, { event: "view_cart" });
    return list.length;
  });
  assert.equal(outcome, 11);
  assert.deepEqual(told(site), [["add_to_cart", {}], ["view_cart", {}]]);
});

test("exposures go out, as gtag's events where the page has it, and come back as nothing", async () => {
  const viewed = { experiment_id: "hero", variation_id: "b" };
  const plain = await inPage(async () => {
    // Told when the call is over.
    await tributary.getVariant("hero");
    return window.dataLayer.filter(({ event }) => event === "experiment_viewed");
  });
  assert.deepEqual(plain.outcome, [{ event: "experiment_viewed", ...viewed }]);
  const called = await inPage(
    async () => {
      await tributary.getVariant("hero");
      return dataLayer.map((message) => [...(message.length ? message : [])]);
    },
    { before: GTAG },
  );
  assert.deepEqual(called.outcome, [["event", "experiment_viewed", viewed]]);
  for (const { site } of [plain, called]) {
    assert.deepEqual(told(site), []);
    assert.equal(site.named("$exposure").length, 1);
  }
});

test("a list of another name is read where the tag names it", async () => {
  const { site } = await inPage(
    () => {
      window.shopLayer.push({ event: "add_to_cart" });
      (window.dataLayer ??= []).push({ event: "view_cart" });
    },
    { attribute: 'data-datalayer="shopLayer"' },
  );
  assert.deepEqual(told(site), [["add_to_cart", {}]]);
});

test("without being asked for there is no bridge, and nothing is fetched for it", async () => {
  const site = on.site(CONFIG);
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/unasked", html(`<script>${GTAG} gtag("event", "purchase", { value: 5 })</script>${site.tag()}`)));
  await sent(page);
  assert.deepEqual(told(site), []);
  const fetched = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => name.includes("/sdk/")));
  assert.deepEqual(fetched.filter((name) => name.endsWith("more.js")), []);
  await visitor.close();
});

test("what is pushed without consent is not told when consent comes", async () => {
  const site = on.site(CONFIG);
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/consent", html(site.tag('data-datalayer data-consent="required"'))));
  await page.evaluate(async () => {
    await tributary.on("exposure", () => {});
    window.dataLayer.push({ event: "add_to_cart" });
    tributary.consent(true);
    window.dataLayer.push({ event: "view_cart" });
    await tributary.flush();
  });
  assert.deepEqual(told(site).map(([name]) => name), ["view_cart"]);
  await visitor.close();
});

test("what is pushed as the page is left is told", async () => {
  const site = on.site(CONFIG);
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/leave", html(site.tag("data-datalayer"))));
  await page.evaluate(async () => {
    await tributary.on("exposure", () => {});
    addEventListener("pagehide", () => window.dataLayer.push({ event: "begin_checkout" }));
  });
  await page.goto("about:blank");
  await site.expect("begin_checkout");
  await visitor.close();
});

test("two scripts that both want to hear of a push last do not wrap each other for ever", async () => {
  const { site, outcome } = await inPage(async () => {
    let wraps = 0;
    for (let turn = 0; turn < 100; turn += 1) {
      const { push } = dataLayer;
      if (!push.ours) {
        wraps += 1;
        dataLayer.push = Object.assign((...messages) => push.apply(dataLayer, messages), { ours: true });
      }
      document.body.click();
      await Promise.resolve();
    }
    dataLayer.push({ event: "add_to_cart" });
    document.body.click();
    return wraps;
  }, { before: "window.dataLayer = [];" });
  assert.ok(outcome <= 21, `${outcome} times`);
  assert.deepEqual(told(site).map(([name]) => name), ["add_to_cart"]);
});
