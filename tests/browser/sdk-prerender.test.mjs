// A page that the browser prepares before anybody asks for it: one that is never shown leaves nothing behind.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { errors, html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const HERO = { experiments: [{ key: "hero", variants: [["control", 0], ["b", 10_000]] }] };
const HIDDEN = '<script>window.prerendering = true; Object.defineProperty(document, "prerendering", { get: () => window.prerendering })</script>';

/** Shows the page, sends what there is, and answers when it was shown. */
const show = (page) =>
  page.evaluate(async () => {
    const shown = Date.now();
    window.prerendering = false;
    document.dispatchEvent(new Event("prerenderingchange"));
    await tributary.flush();
    return shown;
  });

const kept = (page) => page.evaluate(() => [document.cookie, { ...localStorage }, { ...sessionStorage }]);
const names = (site) => site.events().map(({ name }) => name);

test("nothing counts in a prerendered page before it is shown, and then it happens at that time", async () => {
  const site = on.site(HERO);
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/prerendered", html(HIDDEN + site.tag())));
  assert.equal(await page.evaluate(() => tributary.getVariant("hero")), "b");
  await page.evaluate(() => {
    tributary.track("hidden");
    return tributary.flush();
  });
  assert.deepEqual(site.batches, []);
  const shown = await show(page);
  assert.deepEqual(names(site), ["$page_view", "$exposure", "hidden"]);
  for (const { at } of site.events()) assert.ok(at >= shown);
  await visitor.close();
});

/** Does what a page may do, and answers what its listeners have heard. */
const useAll = (page) =>
  page.evaluate(async () => {
    window.heard = [];
    for (const name of ["exposure", "assignment"]) await tributary.on(name, ({ variant }) => heard.push(name, variant));
    tributary.getVariant("hero");
    tributary.identify("crm-17");
    tributary.appeared("sale");
    tributary.consent(true);
    history.replaceState(null, "", "?tributary=");
    dispatchEvent(new Event("online"));
    document.dispatchEvent(new Event("visibilitychange"));
    await tributary.flush();
    await new Promise((turn) => setTimeout(turn));
    return heard;
  });

for (const [who, before] of [["a new visitor", false], ["one who was here before", true]]) {
  test(`of a prerendered page that is never shown nothing is kept, sent or told: ${who}`, async () => {
    const config = { ...HERO, hasCommunications: true, groups: [{ isCampaign: false, key: "welcome", communications: ["sale"] }] };
    const site = on.site(config);
    const visitor = await on.visitor();
    const page = await visitor.open(on.page("/before", html(before ? site.tag() : "")), { ready: before });
    if (before) await page.evaluate(() => tributary.flush());
    const [was, sent] = [await kept(page), site.batches.length];
    await page.goto(`${on.page("/never", html(HIDDEN + site.tag()))}?tributary=other:b`);
    await page.waitForFunction(() => window.tributary?.flush);
    assert.deepEqual(await useAll(page), []);
    await page.goto(on.page("/after", html("")));
    assert.deepEqual(await kept(page), was);
    assert.equal(site.batches.length, sent);
    await visitor.close();
  });
}

test("once it is shown all of that happens, in its order, and is told", async () => {
  const site = on.site({ ...HERO, hasCommunications: true });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/shown", html(HIDDEN + site.tag())));
  await useAll(page);
  await show(page);
  assert.deepEqual(names(site), ["$page_view", "$exposure", "$identify", "$appearance"]);
  await page.waitForFunction(() => window.heard.length === 4);
  assert.deepEqual(await page.evaluate(() => heard.toSorted()), ["assignment", "b", "b", "exposure"].toSorted());
  const [cookie, storage] = await kept(page);
  const [{ visitor: id }] = site.events();
  assert.ok(cookie.includes(id));
  assert.deepEqual([storage[`tributary.${site.key}.variant.hero`], storage[`tributary.${site.key}.profile`], storage[`tributary.${site.key}.consent`]], ["1 b", "crm-17", "1"]);
  assert.deepEqual(await errors(page), []);
  await visitor.close();
});

test("whoever became the visitor in another page meanwhile is the visitor of this one too", async () => {
  const site = on.site(HERO);
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/first", html(HIDDEN + site.tag())));
  await page.evaluate(() => tributary.getVariant("hero"));
  const other = await visitor.open(on.page("/second", html(site.tag())));
  await other.evaluate(() => tributary.flush());
  const [{ visitor: id }] = await site.expect("$page_view");
  // What another process wrote is seen here, too.
  await page.waitForFunction((id) => document.cookie.includes(id) && JSON.stringify({ ...localStorage }).includes(id), {}, id);
  await show(page);
  assert.deepEqual(names(site), ["$page_view", "$page_view", "$exposure"]);
  assert.deepEqual([...new Set(site.events().map(({ visitor }) => visitor))], [id]);
  await visitor.close();
});

test("what is tracked in it is of whom it named before, as in any page", async () => {
  const site = on.site({});
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/named", html(site.tag())));
  await page.evaluate(() => tributary.identify("crm-1"));
  await page.evaluate(() => tributary.flush());
  await page.goto(on.page("/shared", html(HIDDEN + site.tag())));
  await page.waitForFunction(() => window.tributary?.flush);
  await page.evaluate(() => {
    const cart = { items: 1 };
    tributary.track("looked", cart);
    cart.items = 2;
    tributary.identify("crm-2");
    tributary.track("bought");
  });
  await show(page);
  const [first, identified] = site.named("$identify").map((event) => event.visitor);
  assert.notEqual(first, identified);
  const [[looked], [bought]] = [site.named("looked"), site.named("bought")];
  assert.deepEqual([looked.visitor, looked.body, bought.visitor], [first, { items: 1 }, identified]);
  await visitor.close();
});

test("whoever refuses in it gets no id when it is shown, and is measured if they agree after that", async () => {
  const site = on.site(HERO);
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/refused", html(HIDDEN + site.tag())));
  await page.evaluate(() => {
    window.cookies = [];
    const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
    Object.defineProperty(document, "cookie", { get, set: (text) => (cookies.push(text), set.call(document, text)) });
    tributary.consent(false);
  });
  await show(page);
  assert.deepEqual(await page.evaluate(() => cookies.filter((text) => !text.includes("Max-Age=0"))), []);
  assert.deepEqual(site.batches, []);
  await page.evaluate(() => {
    tributary.consent(true);
    return tributary.flush();
  });
  assert.deepEqual(names(site), ["$page_view"]);
  await visitor.close();
});
