// What a page cannot give: a change that fails, a redirect that comes back. All of a variant or nothing, nobody is exposed to
// nothing, and the shop hears why.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { STUB, errors, html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const ALL_B = { key: "hero", variants: [["control", 0], ["b", 10_000]] };
/** A machine that is busy elsewhere must not be too late. */
const PATIENT = 'data-timeout="60000"';
const [TEXT, CLASS, REDIRECT] = [0, 3, 6];
const EQUALS = 0;
/** A form that has something else under the name of what a change needs. */
const HOSTILE = '<form class="odd"><input name="classList"></form>';

async function opened(changes, body) {
  const site = on.site({ experiments: [ALL_B], changes: [["hero", [["b", changes]]]] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page(`/${site.key}`, html(site.tag(PATIENT), body)));
  return { site, visitor, page, shown: () => page.evaluate(() => [...document.querySelectorAll("h1, .odd")].map(({ outerHTML }) => outerHTML)) };
}

const told = (site) => site.named("$not_given").map(({ body }) => body);
const FAILED = { experiment: "hero", reason: "change_failed" };

test("a variant of which one change fails is given not at all: what was done is taken back, and nobody is exposed", async () => {
  const { site, visitor, page, shown } = await opened([[TEXT, "h1", null, "Sale"], [CLASS, ".odd", null, ["big"], []], [CLASS, "h1", null, ["big"], []]], `<h1>Old</h1>${HOSTILE}`);
  assert.deepEqual(await shown(), ["<h1>Old</h1>", HOSTILE]);
  // Neither what moves in the page nor another page view tries or tells it again and again.
  await page.evaluate(async () => {
    document.body.append("a change elsewhere");
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    history.pushState(null, "", "/next");
    return tributary.flush();
  });
  assert.deepEqual((await shown())[0].replace(' class=""', ""), "<h1>Old</h1>");
  assert.deepEqual([site.named("$exposure"), told(site)], [[], [FAILED]]);
  const { experiments } = await page.evaluate(() => tributary.inspect());
  assert.deepEqual(experiments.map(({ variant, reason, exposed }) => [variant, reason, exposed]), [["b", "change_failed", false]]);
  assert.deepEqual(await errors(page), []);
  await visitor.close();
});

test("an element that comes later and does not take its change costs no other its own, and is told", async () => {
  const { site, visitor, page, shown } = await opened([[CLASS, ".odd", null, ["big"], []], [TEXT, "h1", null, "Sale"]], "<h1>Old</h1>");
  await page.waitForFunction(() => document.querySelector("h1").textContent === "Sale");
  await page.evaluate((hostile) => document.body.insertAdjacentHTML("beforeend", `${hostile}<p class="odd"></p><h1>Later</h1>`), HOSTILE);
  await page.waitForFunction(() => document.querySelectorAll("h1")[1]?.textContent === "Sale");
  assert.deepEqual(await shown(), ["<h1>Sale</h1>", HOSTILE, '<p class="odd big"></p>', "<h1>Sale</h1>"]);
  await page.evaluate(() => tributary.flush());
  assert.deepEqual([site.named("$exposure").length, told(site)], [1, [FAILED]]);
  assert.deepEqual(await errors(page), []);
  await visitor.close();
});

/** How a target sends back who was sent there. */
const BOUNCES = {
  "by the server": (start, target) => on.page(target, "", { location: start }, { status: 302 }),
  "by a script": (start, target) => on.page(target, html(`<script>location.replace("${start}")</script>`)),
};
const NO_STORAGE = 'Object.defineProperty(window, "sessionStorage", { get() { throw new DOMException("no", "SecurityError"); } })';

for (const [name, bounce] of Object.entries(BOUNCES)) {
  for (const [where, script] of [["", ""], [", also where the tab keeps nothing", NO_STORAGE]]) {
    test(`a redirect whose target sends back ${name} is taken once${where}: then the page stays, unexposed, and that is told`, async () => {
      const site = on.site({ experiments: [ALL_B] });
      const [start, target] = [`/${site.key}/start`, `/${site.key}/target`];
      site.config.changes = [["hero", [["b", [[REDIRECT, "", [EQUALS, start], target], [TEXT, "p", null, "B"]]]]]];
      bounce(start, target);
      const visitor = await on.visitor();
      const page = await visitor.open(on.page(start, html(`<script>${script}</script>${site.tag(PATIENT)}`, "<p>Start</p>")), { ready: false });
      await site.expect("$not_given");
      await page.waitForFunction(() => document.readyState === "complete" && window.tributary?.flush);
      await page.evaluate(() => tributary.flush());
      assert.deepEqual(told(site), [{ experiment: "hero", reason: "redirect_loop" }]);
      assert.deepEqual(await page.evaluate(() => [location.pathname, document.querySelector("p").textContent, document.documentElement.style.visibility]), [start, "Start", ""]);
      const [left, stayed, ...others] = await site.expect("$page_view", 2);
      const [exposure, ...more] = await site.expect("$exposure");
      assert.deepEqual([exposure.load, more, others], [left.load, [], []], "the first page view exposed, and was left");
      assert.equal(site.named("$not_given")[0].load, stayed.load);
      await visitor.close();
    });
  }
}

test("without consent, too, a redirect that comes back is taken once, and nothing is kept for that", async () => {
  const site = on.site({ experiments: [{ key: "hero", seed: "", version: 0, variants: [["b", 10_000]] }] });
  const [start, target] = [`/${site.key}/start`, `/${site.key}/target`];
  site.config.changes = [["hero", [["b", [[REDIRECT, "", [EQUALS, start], target]]]]]];
  BOUNCES["by a script"](start, target);
  const visitor = await on.visitor();
  const page = await visitor.open(on.page(start, html(`<script>${STUB}</script>${site.tag(`${PATIENT} data-consent="required"`)}`)), { ready: false });
  await page.waitForFunction((target) => document.referrer.endsWith(target) && window.tributary && !tributary.q, {}, target);
  assert.deepEqual(await page.evaluate(() => [location.pathname, sessionStorage.length, localStorage.length]), [start, 0, 0]);
  assert.deepEqual(site.batches, []);
  await visitor.close();
});

test("who comes back from the target later is sent there again", async () => {
  const site = on.site({ experiments: [ALL_B] });
  const [start, target] = [`/${site.key}/start`, `/${site.key}/target`];
  site.config.changes = [["hero", [["b", [[REDIRECT, "", [EQUALS, start], target]]]]]];
  on.page(target, html(site.tag(PATIENT), `<a href="${start}">home</a>`));
  const visitor = await on.visitor();
  const page = await visitor.open(on.page(start, html(site.tag(PATIENT))), { ready: false });
  const arrived = () => page.waitForFunction((target) => location.pathname === target && !window.old && document.readyState === "complete" && window.tributary?.flush, {}, target);
  await arrived();
  await page.evaluate((name) => {
    window.old = true;
    sessionStorage.setItem(name, sessionStorage.getItem(name) - 11_000);
  }, `tributary.${site.key}.left.hero`);
  await page.click("a");
  await arrived();
  await site.expect("$exposure", 2);
  assert.deepEqual(told(site), []);
  await visitor.close();
});
