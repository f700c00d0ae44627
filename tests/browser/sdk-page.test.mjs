// Page views, clicks and submits.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { can } from "./support/engine.mjs";
import { errors, html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const flush = (page) => page.evaluate(() => tributary.flush());

test("history navigation counts when the address is another, with the page before as its referrer", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const address = on.page("/spa", html(site.tag()));
  const page = await visitor.open(`${address}?q=secret`);
  await page.evaluate(async () => {
    history.pushState(null, "", "/spa/2");
    history.replaceState({ scroll: 1 }, "", "/spa/2");
    history.pushState(null, "", "/spa/2#part");
    history.replaceState(null, "", "/spa/3");
    await new Promise((resolve) => {
      addEventListener("popstate", resolve, { once: true });
      history.go(-2);
    });
    return tributary.flush();
  });
  const origin = new URL(address).origin;
  assert.deepEqual(site.named("$page_view").map(({ body }) => body), [
    { url: address },
    { url: `${origin}/spa/2`, referrer: address },
    { url: `${origin}/spa/3`, referrer: `${origin}/spa/2` },
    { url: address, referrer: `${origin}/spa/3` },
  ]);
  await visitor.close();
});

test("with data-hash-routes a route in the fragment is a page of its own, without its query; another fragment is no route", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const address = on.page("/hash", html(site.tag("data-hash-routes")));
  const page = await visitor.open(`${address}#/list`);
  await page.evaluate(async () => {
    for (const fragment of ["/list/2?token=secret", "top", "!/cart"]) {
      location.hash = fragment;
      await new Promise((resolve) => addEventListener("hashchange", resolve, { once: true }));
    }
    return tributary.flush();
  });
  const urls = site.named("$page_view").map(({ body }) => body.url);
  assert.deepEqual(urls, [`${address}#/list`, `${address}#/list/2`, address, `${address}#!/cart`]);
  await visitor.close();
});

test("an address that is too long for the collector is sent without its query, or as the beginning of its path", async () => {
  const site = on.site({ queryParameters: ["q"] });
  const visitor = await on.visitor();
  const address = on.page("/long", html(site.tag()));
  const page = await visitor.open(address);
  await page.evaluate(() => {
    history.pushState(null, "", `/long?q=${"x".repeat(3_000)}`);
    history.pushState(null, "", `/long/${"x".repeat(3_000)}?q=1`);
    return tributary.flush();
  });
  const urls = site.named("$page_view").map(({ body }) => body.url);
  assert.deepEqual(urls, [address, address, `${address}/${"x".repeat(3_000)}`.slice(0, 2_048)]);
  await visitor.close();
});

test("the referrer of a first load has no query", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const to = on.page("/to", html(`${site.tag()}<meta name="referrer" content="unsafe-url">`));
  const from = on.page("/from", html('<meta name="referrer" content="unsafe-url">', `<a href="${to}">on</a>`));
  const page = await visitor.open(`${from}?token=secret`, { ready: false });
  await page.click("a");
  const [view] = await site.expect("$page_view");
  assert.deepEqual(view.body, { url: to, referrer: from });
  await visitor.close();
});

if (can("back/forward cache")) {
  test("a page out of the back/forward cache is a page view of the same load", async () => {
    const site = on.site();
    const visitor = await on.visitor();
    const address = on.page("/cached", html(site.tag()));
    const page = await visitor.open(address);
    await flush(page);
    await page.evaluate(() => (window.same = true));
    await page.goto(on.page("/elsewhere", html("")));
    await page.goBack();
    assert.equal(await page.evaluate(() => window.same), true, "the browser did not cache the page");
    await flush(page);
    const views = site.named("$page_view");
    assert.equal(views.length, 2);
    assert.equal(views[0].load, views[1].load);
    await visitor.close();
  });
}

const GOALS = {
  clicks: [
    { goal: 0, selector: ".buy" },
    { goal: 1, selector: "[[not a selector" },
    { experiment: 2, goal: 2, selector: "main .buy, .wish" },
  ],
  submits: [{ goal: 3, selector: "#order" }],
};

test("a click meets the goals of its target and its ancestors, through open shadow roots, whenever they came", async () => {
  const site = on.site(GOALS);
  const visitor = await on.visitor();
  const body = `<main></main><p id="other">other</p><closed-box class="buy"></closed-box>`;
  const page = await visitor.open(on.page("/click", html(site.tag(), body)));
  await page.evaluate(() => {
    document.querySelector("main").innerHTML = '<button class="buy"><b>Buy</b></button><open-box></open-box>';
    const open = document.querySelector("open-box").attachShadow({ mode: "open" });
    open.innerHTML = '<span class="wish"><i>Wish</i></span>';
    document.querySelector("closed-box").attachShadow({ mode: "closed" }).innerHTML = "<u>Closed</u>";
  });
  await page.click(".buy b");
  await page.click("#other");
  await page.click("open-box");
  await page.click("closed-box");
  await flush(page);
  assert.deepEqual(site.named("$click").map(({ body }) => body.goals), [[[1, 0], [2, 2]], [[2, 2]], [[1, 0]]]);
  assert.deepEqual(await errors(page), []);
  await visitor.close();
});

test("a click is measured whatever the page has under the name `matches`, and so is all that follows", async () => {
  const site = on.site(GOALS);
  const visitor = await on.visitor();
  const body = '<form id="order"><input name="matches"><button class="buy">Buy</button></form><div id="matches"></div>';
  const page = await visitor.open(on.page("/matches", html(site.tag(), body)));
  await page.evaluate(() => {
    document.forms[0].addEventListener("submit", (event) => event.preventDefault());
    Element.prototype.matches = () => {
      throw new Error("no");
    };
  });
  await page.click("button");
  await page.evaluate(() => {
    window.matches = "text";
    tributary.track("after");
  });
  await page.click("button");
  await flush(page);
  assert.deepEqual(site.events().map(({ name }) => name), [
    "$page_view", "$click", "$form_submit", "after", "$click", "$form_submit",
  ]);
  assert.deepEqual(await errors(page), []);
  await visitor.close();
});

test("a handler that stops the click does not hide it", async () => {
  const site = on.site(GOALS);
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/stopped", html(site.tag(), '<button class="buy">Buy</button>')));
  await page.evaluate(() => addEventListener("click", (event) => event.stopImmediatePropagation(), true));
  await page.click(".buy");
  await flush(page);
  assert.equal(site.named("$click").length, 1);
  await visitor.close();
});

test("a submit counts when the browser fires it: not for an invalid form, not for one that a script pretends", async () => {
  const site = on.site(GOALS);
  const visitor = await on.visitor();
  const body = '<form id="order" onsubmit="return false"><input name="mail" required><button>Order</button></form>';
  const page = await visitor.open(on.page("/submit", html(site.tag(), body)));
  await page.click("button");
  await page.evaluate(() => document.forms[0].dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
  await flush(page);
  assert.equal(site.named("$form_submit").length, 0);
  await page.type("input", "a@b.c");
  await page.click("button");
  await flush(page);
  assert.deepEqual(site.named("$form_submit").map(({ body }) => body), [{ goals: [[1, 3]] }]);
  await visitor.close();
});
