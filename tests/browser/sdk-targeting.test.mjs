// Experiments that are not for everybody: what the page knows of the visitor, who is given what, and that nobody is given another.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { errors, html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const fixture = (name) => JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), "utf8"));
const { cases, attributes } = fixture("condition");
const forms = fixture("condition-form");

const B = [["control", 0], ["b", 10_000]];
const PATIENT = 'data-timeout="60000"';
/** A condition in the form that it travels in: an attribute is this text. */
const is = (name, text) => `1\n4\n1\n${name}\n0\n${text}\n`;
/** An attribute is this truth value. */
const isTrue = (name, truth) => `1\n4\n1\n${name}\n${truth ? 4 : 3}\n`;

async function opened(targeted, { attributes = "", query = "", body, country, path } = {}) {
  const site = on.site({ targeted: targeted.map((one) => ({ variants: B, ...one })), country });
  const visitor = await on.visitor();
  const address = on.page(path ?? `/${site.key}`, html(site.tag(`${PATIENT} ${attributes}`), body));
  const page = await visitor.open(address + query);
  const assignments = () => page.evaluate(() => tributary.getAssignments());
  const flush = () => page.evaluate(() => tributary.flush());
  return { site, visitor, page, address, assignments, flush };
}

test("a condition holds in the page where GrowthBook says so, and where it does in the core", async () => {
  const targeted = cases.map((_, index) => ({ key: `c${index}`, condition: forms[index] }));
  const { visitor, page } = await opened(targeted);
  const wrong = [];
  // Attributes of the fixture's own are in one page, each other set of them alone.
  const own = JSON.stringify(attributes);
  for (const set of new Set(cases.map(({ attributes }) => JSON.stringify(attributes) ?? own))) {
    if (!set.startsWith("{")) continue;
    const here = cases.map((one, index) => [one, index]).filter(([{ attributes }]) => (JSON.stringify(attributes) ?? own) === set);
    const given = await page.evaluate((set) => {
      // What another set said, and what is known of the browser, is gone.
      const nothing = Object.fromEntries((window.said ?? ["id", "url", "path", "host", "query", "referrer", "language", "locale", "deviceType", "returning"]).map((key) => [key, null]));
      const attributes = JSON.parse(set);
      window.said = [...Object.keys(nothing), ...Object.keys(attributes)];
      tributary.setAttributes({ ...nothing, ...attributes });
      return tributary.getAssignments();
    }, set);
    for (const [{ name, holds }, index] of here) if (Boolean(given[`c${index}`]) !== holds) wrong.push(`${name}: ${!holds}`);
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual(await errors(page), []);
  await visitor.close();
});

test("an experiment is given to whom its condition is for, and exposes nobody else", async () => {
  const { site, visitor, page, assignments, flush } = await opened([{ key: "yes", condition: is("plan", "team") }, { key: "no", condition: is("plan", "free") }], { attributes: `data-attributes='{"plan":"team"}'` });
  assert.deepEqual(await assignments(), { yes: "b" });
  assert.deepEqual(await page.evaluate(() => [tributary.getVariant("yes"), tributary.getVariant("no")]), ["b", null]);
  await flush();
  assert.deepEqual(site.named("$exposure").map(({ body }) => body), [{ experiment: "yes", variant: "b", version: 1 }]);
  assert.doesNotMatch(JSON.stringify(site.batches), /team/, "what is known of the visitor stays in the page");
  await visitor.close();
});

test("what the page says of the visitor counts from then on; whoever was exposed keeps the variant", async () => {
  const { visitor, page, assignments } = await opened([{ key: "hero", condition: is("plan", "team") }]);
  assert.deepEqual(await assignments(), {});
  await page.evaluate(() => tributary.setAttributes({ plan: "team" }));
  assert.deepEqual(await assignments(), { hero: "b" });
  await page.evaluate(() => tributary.setAttributes({ plan: "free" }));
  assert.deepEqual(await assignments(), {}, "not exposed yet");
  await page.evaluate(() => {
    tributary.setAttributes({ plan: "team" });
    tributary.getVariant("hero");
    tributary.setAttributes({ plan: null });
  });
  assert.deepEqual(await assignments(), { hero: "b" });
  await page.reload();
  await page.waitForFunction(() => window.tributary?.flush);
  assert.deepEqual(await assignments(), { hero: "b" });
  await visitor.close();
});

test("markup is given as soon as the page says for whom it is", async () => {
  const body = '<div id="place"><template data-trib-experiment="hero" data-trib-variant="b">B</template>Control</div>';
  const { visitor, page } = await opened([{ key: "hero", condition: is("plan", "team") }], { body });
  assert.equal(await page.evaluate(() => document.getElementById("place").textContent), "Control");
  await page.evaluate(() => tributary.setAttributes({ plan: "team" }));
  assert.equal(await page.evaluate(() => document.getElementById("place").textContent), "B");
  await visitor.close();
});

for (const [name, condition, options, expected] of [
  ["the address, with all of its query", is("query", "?secret=1"), { query: "?secret=1" }, true],
  ["its path", is("path", "/of-its-own"), { path: "/of-its-own" }, true],
  ["the device", is("deviceType", "desktop"), {}, true],
  ["another device", is("deviceType", "mobile"), {}, false],
  ["a UTM parameter", is("utmSource", "mail"), { query: "?utm_source=mail" }, true],
  ["the country that the edge saw", is("country", "DE"), { country: "DE" }, true],
  ["another country", is("country", "AT"), { country: "DE" }, false],
  ["a visitor who is new", isTrue("returning", false), {}, true],
  ["a visitor who comes back", isTrue("returning", true), {}, false],
]) {
  test(`a condition asks for ${name}: ${expected ? "in" : "not in"}`, async () => {
    const { visitor, assignments } = await opened([{ key: "hero", condition }], options);
    assert.deepEqual(await assignments(), expected ? { hero: "b" } : {});
    await visitor.close();
  });
}

test("what led to the shop is known on its next pages in the tab, and is forgotten when consent is withdrawn", async () => {
  const { visitor, page, address, assignments } = await opened([{ key: "hero", condition: is("utmCampaign", "spring") }], { query: "?utm_campaign=spring" });
  assert.deepEqual(await assignments(), { hero: "b" });
  await page.goto(address);
  await page.waitForFunction(() => window.tributary?.flush);
  assert.deepEqual(await assignments(), { hero: "b" });
  await page.evaluate(() => tributary.consent(false));
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await visitor.close();
});

test("a visitor of an earlier session comes back", async () => {
  const { site, visitor, page, assignments } = await opened([{ key: "hero", condition: isTrue("returning", true) }]);
  assert.deepEqual(await assignments(), {});
  await page.evaluate((key) => {
    const name = `tributary.${key}.session`;
    const longAgo = Date.now() - 3_600_000;
    localStorage.setItem(name, `${longAgo} ${longAgo}`);
    localStorage.setItem(`tributary.${key}.first`, `${longAgo}`);
  }, site.key);
  await page.reload();
  await page.waitForFunction(() => window.tributary?.flush);
  assert.deepEqual(await assignments(), { hero: "b" });
  await visitor.close();
});

test("without consent whoever an experiment that is over is for gets its variant, comes back to nobody's knowledge, and nothing is kept", async () => {
  const over = { key: "hero", seed: "", version: 0, variants: [["b", 10_000]] };
  const { visitor, page, assignments } = await opened(
    [{ ...over, condition: isTrue("returning", false) }, { ...over, key: "old", condition: isTrue("returning", true) }],
    { attributes: 'data-consent="required"', query: "?utm_source=mail" },
  );
  assert.deepEqual(await assignments(), { hero: "b" });
  assert.deepEqual(await page.evaluate(() => [document.cookie, Object.keys(localStorage), Object.keys(sessionStorage)]), ["", [], []]);
  await visitor.close();
});

test("an experiment of profiles is given after identify, to the profile, and its events name it", async () => {
  const { site, visitor, page, assignments, flush } = await opened([{ key: "hero", isOfProfiles: true }]);
  assert.deepEqual(await assignments(), {});
  await page.evaluate(() => {
    tributary.identify("crm-17");
    tributary.getVariant("hero");
    tributary.track("after");
  });
  assert.deepEqual(await assignments(), { hero: "b" });
  await flush();
  const runs = site.batches.flatMap(({ runs }) => runs);
  const names = (profile) => runs.filter((run) => run.profile === profile).flatMap(({ events }) => events.map(([, name]) => name));
  assert.deepEqual(names(undefined), ["$page_view"]);
  assert.deepEqual(names("crm-17"), ["$identify", "$exposure", "after"]);
  await page.reload();
  await page.waitForFunction(() => window.tributary?.flush);
  await flush();
  assert.equal(site.batches.flatMap(({ runs }) => runs).at(-1).profile, "crm-17");
  await visitor.close();
});
