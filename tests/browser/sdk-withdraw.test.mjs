// Who withdraws, or becomes somebody else, is gone from every place: storage of all tabs, memory, and what is under way.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const VARIANTS = [["control", 0], ["b", 10_000]];
/** The visitor came by such a campaign. */
const FROM_MAIL = "1\n4\n1\nutmSource\n0\nmail\n";
const kept = (page) => page.evaluate(() => [document.cookie, { ...localStorage }, { ...sessionStorage }]);
const NOTHING = ["", {}, {}];

/** Waits until nothing is kept where the page can see it: what another tab erased may be seen here a little later. */
const emptied = (page) => page.waitForFunction(() => !document.cookie && !localStorage.length && !sessionStorage.length, { polling: 50 });

test("withdrawing in one tab erases what is kept in the others alone: what led to the shop, and a look at a variant", async () => {
  const site = on.site({ targeted: [{ key: "hero", variants: VARIANTS, condition: FROM_MAIL }] });
  const visitor = await on.visitor();
  const first = await visitor.open(`${on.page("/led", html(site.tag()))}?utm_source=mail&tributary=other:b`);
  assert.deepEqual(await first.evaluate(() => [tributary.getAssignments(), sessionStorage.length]), [{ hero: "b", other: "b" }, 2]);
  const second = await visitor.open(on.page("/other", html(site.tag())));
  await second.evaluate(() => tributary.consent(false));
  await emptied(first);
  await visitor.close();
});

for (const [name, value] of [["globalPrivacyControl", true], ["doNotTrack", "1"]]) {
  test(`${name} that is turned on later is a withdrawal: nothing stays of who was measured before`, async () => {
    const site = on.site({ respectPrivacySignals: true, targeted: [{ key: "hero", variants: VARIANTS, condition: FROM_MAIL }] });
    const visitor = await on.visitor();
    const page = await visitor.open(`${on.page("/before", html(site.tag()))}?utm_source=mail&tributary=other:b`);
    await page.evaluate(() => (tributary.getVariant("hero"), tributary.flush()));
    assert.equal((await kept(page)).filter((place) => Object.keys(place).length).length, 3);
    const sent = site.batches.length;
    const signal = `<script>Object.defineProperty(navigator, "${name}", { get: () => ${JSON.stringify(value)} })</script>`;
    await page.goto(`${on.page("/after", html(signal + site.tag()))}?utm_source=mail&tributary=other:b`);
    await page.waitForFunction(() => window.tributary?.flush);
    await page.evaluate(() => (tributary.track("late"), tributary.flush()));
    assert.deepEqual(await kept(page), NOTHING);
    assert.equal(site.batches.length, sent);
    await visitor.close();
  });
}

test("what was remembered for listeners and the inspector goes with the consent, what is under way too", async () => {
  const site = on.site({ experiments: [{ key: "hero", variants: VARIANTS }] });
  const visitor = await on.visitor();
  const page = await visitor.open(`${on.page("/memory", html(site.tag()))}?tributary_inspect`);
  await page.evaluate(() => (tributary.getVariant("hero"), tributary.flush()));
  const before = await page.evaluate(() => tributary.inspect());
  assert.deepEqual([before.events.length, before.experiments[0].exposed], [2, true]);
  const { promise: asked, resolve: ask } = Promise.withResolvers();
  site.answer = () => (ask(), new Promise(() => {}));
  await page.evaluate(() => (tributary.track("under-way"), void tributary.flush()));
  await asked;
  const [heard, after] = await page.evaluate(async () => {
    const heard = [];
    tributary.consent(false);
    await tributary.flush();
    await tributary.on("exposure", (exposure) => heard.push(exposure));
    return [heard, await tributary.inspect()];
  });
  assert.deepEqual([heard, after.events, after.experiments[0].exposed, after.visitor], [[], [], false, ""]);
  await visitor.close();
});

/** A question of the page's and its answer: what the page asked of the browser's network before has reached that by now. */
const exchange = (page) => page.evaluate(() => fetch(location.href).then((answer) => answer.text()));

/** As the collector does: it sets anew the cookie that the request came with, where that is the batch's visitor. */
const renewal = (site, { visitor, cookie }) =>
  cookie?.includes(visitor) ? { headers: { "set-cookie": `tributary_${site.key}=${visitor}; Path=/; Max-Age=3600` } } : {};

/** A page of a shop that has the collector on its own origin, with a request of `event` under way, whose answer waits for `answer()`. */
async function underWay(event) {
  const site = on.site();
  const visitor = await on.visitor();
  const page = await visitor.open(on.page(`/${site.key}`, html(site.ownTag())));
  await page.evaluate(() => tributary.flush());
  const { promise: asked, resolve: ask } = Promise.withResolvers();
  const { promise: answered, resolve: answer } = Promise.withResolvers();
  site.answer = async (batch) => {
    ask();
    await answered;
    return renewal(site, batch);
  };
  await page.evaluate((event) => (tributary.track(event), void tributary.flush()), event);
  await asked;
  return { site, visitor, page, answer };
}

test("an answer that is under way when consent is withdrawn brings no cookie back", async () => {
  const { site, visitor, page, answer } = await underWay("last");
  await page.evaluate(() => tributary.consent(false));
  await exchange(page);
  answer();
  await site.expect("last");
  await exchange(page);
  assert.deepEqual(await kept(page), NOTHING);
  await visitor.close();
});

test("clear() ends a request of the former visitor, whose late answer would bring that one back, and loses no event", async () => {
  const { site, visitor, page, answer } = await underWay("signed_out");
  await page.evaluate(() => {
    tributary.clear();
    tributary.track("after");
    window.sent = tributary.flush();
  });
  await exchange(page);
  answer();
  await page.evaluate(() => window.sent);
  const [[former], [fresh]] = [await site.expect("signed_out"), await site.expect("after")];
  assert.notEqual(fresh.visitor, former.visitor);
  await exchange(page);
  const seen = await page.evaluate(() => document.cookie);
  assert.ok(seen.includes(fresh.visitor) && !seen.includes(former.visitor), seen);
  // The page view's, that which was ended, and that which took its place.
  await site.until(() => site.batches.filter(({ visitor }) => visitor === former.visitor).length === 3);
  await visitor.close();
});
