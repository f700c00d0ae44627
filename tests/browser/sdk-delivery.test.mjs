// Nothing is lost: on leaving, when the collector fails, in several tabs.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { errors, html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const flush = (page) => page.evaluate(() => tributary.flush());
const stored = (page) => page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes(".run.")).length);

test("what is tracked right before the page goes arrives, a click that navigates too", async () => {
  const site = on.site({ clicks: [{ goal: 0, selector: "a" }] });
  const visitor = await on.visitor();
  const to = on.page("/gone", html(""));
  const page = await visitor.open(on.page("/leave", html(site.tag(), `<a href="${to}">go</a>`)));
  await page.evaluate(() => addEventListener("pagehide", () => tributary.track("last")));
  await page.click("a");
  await site.expect("last");
  await site.expect("$click");
  await visitor.close();
});

test("a hundred events of 2 KB arrive, some when the page is left and the others at the next visit", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const address = on.page("/heavy", html(site.tag()));
  const page = await visitor.open(address);
  await flush(page);
  await page.evaluate(() => {
    for (let i = 0; i < 100; i++) tributary.track("big", { i, text: "x".repeat(2_000) });
  });
  await page.goto(on.page("/heavy/away", html("")));
  await page.goto(address);
  await site.expect("big", 100);
  for (const { bytes } of site.batches) assert.ok(bytes <= 16_384);
  await visitor.close();
});

test("what a beacon took rides along in the next page's first batch, and storage is empty once it is acknowledged", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/beacon", html(site.tag())));
  await flush(page);
  await page.evaluate(() => addEventListener("pagehide", () => tributary.track("tail")));
  await page.goto(on.page("/beacon/away", html("")));
  await site.expect("tail");
  assert.equal(await stored(page), 1);
  site.batches.length = 0;
  await page.goto(on.page("/beacon/next", html(site.tag())));
  await page.waitForFunction(() => window.tributary?.flush);
  await flush(page);
  const loads = site.batches[0].runs.map(({ load }) => load);
  assert.equal(new Set(loads).size, 2, "the first batch has both page loads");
  assert.equal(await stored(page), 0);
  await visitor.close();
});

test("a batch that failed is sent again as it was, with its time of sending anew; later events do not change it", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  site.answer = async () => ({ status: site.batches.length < 2 ? 503 : 200 });
  const page = await visitor.open(on.page("/retry", html(site.tag())));
  await flush(page);
  await page.evaluate(() => tributary.track("later"));
  await site.expect("later");
  const [first, second, third] = site.batches;
  assert.deepEqual([first.status, second.status, third.status], [503, 503, 200]);
  assert.deepEqual(second.runs[0], first.runs[0]);
  assert.ok(second.sent_at >= first.sent_at + 500, "it paused");
  await visitor.close();
});

const refusals = [400, 413, [404, { error: { code: "unknown_site" } }]];
const others = [401, 403, 404, 407, 408, 425, 429, 500, 503];
for (const [answers, left, what] of [[refusals, 0, "is final"], [others, 1, "is for now, and what was sent is kept"]]) {
  for (const [status, body] of answers.map((answer) => [answer].flat())) {
    test(`a ${status} ${body ? "of the collector's own " : ""}${what}`, async () => {
      const site = on.site();
      const visitor = await on.visitor();
      site.answer = async () => ({ status, body });
      const page = await visitor.open(on.page(`/refused/${status}`, html(site.tag())));
      await flush(page);
      // After a 408 on a connection that was used before, a browser asks once more by itself, with the same bytes.
      assert.equal(new Set(site.batches.map(({ sent_at: at }) => at)).size, 1);
      assert.equal(await stored(page), left);
      await visitor.close();
    });
  }
}

test("a damaged run costs itself and nothing that travels with it", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  site.answer = async (batch) => ({ status: batch.runs.some(({ load }) => load === "damaged") ? 400 : 200 });
  const address = on.page("/damaged", html(site.tag()));
  const page = await visitor.open(address);
  await flush(page);
  await page.evaluate((key, visitor) => {
    const [at, run] = [Date.now(), (load) => `{"load":"${load}","first":0,"at":${at},"events":[[0,"left",{}]]}`];
    for (const [index, load] of ["x", "damaged", "y"].entries()) {
      localStorage.setItem(`tributary.${key}.run.${at}.${index}.0.`, `${visitor} 1 ${run(load)}`);
    }
  }, site.key, site.batches[0].visitor);
  await page.reload();
  await page.waitForFunction(() => window.tributary?.flush);
  await flush(page);
  assert.deepEqual(site.named("left").map(({ load }) => load), ["x", "y"]);
  assert.equal(site.named("$page_view").length, 2);
  assert.equal(await stored(page), 0);
  await visitor.close();
});

test("a retry that is under way when the page is left goes by beacon too", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const { promise: retried, resolve: isRetried } = Promise.withResolvers();
  let asked = 0;
  site.answer = async () => {
    asked += 1;
    if (asked === 1) return { status: 503 };
    // The second is the retry, which the page does not live to see answered.
    if (asked === 2) await new Promise(isRetried);
    return {};
  };
  const page = await visitor.open(on.page("/retrying", html(site.tag())));
  await page.evaluate(async () => {
    await tributary.flush();
    tributary.flush();
  });
  await retried;
  await page.goto(on.page("/retrying/away", html("")));
  await site.expect("$page_view");
  assert.deepEqual([asked, site.batches.map(({ status }) => status)], [3, [503, 204]]);
  await visitor.close();
});

test("the shift of an answer is carried by later batches, also those of the next page", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  site.answer = async () => ({ body: { shift: -7_200_000 } });
  await flush(await visitor.open(on.page("/shift", html(site.tag()))));
  await flush(await visitor.open(on.page("/shift/next", html(site.tag()))));
  assert.deepEqual(site.batches.map(({ shift }) => shift), [0, -7_200_000]);
  await visitor.close();
});

test("two tabs at once lose nothing of each other's", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  let open = false;
  site.answer = async () => ({ status: open ? 200 : 503 });
  const tabs = [];
  for (const name of ["a", "b"]) tabs.push(await visitor.open(on.page(`/tabs/${name}`, html(site.tag()))));
  for (const [index, tab] of tabs.entries()) {
    await tab.evaluate((index) => {
      for (let i = 0; i < 5; i++) tributary.track("tab", { index, i });
    }, index);
  }
  await Promise.all(tabs.map((tab) => tab.close()));
  open = true;
  await flush(await visitor.open(on.page("/tabs/c", html(site.tag()))));
  await site.expect("tab", 10);
  await visitor.close();
});

test("a clock that is set back never makes a time before its run", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const clock = "<script>const real = Date.now; window.back = 0; Date.now = () => real() - window.back;</script>";
  const page = await visitor.open(on.page("/clock", html(clock + site.tag())));
  await page.evaluate(async () => {
    window.back = 3_600_000;
    tributary.track("earlier");
    await tributary.flush();
  });
  for (const { runs } of site.batches) for (const run of runs) for (const [offset] of run.events) assert.ok(offset >= 0);
  const [earlier] = site.named("earlier");
  const [view] = site.named("$page_view");
  assert.ok(earlier.at < view.at);
  await visitor.close();
});

test("functions that the page overrides after it loaded change nothing", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/override", html(site.tag())));
  await page.evaluate(() => {
    window.fetch = () => Promise.reject(new Error("no"));
    navigator.sendBeacon = () => false;
    Date.now = () => 0;
    // The test's own driver needs these again.
    const real = { JSON, Promise };
    window.JSON = { stringify: () => "no", parse: () => null };
    window.Promise = undefined;
    tributary.track("through", { n: 1 });
    tributary.flush();
    Object.assign(window, real);
  });
  const [through] = await site.expect("through");
  assert.deepEqual(through.body, { n: 1 });
  assert.ok(through.at > 0);
  await visitor.close();
});

const throwing = (name) => `${name} = () => { throw new Error("no"); };`;
for (const [what, script, attributes] of [
  ["no sendBeacon", 'Object.defineProperty(navigator, "sendBeacon", { value: undefined });'],
  ["a sendBeacon that throws", throwing("navigator.sendBeacon")],
  // It is there while the script looks; the test's own driver needs the real one.
  ["a clearTimeout that throws", `const real = clearTimeout; ${throwing("clearTimeout")}`, 'onload="clearTimeout = real"'],
]) {
  test(`with ${what} the page measures all the same`, async () => {
    const site = on.site();
    const visitor = await on.visitor();
    const page = await visitor.open(on.page(`/hostile/${what.length}`, html(`<script>${script}</script>${site.tag(attributes)}`)));
    await page.evaluate(() => {
      dispatchEvent(new Event("pagehide"));
      dispatchEvent(new Event("pageshow"));
      tributary.track("after");
      return tributary.flush();
    });
    // A beacon may arrive after the request that followed it.
    const events = site.events().toSorted((one, other) => one.sequence - other.sequence);
    assert.deepEqual(events.map(({ name }) => name), ["$page_view", "after"]);
    assert.deepEqual(await errors(page), []);
    await visitor.close();
  });
}

test("where wasm is forbidden, and the script that stands for it too, nothing throws and the visitor sees control", async () => {
  const site = on.site({ experiments: [{ key: "hero", variants: [["control", 0], ["b", 10_000]] }] });
  const visitor = await on.visitor();
  const policy = `<meta http-equiv="Content-Security-Policy" content="script-src 'unsafe-inline' ${on.collector}/t.js">`;
  const page = await visitor.open(on.page("/policy", html(policy + site.tag())));
  const given = await page.evaluate(async () => {
    tributary.track("nowhere");
    await tributary.ready();
    await tributary.flush();
    return [tributary.getVariant("hero"), tributary.getAssignments()];
  });
  assert.deepEqual(given, [null, {}]);
  assert.deepEqual(await errors(page), []);
  assert.equal(site.batches.length, 0);
  await visitor.close();
});
