// Whatever the page, the browser or the network does: nothing is lost that can be kept, nothing leaves that must not, and the
// page never notices.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { errors, html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const flush = (page) => page.evaluate(() => tributary.flush());
const names = (site) => site.events().map(({ name }) => name);

/** Storage that the browser refuses, in the ways that browsers do. */
const STORAGES = [
  ["forbidden", 'Object.defineProperty(window, "localStorage", { get() { throw new DOMException("no", "SecurityError"); } })'],
  ["absent", 'Object.defineProperty(window, "localStorage", { value: null })'],
  ["full", 'Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }'],
];
for (const [what, script] of STORAGES) {
  test(`with storage ${what} events arrive, and the visitor is known by the cookie`, async () => {
    const site = on.site({ experiments: [{ key: "hero", variants: [["control", 0], ["b", 10_000]] }] });
    const visitor = await on.visitor();
    const address = on.page(`/storage/${what}`, html(`<script>${script}</script>${site.tag()}`));
    for (const count of [1, 2]) {
      const page = await visitor.open(address);
      assert.equal(await page.evaluate(() => tributary.getVariant("hero")), "b");
      await page.evaluate((count) => tributary.track("order", { count }), count);
      await flush(page);
      assert.deepEqual(await errors(page), []);
    }
    assert.deepEqual(site.named("order").map(({ body }) => body.count), [1, 2]);
    assert.equal(new Set(site.events().map(({ visitor }) => visitor)).size, 1);
    await visitor.close();
  });
}

test("cookieless: an id for one page load, nothing kept, no experiments", async () => {
  const site = on.site({ experiments: [{ key: "hero", variants: [["control", 0], ["b", 10_000]] }] });
  const visitor = await on.visitor();
  const address = on.page("/cookieless", html(site.tag("data-cookieless")));
  for (let load = 0; load < 2; load += 1) {
    const page = await visitor.open(address);
    assert.deepEqual(await page.evaluate(() => [tributary.getVariant("hero"), tributary.getAssignments()]), [null, {}]);
    await page.evaluate(() => tributary.track("order"));
    await flush(page);
    assert.deepEqual(await page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length]), ["", 0, 0]);
  }
  assert.equal(site.named("order").length, 2);
  assert.equal(new Set(site.events().map(({ visitor }) => visitor)).size, 2);
  await visitor.close();
});

test("cookieless: a look at a variant, and what led to the shop, are kept in no storage either", async () => {
  const over = { key: "over", seed: "", version: 0, variants: [["b", 10_000]], condition: "1\n4\n1\nutmSource\n0\nmail\n" };
  const site = on.site({ targeted: [over] });
  const visitor = await on.visitor();
  const page = await visitor.open(`${on.page("/cookieless-look", html(site.tag("data-cookieless")))}?tributary=hero:b&utm_source=mail`);
  assert.deepEqual(await page.evaluate(() => [tributary.getVariant("hero"), tributary.getVariant("over")]), ["b", "b"]);
  assert.deepEqual(await page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length]), ["", 0, 0]);
  await visitor.close();
});

test("forty kilobytes of the page's own beacons beside ours cost nothing", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const address = on.page("/beacons", html(site.tag()));
  const page = await visitor.open(address);
  await flush(page);
  await page.evaluate(() => {
    addEventListener("pagehide", () => navigator.sendBeacon("/own", "x".repeat(40_000)));
    for (let i = 0; i < 30; i++) tributary.track("big", { i, text: "x".repeat(2_000) });
  });
  await page.goto(on.page("/beacons/away", html("")));
  await page.goto(address);
  await site.expect("big", 30);
  assert.equal(site.named("big").length, 30);
  await visitor.close();
});

test("a day without network loses nothing, and it all keeps its time", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const address = on.page("/offline", html(site.tag()));
  const page = await visitor.open(address);
  await flush(page);
  const day = 24 * 3_600_000;
  // What was recorded a day ago by a page whose requests never got through.
  await page.evaluate(
    ([key, at]) => {
      const visitor = localStorage.getItem(`tributary.${key}.visitor`);
      const run = { load: "yesterday", first: 0, at, events: [[0, "before", {}]] };
      localStorage.setItem(`tributary.${key}.run.${at}.yesterday.0.`, `${visitor} 1 ${JSON.stringify(run)}`);
    },
    [site.key, Date.now() - day],
  );
  site.answer = async () => ({ status: 503 });
  await page.reload();
  await page.waitForFunction(() => window.tributary?.flush);
  await page.evaluate(() => tributary.track("while-down"));
  await flush(page);
  assert.equal(site.named("before").length, 0);
  site.answer = async () => ({});
  await page.evaluate(() => dispatchEvent(new Event("online")));
  const [before] = await site.expect("before");
  await site.expect("while-down");
  assert.ok(Math.abs(Date.now() - day - before.at) < 60_000);
  await visitor.close();
});

test("failures pause longer each time, and not the same for all", async () => {
  const site = on.site();
  site.answer = async () => ({ status: 500 });
  const visitor = await on.visitor();
  // 30 s is the patience of WebKitGTK's driver.
  const timers = `<script>
    window.waits = [];
    const real = setTimeout;
    setTimeout = (act, ms) => { if (ms >= 500 && ms !== 30_000) { waits.push(ms); ms = 1; } return real(act, ms); };
  </script>`;
  const page = await visitor.open(on.page("/backoff", html(timers + site.tag())));
  await page.waitForFunction(() => window.waits.length > 9);
  const waits = await page.evaluate(() => window.waits);
  // The first is the time to gather; each other half to all of a pause that doubles to 256 s.
  waits.slice(1).forEach((ms, failures) => {
    const pause = 1_000 * 2 ** Math.min(failures, 8);
    assert.ok(ms >= pause / 2 && ms <= pause, `${ms} after ${failures + 1} failures`);
  });
  assert.ok(new Set(waits.slice(1).map((ms, failures) => ms / 2 ** failures)).size > 1);
  await visitor.close();
});

/** Answers that no collector of ours gives. */
const ANSWERS = [
  ["never", () => new Promise(() => {})],
  ["with a page of somebody else's", async () => ({ status: 200, body: "<html>" })],
  ["with a list", async () => ({ status: 200, body: [1, { shift: "x" }] })],
  ["that it may not", async () => ({ status: 403, body: null })],
];
for (const [what, answer] of ANSWERS) {
  test(`a collector that answers ${what} does not touch the page`, async () => {
    const site = on.site({ experiments: [{ key: "hero", variants: [["control", 0], ["b", 10_000]] }] });
    site.answer = answer;
    const visitor = await on.visitor();
    const page = await visitor.open(on.page(`/answers/${ANSWERS.findIndex(([name]) => name === what)}`, html(site.tag(), "<a href='#x'>x</a>")));
    assert.equal(await page.evaluate(() => tributary.getVariant("hero")), "b");
    await page.click("a");
    await page.evaluate(() => {
      tributary.track("one");
      tributary.flush();
      history.pushState(null, "", "/answers/next");
    });
    assert.deepEqual(await errors(page), []);
    await visitor.close();
  });
}

/** What the page may have put in the place of what we need, before we come. */
const BROKEN = [
  ["fetch", "fetch = () => { throw new Error('no') }"],
  // Gone while the script looks; the test's own driver needs the real ones.
  ["JSON", "const real = JSON; window.JSON = { parse() { throw new Error('no') } }; addEventListener('load', () => (window.JSON = real))"],
  ["Promise", "const real = Promise; window.Promise = function () { throw new Error('no') }; addEventListener('load', () => (window.Promise = real))"],
  ["WebAssembly", "delete window.WebAssembly"],
  ["TextDecoder", "window.TextDecoder = undefined"],
  ["crypto", "crypto.getRandomValues = () => { throw new Error('no') }"],
  ["observers", "window.IntersectionObserver = window.MutationObserver = undefined"],
  ["history", "Object.freeze(history)"],
];
for (const [what, script] of BROKEN) {
  test(`a page that replaced ${what} before we came sees no error, and control where nothing works`, async () => {
    const site = on.site({ hasCommunications: true });
    const visitor = await on.visitor();
    const address = on.page(`/broken/${what}`, html(`<script>${script}</script>${site.tag('onload="window.loaded = 1"')}`));
    const page = await visitor.open(address, { ready: false });
    await page.waitForFunction("window.loaded");
    const variant = await page.evaluate("window.tributary?.track('x'), window.tributary?.consent(true), window.tributary?.getVariant('none') ?? null");
    assert.equal(variant, null);
    assert.deepEqual(await errors(page), []);
    await visitor.close();
  });
}

test("no value of a field, no text of the page and no parameter beyond the site's leaves the page", async () => {
  const site = on.site({
    queryParameters: ["utm_source"],
    hasCommunications: true,
    clicks: [{ goal: 0, selector: "button" }],
    submits: [{ goal: 1, selector: "form" }],
  });
  const visitor = await on.visitor();
  const secrets = ["s3cret-field", "s3cret-text", "s3cret-query", "s3cret-hidden", "s3cret-title"];
  const body = `<h1>s3cret-text</h1><div data-trib-popup="sale">s3cret-text</div>
    <form action="javascript:void 0"><input name="mail" value="s3cret-field"><input type="hidden" value="s3cret-hidden"><button title="s3cret-title">s3cret-text</button></form>`;
  const address = on.page("/private", html(`<title>s3cret-title</title>${site.tag('data-visible-ms="0"')}`, body));
  const page = await visitor.open(`${address}?mail=s3cret-query&utm_source=x#s3cret-query`);
  await site.expect("$appearance");
  await page.type("input[name=mail]", "s3cret-field");
  await page.click("button");
  await page.evaluate(() => tributary.dismissed("sale"));
  await flush(page);
  assert.deepEqual(new Set(names(site)), new Set(["$page_view", "$appearance", "$click", "$form_submit", "$dismissal"]));
  const sent = JSON.stringify(site.batches);
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }) + document.cookie);
  for (const secret of secrets) assert.ok(!sent.includes(secret) && !kept.includes(secret), secret);
  assert.ok(sent.includes("utm_source=x"));
  await visitor.close();
});
