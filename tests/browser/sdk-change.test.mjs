// Variants that the configuration describes: what becomes of elements, on which pages, and when that is an exposure.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { errors, html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const all = (variant) => [{ key: "hero", variants: [["control", variant === "control" ? 10_000 : 0], ["b", variant === "b" ? 10_000 : 0], ["c", variant === "c" ? 10_000 : 0]] }];
/** A machine that is busy elsewhere must not be too late. */
const PATIENT = 'data-timeout="60000"';
const [TEXT, HTML, ATTRIBUTE, CLASS, STYLE, MOVE, REDIRECT] = [0, 1, 2, 3, 4, 5, 6];
const [EQUALS, CONTAINS, STARTS_WITH, REGEX] = [0, 1, 2, 3];

async function opened(changes, body, { variant = "b", others = [], attributes = PATIENT, path } = {}) {
  const site = on.site({ experiments: all(variant), changes: [["hero", [["b", changes], ...others]]] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page(path ?? `/${site.key}`, html(site.tag(attributes), body)));
  return { site, visitor, page, until: (look, ...values) => page.waitForFunction(look, {}, ...values) };
}

async function exposures({ page, site }) {
  await page.evaluate(() => tributary.flush());
  return site.named("$exposure").map(({ body }) => body.variant);
}

const bodyOf = (page) => page.evaluate(() => document.getElementById("body").innerHTML);
const inBody = (content) => `<div id="body">${content}</div>`;

for (const [name, change, before, expected] of [
  ["a text", [TEXT, "h1", null, "Sale & <b>more</b>"], "<h1>Old</h1>", "<h1>Sale &amp; &lt;b&gt;more&lt;/b&gt;</h1>"],
  ["a text in place of elements", [TEXT, "h1", null, "Sale"], "<h1><i>Old</i> one</h1>", "<h1>Sale</h1>"],
  ["content", [HTML, "h1", null, "<i>Sale</i>!"], "<h1>Old</h1>", "<h1><i>Sale</i>!</h1>"],
  ["an attribute", [ATTRIBUTE, "a", null, "href", "/sale"], '<a href="/old">go</a>', '<a href="/sale">go</a>'],
  ["an attribute that goes", [ATTRIBUTE, "a", null, "hidden", null], '<a hidden="">go</a>', "<a>go</a>"],
  ["classes", [CLASS, "a", null, ["big", "new"], ["small"]], '<a class="small new">go</a>', '<a class="new big">go</a>'],
  ["a style", [STYLE, "a", null, "color", "red !important"], "<a>go</a>", '<a style="color: red !important;">go</a>'],
  ["a place", [MOVE, ".price", null, "ul", "prepend"], '<ul><li>a</li></ul><li class="price">1</li><li class="price">2</li>', '<ul><li class="price">1</li><li class="price">2</li><li>a</li></ul>'],
]) {
  test(`${name} is changed wherever it is, stays so, and is as before when it is taken back`, async () => {
    const opening = await opened([change], inBody(before));
    const { page } = opening;
    await opening.until((expected) => document.getElementById("body")?.innerHTML === expected, expected);
    assert.deepEqual(await exposures(opening), ["b"]);
    await page.evaluate(() => document.body.append("a change elsewhere") ?? new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.equal(await bodyOf(page), expected);
    await page.evaluate(() => tributary.consent(false));
    const restored = await bodyOf(page);
    assert.equal(restored.replace(' style=""', "").replace('"new small"', '"small new"'), before);
    assert.deepEqual(await errors(page), []);
    await opening.visitor.close();
  });
}

test("the control group is exposed at the same elements, and changed nowhere", async () => {
  const opening = await opened([[TEXT, "h1", null, "Sale"]], inBody("<h1>Old</h1>"), { variant: "control" });
  await opening.until(() => document.getElementById("body"));
  assert.deepEqual(await exposures(opening), ["control"]);
  assert.equal(await bodyOf(opening.page), "<h1>Old</h1>");
  await opening.visitor.close();
});

test("so is a variant where only another one would change something", async () => {
  const opening = await opened([[TEXT, "h1", null, "Sale"]], inBody("<h1>Old</h1>"), { variant: "c", others: [["c", [[TEXT, "h6", null, "C"]]]] });
  assert.deepEqual(await exposures(opening), ["c"]);
  await opening.visitor.close();
});

test("where no variant would change anything nobody is exposed, until an element comes that one changes", async () => {
  const opening = await opened([[TEXT, ".late", null, "Sale"]], inBody("<h1>Old</h1>"));
  assert.deepEqual(await exposures(opening), []);
  await opening.page.evaluate(() => document.body.insertAdjacentHTML("beforeend", '<p class="late">Old</p>'));
  await opening.until(() => document.querySelector(".late").textContent === "Sale");
  assert.deepEqual(await exposures(opening), ["b"]);
  await opening.visitor.close();
});

test("what a framework renders anew, or writes again, is changed again before it is painted", async () => {
  const opening = await opened([[TEXT, "h1", null, "Sale"], [CLASS, "h1", null, ["big"], []]], inBody("<h1>Old</h1>"));
  await opening.until(() => document.querySelector("h1").textContent === "Sale");
  const seen = await opening.page.evaluate(async () => {
    const seen = [];
    const framed = (act) => new Promise((done) => requestAnimationFrame(() => (act(), requestAnimationFrame(() => done(seen.push(document.querySelector("h1").outerHTML))))));
    await framed(() => (document.querySelector("h1").firstChild.data = "Written"));
    await framed(() => (document.querySelector("h1").className = ""));
    await framed(() => (document.getElementById("body").innerHTML = "<h1>Rendered</h1>"));
    return seen;
  });
  assert.deepEqual(seen, Array(3).fill('<h1 class="big">Sale</h1>'));
  assert.deepEqual(await exposures(opening), ["b"]);
  await opening.visitor.close();
});

test("changes of certain pages come and go with the address, and each page view exposes anew", async () => {
  const opening = await opened([[TEXT, "h1", [STARTS_WITH, "/sale"], "Sale"]], inBody("<h1>Old</h1>"));
  const text = () => opening.page.evaluate(() => document.querySelector("h1").textContent);
  const go = (path) => opening.page.evaluate((path) => history.pushState(null, "", path), path);
  assert.deepEqual([await text(), await exposures(opening)], ["Old", []]);
  await go("/sale/1");
  assert.deepEqual([await text(), await exposures(opening)], ["Sale", ["b"]]);
  await go("/other");
  assert.deepEqual([await text(), await exposures(opening)], ["Old", ["b"]]);
  await go("/sale/2");
  assert.deepEqual([await text(), await exposures(opening)], ["Sale", ["b", "b"]]);
  await opening.visitor.close();
});

test("without consent what everybody gets of an experiment that is over comes and goes with the address, too", async () => {
  const over = { key: "hero", seed: "", version: 0, variants: [["b", 10_000]] };
  const site = on.site({ experiments: [over], changes: [["hero", [["b", [[TEXT, "h1", [STARTS_WITH, "/sale"], "Sale"]]]]]] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/over-asking", html(site.tag(`${PATIENT} data-consent="required"`), "<h1>Old</h1>")));
  const textAt = (path) =>
    page.evaluate((path) => {
      history.pushState(null, "", path);
      return document.querySelector("h1").textContent;
    }, path);
  assert.deepEqual([await textAt("/sale"), await textAt("/other")], ["Sale", "Old"]);
  assert.deepEqual(site.batches, []);
  await visitor.close();
});

test("pages are compared as goals compare them, with the allowed query parameters only", async () => {
  const found = [[EQUALS, "/page?q=1"], [CONTAINS, "page?q"], [REGEX, "/page\\?q=\\d$"], [CONTAINS, "127.0.0.1"], [EQUALS, "/page"], [REGEX, "("], [CONTAINS, "secret"]];
  const changes = found.map((page, index) => [CLASS, "h1", page, [`c${index}`], []]);
  const site = on.site({ queryParameters: ["q"], experiments: all("b"), changes: [["hero", [["b", changes]]]] });
  const visitor = await on.visitor();
  const page = await visitor.open(`${on.page("/page", html(site.tag(PATIENT), "<h1>Old</h1>"))}?secret=1&q=1#part`);
  await page.waitForFunction(() => document.querySelector("h1").className);
  assert.equal(await page.evaluate(() => document.querySelector("h1").className), "c0 c1 c2 c3");
  await visitor.close();
});

test("what moves to a place that comes later moves when it is there, and exposes nobody before", async () => {
  const opening = await opened([[MOVE, ".price", null, ".late", "append"]], inBody('<p class="price">1</p>'));
  assert.deepEqual(await exposures(opening), []);
  await opening.page.evaluate(() => document.getElementById("body").insertAdjacentHTML("beforeend", '<div class="late"></div>'));
  await opening.until(() => document.querySelector(".late > .price"));
  assert.deepEqual(await exposures(opening), ["b"]);
  await opening.visitor.close();
});

test("a selector that the browser does not understand changes nothing and exposes nobody", async () => {
  const opening = await opened([[TEXT, "h1:no-such-thing", null, "Sale"]], inBody("<h1>Old</h1>"));
  assert.deepEqual(await exposures(opening), []);
  await opening.visitor.close();
});

for (const [variant, end] of [["b", "/landing"], ["control", "/start"]]) {
  test(`a redirect exposes on the page that it leaves: ${variant} ends at ${end}`, async () => {
    const site = on.site({ experiments: all(variant), changes: [["hero", [["b", [[REDIRECT, "", [EQUALS, `/start`], "/landing?from=b"]]]]]] });
    const visitor = await on.visitor();
    on.page("/landing", html(site.tag(PATIENT), "<p>Landing</p>"));
    const page = await visitor.open(on.page("/start", html(site.tag(PATIENT), "<p>Start</p>")), { ready: false });
    const address = end === "/landing" ? "/landing?from=b" : "/start";
    await page.waitForFunction((address) => location.pathname + location.search === address && window.tributary?.flush && document.readyState === "complete", {}, address);
    await page.evaluate(() => tributary.flush());
    const [exposure] = await site.expect("$exposure");
    assert.equal(exposure.body.variant, variant);
    const views = await site.expect("$page_view", variant === "b" ? 2 : 1);
    const left = views.find(({ load }) => load === exposure.load);
    assert.match(left.body.url, /\/start$/);
    await visitor.close();
  });
}

test("a redirect keeps the query, and ends where it leads", async () => {
  const site = on.site({ experiments: all("b"), changes: [["hero", [["b", [[REDIRECT, "", [CONTAINS, "/again"], "/again?v=b"]]]]]] });
  const visitor = await on.visitor();
  const page = await visitor.open(`${on.page("/again", html(site.tag(PATIENT), "<p>Again</p>"))}?utm_source=mail`, { ready: false });
  await page.waitForFunction(() => location.search === "?v=b&utm_source=mail" && window.tributary?.flush && document.readyState === "complete");
  assert.equal(await page.evaluate(() => document.documentElement.style.visibility), "");
  await visitor.close();
});

test("a redirect keeps a parameter as often as it was there", async () => {
  const site = on.site({ experiments: all("b"), changes: [["hero", [["b", [[REDIRECT, "", [EQUALS, "/often"], "/often-b?v=b"]]]]]] });
  const visitor = await on.visitor();
  on.page("/often-b", html(site.tag(PATIENT), "<p>B</p>"));
  const page = await visitor.open(`${on.page("/often", html(site.tag(PATIENT), "<p>A</p>"))}?f=1&f=2`, { ready: false });
  await page.waitForFunction(() => location.pathname === "/often-b" && window.tributary?.flush && document.readyState === "complete");
  assert.equal(await page.evaluate(() => location.search), "?v=b&f=1&f=2");
  await visitor.close();
});

test("who is at the target already is not sent there again, however the query is written", async () => {
  const site = on.site({ experiments: all("b"), changes: [["hero", [["b", [[REDIRECT, "", [CONTAINS, "/there"], "/there?v=b"]]]]]] });
  const visitor = await on.visitor();
  const page = await visitor.open(`${on.page("/there", html(site.tag(PATIENT), "<p>There</p>"))}?flag&q=a%20b&v=b`);
  await page.evaluate(() => tributary.flush());
  assert.equal(await page.evaluate(() => location.search), "?flag&q=a%20b&v=b");
  assert.deepEqual(site.named("$exposure"), []);
  await visitor.close();
});

test("a redirect to another fragment of the page hides nothing for longer than that takes", async () => {
  const site = on.site({ experiments: all("b"), changes: [["hero", [["b", [[REDIRECT, "", [EQUALS, "/fragment"], "/fragment#b"]]]]]] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/whole", html(site.tag(PATIENT), "<p>A</p>")));
  const shown = await page.evaluate(() => {
    history.pushState(null, "", "/fragment");
    // Heard of after the script, which listens since it left.
    return new Promise((done) => addEventListener("hashchange", () => done([location.hash, document.documentElement.style.visibility])));
  });
  assert.deepEqual(shown, ["#b", ""]);
  await visitor.close();
});
