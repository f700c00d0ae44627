// Variants that an address asks for, for whoever tests them: shown, never counted, and nothing that stays with the visitor.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const CONTROL = { key: "hero", variants: [["control", 10_000], ["b", 0]] };
const PLACE = '<div id="place"><template data-trib-experiment="hero" data-trib-variant="b">B</template>Control</div>';
const TAG = 'data-timeout="60000"';

async function opened(query, { config = { experiments: [CONTROL] }, attributes = TAG } = {}) {
  const site = on.site(config);
  const visitor = await on.visitor();
  const address = on.page(`/${site.key}`, html(site.tag(attributes), PLACE));
  const page = await visitor.open(address + query);
  const shown = () => page.evaluate(() => [document.getElementById("place").textContent, tributary.getVariant("hero"), tributary.getAssignments()]);
  const go = async (query) => {
    await page.goto(address + query);
    await page.waitForFunction(() => window.tributary?.flush && document.readyState === "complete");
  };
  return { site, visitor, page, shown, go };
}

const B = ["B", "b", { hero: "b" }];
const C = ["Control", "control", { hero: "control" }];

test("an address shows a variant by markup and to who asks for it, and its exposure says that it does not count", async () => {
  const { site, visitor, page, shown } = await opened("?tributary=hero:b");
  assert.deepEqual(await shown(), B);
  await page.evaluate(() => tributary.flush());
  assert.deepEqual(site.named("$exposure").map(({ body }) => body), [{ experiment: "hero", variant: "b", forced: true }]);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("variant"))), []);
  await visitor.close();
});

test("it goes on in the tab until an address ends it", async () => {
  const { visitor, shown, go } = await opened("?tributary=hero:b");
  await go("");
  assert.deepEqual(await shown(), B);
  await go("?tributary=");
  assert.deepEqual(await shown(), C);
  await go("");
  assert.deepEqual(await shown(), C);
  await visitor.close();
});

test("an experiment that has not started can be looked at", async () => {
  const { site, visitor, page, shown } = await opened("?tributary=hero:b", { config: { hasDrafts: true } });
  assert.deepEqual(await shown(), B);
  await page.evaluate(() => tributary.flush());
  assert.equal(site.named("$exposure")[0].body.forced, true);
  await visitor.close();
});

test("without consent it is shown, and nothing is kept or sent", async () => {
  const { site, visitor, page, shown, go } = await opened("?tributary=hero:b", { attributes: `${TAG} data-consent="required"` });
  assert.deepEqual(await shown(), B);
  await page.evaluate(() => tributary.flush());
  assert.deepEqual(site.batches, []);
  assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0);
  await go("");
  assert.deepEqual(await shown(), ["Control", null, {}]);
  await visitor.close();
});

test("what is no pair of an experiment and a variant is passed over", async () => {
  const { visitor, shown } = await opened("?tributary=hero,:b,hero:,,hero:b:y,hero:<b>,<i>:b,other:x");
  assert.deepEqual(await shown(), ["Control", "control", { hero: "control", other: "x" }]);
  await visitor.close();
});

test("changes of the configuration are shown too", async () => {
  const config = { experiments: [CONTROL], changes: [["hero", [["b", [[0, "p", null, "Changed"]]]]]] };
  const site = on.site(config);
  const visitor = await on.visitor();
  const page = await visitor.open(`${on.page(`/${site.key}`, html(site.tag(TAG), "<p>Old</p>"))}?tributary=hero:b`);
  await page.waitForFunction(() => document.querySelector("p").textContent === "Changed");
  await page.evaluate(() => tributary.flush());
  assert.deepEqual(site.named("$exposure").map(({ body }) => body.forced), [true]);
  await visitor.close();
});
