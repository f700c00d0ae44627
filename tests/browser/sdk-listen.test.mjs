// Who listens: `on` and `off`, for exposures and assignments.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { STUB, errors, html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const ALL_B = { key: "hero", version: 3, variants: [["control", 0], ["b", 10_000]] };
const ALL_CONTROL = { key: "menu", variants: [["control", 10_000], ["b", 0]] };
const EXPOSED = { experiment: "hero", variant: "b", version: 3 };

test("a listener hears of the exposures that there were, and of those that come, each once", async () => {
  const site = on.site({ experiments: [ALL_B, ALL_CONTROL] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/exposures", html(site.tag())));
  const heard = await page.evaluate(async () => {
    const heard = [];
    tributary.getVariant("hero");
    await tributary.on("exposure", (exposure) => heard.push(exposure));
    const before = heard.length;
    tributary.getVariant("hero");
    tributary.getVariant("menu");
    return [before, heard];
  });
  assert.deepEqual(heard, [1, [EXPOSED, { experiment: "menu", variant: "control", version: 1 }]]);
  await page.evaluate(() => tributary.flush());
  assert.equal(site.named("$exposure").length, 2);
  await visitor.close();
});

test("what a listener of exposures calls does what it does elsewhere", async () => {
  const site = on.site({ experiments: [ALL_B, ALL_CONTROL] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/within", html(site.tag())));
  const heard = await page.evaluate(async () => {
    const heard = [];
    await tributary.on("exposure", ({ experiment }) => heard.push(experiment, tributary.getAssignments(), tributary.getVariant("menu")));
    tributary.getVariant("hero");
    await tributary.flush();
    return heard;
  });
  const all = { hero: "b", menu: "control" };
  assert.deepEqual(heard, ["hero", all, "control", "menu", all, "control"]);
  assert.deepEqual(site.named("$exposure").map(({ body }) => body.experiment), ["hero", "menu"]);
  await visitor.close();
});

test("a listener hears of assignments without exposing, and again when the visitor is another", async () => {
  const site = on.site({ experiments: [ALL_B] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/assignments", html(site.tag('data-consent="required"'))));
  const heard = await page.evaluate(async () => {
    const heard = [];
    await tributary.on("assignment", (assignment) => heard.push(assignment));
    const before = heard.length;
    tributary.consent(true);
    const agreed = heard.length;
    tributary.consent(false);
    tributary.consent(true);
    return [before, agreed, heard];
  });
  const assigned = { experiment: "hero", variant: "b" };
  assert.deepEqual(heard, [0, 1, [assigned, assigned]]);
  await page.evaluate(() => tributary.flush());
  assert.equal(site.named("$exposure").length, 0);
  await visitor.close();
});

test("off, and what on answers, take a listener away and no other", async () => {
  const site = on.site({ experiments: [ALL_B, ALL_CONTROL] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/off", html(site.tag())));
  const heard = await page.evaluate(async () => {
    const heard = { first: 0, second: 0, third: 0 };
    const first = () => (heard.first += 1);
    const offSecond = await tributary.on("exposure", () => (heard.second += 1));
    await tributary.on("exposure", first);
    await tributary.on("exposure", () => (heard.third += 1));
    tributary.getVariant("hero");
    await tributary.off("exposure", first);
    offSecond();
    tributary.getVariant("menu");
    return heard;
  });
  assert.deepEqual(heard, { first: 1, second: 1, third: 2 });
  await visitor.close();
});

test("the stub keeps a listener until the script is there", async () => {
  const site = on.site({ experiments: [ALL_B] });
  const visitor = await on.visitor();
  const early = `<script>${STUB}</script><script>
    window.heard = new Promise((resolve) => tributary.on("exposure", resolve));
    tributary.ready().then(() => tributary.getVariant("hero"));
  </script>`;
  const page = await visitor.open(on.page("/early", html(early + site.tag())));
  assert.deepEqual(await page.evaluate(() => window.heard), EXPOSED);
  await visitor.close();
});

test("a listener that throws is an error of the page's own, and costs neither variant nor other listeners", async () => {
  const site = on.site({ experiments: [ALL_B] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/throws", html(site.tag())));
  const seen = await page.evaluate(async () => {
    const heard = [];
    await tributary.on("exposure", () => {
      throw new Error("of the page");
    });
    await tributary.on("exposure", ({ variant }) => heard.push(variant));
    const said = new Promise((resolve) => addEventListener("error", () => resolve(), { once: true }));
    const variant = tributary.getVariant("hero");
    await said;
    return [variant, heard];
  });
  assert.deepEqual(seen, ["b", ["b"]]);
  // WebKit says no more of an error that came by another origin's script.
  assert.match((await errors(page)).join(), /^([^,]*of the page|Script error\.)$/);
  await visitor.close();
});

test("a name that nobody tells, and what is no function, are taken and do nothing", async () => {
  const site = on.site({ experiments: [ALL_B] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/nothing", html(site.tag())));
  const kinds = await page.evaluate(async () => {
    const kinds = [typeof (await tributary.on("weather", () => {})), typeof (await tributary.on("exposure", "text"))];
    tributary.getVariant("hero");
    return kinds;
  });
  assert.deepEqual(kinds, ["function", "function"]);
  assert.deepEqual(await errors(page), []);
  await visitor.close();
});

test("a look at a variant by address is no exposure, and is not told as one", async () => {
  const site = on.site({ experiments: [ALL_CONTROL] });
  const visitor = await on.visitor();
  const page = await visitor.open(`${on.page("/look", html(site.tag()))}?tributary=menu:b`);
  const seen = await page.evaluate(async () => {
    const heard = [];
    await tributary.on("exposure", (exposure) => heard.push(exposure));
    return [tributary.getVariant("menu"), heard];
  });
  assert.deepEqual(seen, ["b", []]);
  await visitor.close();
});

test("of a page with very many exposures a late listener hears the last hundred", async () => {
  const site = on.site({ experiments: [ALL_B] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/many", html(site.tag())));
  const count = await page.evaluate(async () => {
    for (let place = 0; place < 150; place += 1) {
      tributary.clear();
      tributary.getVariant("hero");
    }
    let count = 0;
    await tributary.on("exposure", () => (count += 1));
    return count;
  });
  assert.equal(count, 100);
  await visitor.close();
});
