// Without consent no id is made, nothing is stored, nothing is sent, and the visitor sees control.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { STUB, html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const EXPERIMENTS = [{ key: "hero", variants: [["control", 0], ["b", 10_000]] }];
const kept = (page) => page.evaluate(() => [document.cookie, JSON.stringify({ ...localStorage })]);
const NOTHING = ["", "{}"];

/** Uses everything there is, without consent. */
const useAll = (page) =>
  page.evaluate(async () => {
    tributary.track("before");
    tributary.identify("crm-17");
    const given = [tributary.getVariant("hero"), tributary.getAssignments()];
    await tributary.ready();
    await tributary.flush();
    return given;
  });

const signal = (name, value) => `<script>Object.defineProperty(navigator, "${name}", { get: () => ${JSON.stringify(value)} })</script>`;

test('data-consent="required" waits for consent(true), which counts the page view from then on', async () => {
  const site = on.site({ experiments: EXPERIMENTS });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/required", html(site.tag('data-consent="required"'))));
  assert.deepEqual(await useAll(page), [null, {}]);
  assert.deepEqual(await kept(page), NOTHING);
  assert.equal(site.batches.length, 0);
  await page.evaluate(() => {
    tributary.consent(true);
    tributary.track("after");
    return tributary.flush();
  });
  assert.deepEqual(site.events().map(({ name }) => name), ["$page_view", "after"]);
  assert.equal(await page.evaluate(() => tributary.getVariant("hero")), "b");
  await visitor.close();
});

test("consent once given holds on the next page", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const tag = site.tag('data-consent="required"');
  const page = await visitor.open(on.page("/agree", html(tag)));
  await page.evaluate(() => tributary.consent(true));
  await page.goto(on.page("/agreed", html(tag)));
  await site.until(() => site.named("$page_view").some(({ body }) => body.url.endsWith("/agreed")));
  await visitor.close();
});

test("consent(false) erases id, events and all else, and ends the measuring", async () => {
  const site = on.site({ experiments: EXPERIMENTS });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/withdraw", html(site.tag())));
  await page.evaluate(() => {
    tributary.getVariant("hero");
    tributary.identify("crm-17");
    tributary.consent(false);
  });
  assert.deepEqual(await useAll(page), [null, {}]);
  assert.deepEqual(await kept(page), NOTHING);
  await page.goto(on.page("/withdraw/away", html("")));
  // The page view may have gone before, on a machine that took a second to get here.
  assert.deepEqual(site.events().filter(({ name }) => name !== "$page_view"), []);
  await visitor.close();
});

test("an event and a refusal in one turn leave nothing behind", async () => {
  const groups = [{ isCampaign: false, key: "welcome", communications: ["hello"] }];
  const site = on.site({ hasCommunications: true, groups });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/one-turn", html(site.tag())));
  await page.evaluate(() => {
    tributary.track("rejected");
    tributary.consent(false);
  });
  assert.deepEqual(await kept(page), NOTHING);
  await visitor.close();
});

test("withdrawing in one tab ends the measuring in the others", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const first = await visitor.open(on.page("/tab/1", html(site.tag())));
  const second = await visitor.open(on.page("/tab/2", html(site.tag())));
  // Of this and no other change: those of the second tab's start may still come.
  await first.evaluate(() => window.addEventListener("storage", ({ key }) => key?.endsWith(".withdrawn") && (window.told = true)));
  await second.evaluate(() => tributary.consent(false));
  await first.waitForFunction(() => window.told, { polling: 50 });
  await first.evaluate(() => {
    tributary.track("late");
    return tributary.flush();
  });
  assert.deepEqual(site.named("late"), []);
  // What another process erased is seen here a little later.
  await first.waitForFunction(() => !document.cookie && !localStorage.length, { polling: 50 });
  await visitor.close();
});

test("a shop that empties the storage in one tab withdraws nothing in the others", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const first = await visitor.open(on.page("/empty/1", html(site.tag())));
  const second = await visitor.open(on.page("/empty/2", html(site.tag())));
  await Promise.all([first, second].map((page) => page.evaluate(() => tributary.flush())));
  await first.evaluate(() => window.addEventListener("storage", ({ key }) => key === null && (window.told = true)));
  await second.evaluate(() => localStorage.clear());
  await first.waitForFunction(() => window.told, { polling: 50 });
  await first.evaluate(() => {
    tributary.track("after");
    return tributary.flush();
  });
  const [{ visitor: id }] = await site.expect("after");
  assert.equal(id, site.events()[0].visitor);
  const [cookie, storage] = await kept(first);
  assert.ok(cookie.includes(id) && storage.includes(id));
  await visitor.close();
});

test("a request says that the visitor agreed, on this page and the next, and only where it did", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const addressOf = (name) => on.page(`/told/${name}`, html(site.tag()));
  const page = await visitor.open(addressOf("first"));
  const flush = () => page.evaluate(() => tributary.flush());
  const go = async (name) => {
    await page.goto(addressOf(name));
    await page.waitForFunction(() => window.tributary?.flush);
    await flush();
  };
  await flush();
  await page.evaluate(() => {
    tributary.consent(true);
    tributary.track("agreed");
    return tributary.flush();
  });
  await go("second");
  await page.evaluate(() => {
    tributary.consent(false);
    tributary.consent(true);
    return tributary.flush();
  });
  await page.evaluate(() => tributary.consent(false));
  await go("third");
  const told = site.batches.map(({ consent, runs }) => [runs.flatMap(({ events }) => events.map(([, name]) => name)).join(), consent]);
  assert.deepEqual(told, [
    ["$page_view", undefined],
    ["agreed", true],
    ["$page_view", true],
    ["$page_view", true],
    ["$page_view", undefined],
  ]);
  await visitor.close();
});

for (const [name, value] of [["globalPrivacyControl", true], ["doNotTrack", "1"]]) {
  test(`${name} is a refusal where the site respects it, and an explicit consent(true) outranks it`, async () => {
    const site = on.site({ respectPrivacySignals: true, experiments: EXPERIMENTS });
    const visitor = await on.visitor();
    const page = await visitor.open(on.page(`/signal/${name}`, html(signal(name, value) + site.tag())));
    assert.deepEqual(await useAll(page), [null, {}]);
    assert.deepEqual(await kept(page), NOTHING);
    assert.equal(site.batches.length, 0);
    await page.evaluate(() => {
      tributary.consent(true);
      return tributary.flush();
    });
    assert.equal(site.named("$page_view").length, 1);
    assert.deepEqual(site.batches.map(({ consent }) => consent), [true]);
    await visitor.close();
  });

  test(`${name} is nothing where the site's owner turned that off`, async () => {
    const site = on.site({ respectPrivacySignals: false });
    const visitor = await on.visitor();
    await visitor.open(on.page(`/signal/off/${name}`, html(signal(name, value) + site.tag())));
    await site.expect("$page_view");
    await visitor.close();
  });
}

test("a refusal that came before the script means that nothing begins", async () => {
  const site = on.site({ experiments: EXPERIMENTS });
  const visitor = await on.visitor();
  const head = `<script>${STUB}</script><script>tributary.track("early");tributary.consent(false)</script>${site.tag()}`;
  const page = await visitor.open(on.page("/early-refusal", html(head)));
  assert.deepEqual(await useAll(page), [null, {}]);
  assert.deepEqual(await kept(page), NOTHING);
  assert.equal(site.batches.length, 0);
  await visitor.close();
});
