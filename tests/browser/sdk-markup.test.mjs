// Variants that the markup holds: what is shown, what is exposed, and when neither is.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { errors, html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const hero = (weights) => ({ key: "hero", variants: weights });
const ALL_B = hero([["control", 0], ["b", 10_000]]);
const ALL_CONTROL = hero([["control", 10_000], ["b", 0]]);
const ALL_C = hero([["control", 0], ["b", 0], ["c", 10_000]]);
/** A machine that is busy elsewhere must not be too late. */
const PATIENT = 'data-timeout="60000"';

const template = (variant, content, key = "hero") => `<template data-trib-experiment="${key}" data-trib-variant="${variant}">${content}</template>`;
const PLACE = `<div id="place">${template("b", "<h1>B</h1>")}${template("c", "<h1>C</h1>")}<h1>Control</h1><p>more</p></div>`;

async function opened(experiments, body, { head = "", attributes = PATIENT } = {}) {
  const site = on.site({ experiments });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page(`/${site.key}`, html(site.tag(attributes) + head, body)));
  const shown = () => page.evaluate(() => [...document.querySelectorAll("#place, .place")].map((place) => place.textContent.trim()));
  return { site, visitor, page, shown };
}

async function exposures({ page, site }) {
  await page.evaluate(() => tributary.flush());
  return site.named("$exposure").map(({ body }) => [body.experiment, body.variant]);
}

for (const [name, experiment, text, variant] of [
  ["the content of its template", ALL_B, "B", "b"],
  ["that of another variant's, which stands beside it", ALL_C, "C", "c"],
  ["what stands there, as control", ALL_CONTROL, "Controlmore", "control"],
]) {
  test(`a visitor sees ${name}, and is exposed`, async () => {
    const opening = await opened([experiment], PLACE);
    await opening.page.waitForFunction((text) => document.getElementById("place").textContent.trim() === text, {}, text);
    assert.deepEqual(await exposures(opening), [["hero", variant]]);
    assert.deepEqual(await errors(opening.page), []);
    await opening.visitor.close();
  });
}

test("whoever is in no experiment sees control and is not exposed", async () => {
  const opening = await opened([{ ...ALL_B, coverage: 0 }], PLACE);
  assert.deepEqual(await opening.shown(), ["Controlmore"]);
  assert.deepEqual(await exposures(opening), []);
  await opening.visitor.close();
});

test("another visitor in the same page view, who sees the variant too, is exposed too", async () => {
  const opening = await opened([ALL_B], PLACE);
  await opening.page.evaluate(() => tributary.clear());
  assert.deepEqual(await opening.shown(), ["B"]);
  assert.deepEqual(await exposures(opening), [["hero", "b"], ["hero", "b"]]);
  assert.equal(new Set(opening.site.named("$exposure").map(({ visitor }) => visitor)).size, 2);
  await opening.visitor.close();
});

test("several places of an experiment are one exposure", async () => {
  const place = (text) => `<div class="place">${template("b", text)}control</div>`;
  const opening = await opened([ALL_B], place("one") + place("two"));
  await opening.page.waitForFunction(() => [...document.querySelectorAll(".place")].every(({ textContent }) => textContent !== "control"));
  assert.deepEqual(await opening.shown(), ["one", "two"]);
  assert.deepEqual(await exposures(opening), [["hero", "b"]]);
  await opening.visitor.close();
});

test("a place is of the experiment that its first template names", async () => {
  const other = { key: "other", variants: [["control", 0], ["b", 10_000]] };
  const body = `<div id="place">${template("b", "hero")}${template("b", "other", "other")}control</div>`;
  const opening = await opened([ALL_B, other], body);
  await opening.page.waitForFunction(() => document.getElementById("place").textContent === "hero");
  assert.deepEqual(await exposures(opening), [["hero", "b"]]);
  await opening.visitor.close();
});

test("a page without a template of the experiment exposes nobody, and one that comes later does", async () => {
  const opening = await opened([ALL_B], "<p>A page</p>");
  assert.deepEqual(await exposures(opening), []);
  await opening.page.evaluate((place) => document.body.insertAdjacentHTML("beforeend", place), PLACE);
  await opening.page.waitForFunction(() => document.getElementById("place").textContent === "B");
  assert.deepEqual(await exposures(opening), [["hero", "b"]]);
  await opening.visitor.close();
});

test("what a framework renders anew is given anew, and what the page takes out of a variant stays out", async () => {
  const opening = await opened([ALL_B], PLACE);
  await opening.page.waitForFunction(() => document.getElementById("place").textContent === "B");
  await opening.page.evaluate(() => document.querySelector("#place h1").remove());
  await opening.page.evaluate(() => new Promise(requestAnimationFrame));
  assert.deepEqual(await opening.shown(), [""]);
  await opening.page.evaluate((place) => (document.body.innerHTML = place), PLACE);
  await opening.page.waitForFunction(() => document.getElementById("place").textContent === "B");
  await opening.visitor.close();
});

test("a page view of history navigation exposes again what it still shows", async () => {
  const opening = await opened([ALL_B], PLACE);
  await opening.page.waitForFunction(() => document.getElementById("place").textContent === "B");
  await opening.page.evaluate(() => history.pushState(null, "", "/another"));
  assert.equal((await exposures(opening)).length, 2);
  await opening.visitor.close();
});

const painted = (page) => page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);

test("consent that comes later than the limit after the first paint changes nothing in this page view", async () => {
  const opening = await opened([ALL_B], PLACE, { attributes: 'data-consent="required" data-timeout="0"' });
  await painted(opening.page);
  assert.deepEqual(await opening.shown(), ["Controlmore"]);
  await opening.page.evaluate(() => tributary.consent(true));
  assert.deepEqual(await opening.shown(), ["Controlmore"]);
  assert.deepEqual(await exposures(opening), []);
  await opening.visitor.close();
});

test("a script that comes later than the limit after the first paint shows control, and exposes nobody", async () => {
  const site = on.site({ experiments: [ALL_B] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page(`/${site.key}`, html("", PLACE)), { ready: false });
  await painted(page);
  await page.evaluate((tag) => document.body.append(document.createRange().createContextualFragment(tag)), site.tag('data-timeout="0"'));
  await page.waitForFunction(() => window.tributary?.flush);
  assert.deepEqual(await page.evaluate(() => [document.getElementById("place").textContent, tributary.getAssignments()]), ["Controlmore", { hero: "b" }]);
  assert.deepEqual(await exposures({ page, site }), []);
  await visitor.close();
});

test("the withdrawal of consent brings the control back", async () => {
  const opening = await opened([ALL_B], PLACE);
  await opening.page.waitForFunction(() => document.getElementById("place").textContent === "B");
  await opening.page.evaluate(() => tributary.consent(false));
  assert.deepEqual(await opening.shown(), ["Controlmore"]);
  await opening.visitor.close();
});
