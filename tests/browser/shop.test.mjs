// The main job, end to end: a visitor of the demo shop gets a variant, sees it, clicks, buys; the merchant signs in and
// reads the conversion and the revenue under that variant. A real browser, the real collector, the real shop.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import puppeteer from "puppeteer-core";
import { findChromium } from "../../scripts/setup/chromium.mjs";
import { siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

const HERO = {
  key: "hero",
  variants: [{ key: "control", name: "Morning <light>" }, { key: "b", name: "Evening" }],
  goals: [
    { key: "purchase", name: "Order", type: "revenue", event: "purchase" },
    { key: "cart", type: "custom_event", event: "add_to_cart" },
    { key: "thanks", type: "page_view", operator: "contains", url: "/thanks.html" },
    { key: "hero_click", type: "click", selector: "[data-goal=hero]" },
    { key: "newsletter", type: "form_submit", selector: "#newsletter" },
  ],
};

const collector = await collectorFor({ after });
const site = await siteFor(collector, { now: Date.now(), name: "Harbour & Pine", allow_automation: true, shards: 8 });
await site.run(HERO);
const browser = await puppeteer.launch({ executablePath: findChromium(), args: FLAGS });
after(() => browser.close());

/** A new visitor on a page of the shop: nothing that anybody left before is there. */
async function visit(page = "") {
  const context = await browser.createBrowserContext();
  const tab = await context.newPage();
  tab.errors = [];
  tab.on("pageerror", (error) => tab.errors.push(String(error)));
  tab.on("console", (message) => message.type() === "error" && tab.errors.push(message.text()));
  await tab.goto(`${collector.origin}/shop/${site.key}/${page}`);
  return tab;
}

const click = (tab, selector) => Promise.all([tab.waitForNavigation(), tab.click(selector)]);

async function buy(tab) {
  await tab.goto(`${collector.origin}/shop/${site.key}/product.html?id=candle`);
  await tab.waitForSelector("#add-to-cart", { visible: true });
  await tab.click("#add-to-cart");
  await tab.goto(`${collector.origin}/shop/${site.key}/cart.html`);
  await tab.waitForSelector("#to-checkout", { visible: true });
  await click(tab, "#to-checkout");
  await tab.waitForSelector("#place-order", { visible: true });
  await click(tab, "#place-order");
  assert.match(tab.url(), /thanks\.html/);
}

/** Resolves when the collector has acknowledged everything that the page knows of. */
const flushed = (tab) => tab.evaluate(() => window.tributary.flush());

const hero = (report) => report.experiments[0];
const figures = (report, goal, variant) =>
  hero(report).goals.find(({ key }) => key === goal).variants.find((one) => one.variant === variant);

test("a tag with a wrong key shows in the console as not found, with its address, and not as blocked", async () => {
  const context = await browser.createBrowserContext();
  const tab = await context.newPage();
  const address = `${collector.origin}/t.js?site=${"0".repeat(24)}`;
  const told = new Promise((resolve) => tab.on("console", (message) => message.location().url === address && resolve(message.text())));
  const answered = tab.waitForResponse(address);
  await tab.setContent(`<script async src="${address}"></script>`);
  assert.match(await told, /404 \(Not Found\)/);
  assert.equal((await answered).headers()["content-type"], "text/javascript; charset=utf-8");
  await context.close();
});

const seen = { control: 0, b: 0 };

test("shows each visitor the variant it was assigned, and counts the exposure", async () => {
  for (let visitor = 0; visitor < 40 && Math.min(seen.control, seen.b) === 0; visitor += 1) {
    const tab = await visit();
    const given = await tab.evaluate(() => window.tributary.ready().then(() => window.tributary.getVariant("hero")));
    await tab.waitForSelector(`.hero[data-variant="${given}"]`);
    const shown = await tab.$$eval("#hero-title [data-when]", (all) => all.filter((one) => !one.hidden).map((one) => one.dataset.when));
    assert.deepEqual(shown, [given]);
    seen[given] += 1;
    await flushed(tab);
    assert.deepEqual(tab.errors, []);
    await tab.browserContext().close();
  }
  const report = await site.settled("", { now: Date.now() });
  assert.deepEqual(hero(report).variants.map(({ exposures }) => exposures), [seen.control, seen.b]);
  assert.equal(report.diagnostics.bad_assignment, undefined);
  assert.equal(report.totals.page_views, seen.control + seen.b);
});

test("counts the click, the cart and the order under the variant of their visitor", async () => {
  const tab = await visit();
  const given = await tab.evaluate(() => window.tributary.ready().then(() => window.tributary.getVariant("hero")));
  await tab.click("[data-goal=hero]");
  await tab.type("#newsletter input", "ada@example.com");
  await tab.click("#newsletter button");
  await buy(tab);
  await flushed(tab);
  assert.deepEqual(tab.errors, []);
  const report = await site.settled("", { now: Date.now() });
  for (const { key } of HERO.goals) {
    assert.equal(figures(report, key, given).conversions, 1, key);
    assert.equal(figures(report, key, given === "b" ? "control" : "b").conversions, 0, key);
  }
  // A candle for 34.00 and delivery for 5.90.
  assert.deepEqual(figures(report, "purchase", given).revenue.map(({ currency, orders, gross, aov }) => ({ currency, orders, gross, aov })), [
    { currency: "USD", orders: 1, gross: "39.90", aov: "39.90" },
  ]);
  assert.deepEqual(report.totals.revenue, [{ currency: "USD", orders: 1, gross: "39.90", net: "39.90", aov: "39.90" }]);
  const kept = await tab.evaluate(() => Object.entries(localStorage).filter(([key]) => !key.startsWith("shop:")).join());
  assert.ok(!kept.includes("ada@example.com"), "Tributary keeps no value of a form field");
  await tab.browserContext().close();
});

test("lets the merchant sign in and read the same figures", async () => {
  const report = await site.settled("", { now: Date.now() });
  const context = await browser.createBrowserContext();
  const tab = await context.newPage();
  await tab.goto(collector.origin);
  await tab.type("[name=site]", site.key);
  await tab.type("[name=secret_key]", site.secret);
  await click(tab, "button");
  assert.equal(tab.url(), `${collector.origin}/sites/${site.key}`);
  const overview = await tab.$eval("main", (main) => main.innerText);
  assert.match(overview, /Harbour & Pine/);
  assert.match(overview, /\$39\.90/);
  await click(tab, `a[href="/sites/${site.key}/experiments/hero"]`);
  const page = await tab.$eval("main", (main) => main.innerText);
  const rows = await tab.$$eval("table tr", (all) => all.map((row) => row.innerText.replace(/\s+/g, " ").trim()));
  for (const { variant, exposures, conversions } of hero(report).goals[0].variants) {
    const named = HERO.variants.find(({ key }) => key === variant).name;
    const name = variant === "control" ? `${named} control` : named;
    const row = rows.find((text) => text.startsWith(`${name} ${exposures} ${conversions} `));
    assert.ok(row, `${name}: ${exposures} exposures, ${conversions} conversions in ${JSON.stringify(rows)}`);
  }
  assert.match(page, /Morning <light>/, "names are text, whatever they hold");
  assert.ok(await tab.$("svg path, svg polyline"), "a chart over days");
  await click(tab, "form[action='/sign-out'] button");
  await tab.goto(`${collector.origin}/sites/${site.key}`);
  assert.equal(tab.url(), `${collector.origin}/?site=${site.key}`, "signed out");
  await context.close();
});

test("shows control and a whole shop when the script cannot be loaded", async () => {
  const context = await browser.createBrowserContext();
  const tab = await context.newPage();
  await tab.setRequestInterception(true);
  tab.on("request", (request) => (request.url().includes("/t.js") ? request.abort() : request.continue()));
  await tab.goto(`${collector.origin}/shop/${site.key}/`);
  await tab.waitForSelector('.hero[data-variant="control"]');
  await buy(tab);
  await context.close();
});

test("on the shop's own origin the collector keeps the visitor's cookie alive", async () => {
  const tab = await visit();
  await flushed(tab);
  const name = `tributary_${site.key}`;
  const cookie = async () => (await tab.browserContext().cookies()).find((cookie) => cookie.name === name);
  const { value } = await cookie();
  // As a browser would that cuts short what scripts set.
  await tab.evaluate((text) => {
    document.cookie = `${text}; path=/; max-age=60`;
    tributary.track("seen");
    return tributary.flush();
  }, `${name}=${value}`);
  // What an answer set is seen in another process a little later.
  const isRenewed = ({ expires }) => expires > Date.now() / 1000 + 300 * 24 * 3_600;
  let renewed = await cookie();
  for (let look = 0; look < 100 && !isRenewed(renewed); look += 1) {
    await tab.evaluate(() => fetch("/health").then((answer) => answer.text()));
    renewed = await cookie();
  }
  assert.ok(isRenewed(renewed));
  assert.equal(renewed.value, value);
  await tab.browserContext().close();
});

/** A page of the collector's own origin, with a tag of its own: what the shop's route would give. */
async function own(attributes = "") {
  const context = await browser.createBrowserContext();
  const tab = await context.newPage();
  const body = `<!doctype html><title>own</title><script async src="/tributary/t.js?site=${site.key}" ${attributes}></script>`;
  await tab.setRequestInterception(true);
  tab.on("request", (request) => {
    if (new URL(request.url()).pathname === "/own") request.respond({ contentType: "text/html", body });
    else request.continue();
  });
  const open = async () => {
    await tab.goto(`${collector.origin}/own`);
    await tab.waitForFunction(() => window.tributary?.track);
  };
  await open();
  return { tab, open, cookies: () => context.cookies() };
}

test("on the shop's own origin, too, cookieless means no cookie, and a withdrawal under way brings none back", async () => {
  const cookieless = await own("data-cookieless");
  await flushed(cookieless.tab);
  assert.deepEqual(await cookieless.cookies(), []);
  const withdrawn = await own();
  await flushed(withdrawn.tab);
  assert.equal((await withdrawn.cookies()).length, 1);
  await withdrawn.tab.evaluate(() => {
    tributary.track("last");
    tributary.flush();
    tributary.consent(false);
  });
  // The answer to the next question comes after that of the request.
  await withdrawn.tab.evaluate(() => fetch("/health").then((answer) => answer.text()));
  assert.deepEqual(await withdrawn.cookies(), []);
  await cookieless.tab.browserContext().close();
  await withdrawn.tab.browserContext().close();
});

test("after clear() the visitor stays the new one, though a request of the former was under way", async () => {
  const { tab, open } = await own();
  const id = () => tab.evaluate((key) => localStorage.getItem(`tributary.${key}.visitor`), site.key);
  await flushed(tab);
  const former = await id();
  await tab.evaluate(() => {
    tributary.track("signed_out");
    tributary.flush();
    tributary.clear();
  });
  const fresh = await id();
  assert.notEqual(fresh, former);
  // Nothing is under way when the cookie is put back, as a late answer would leave it: one that is would do so once more.
  await flushed(tab);
  await tab.evaluate((name, former) => (document.cookie = `${name}=${former}; path=/`), `tributary_${site.key}`, former);
  await open();
  assert.equal(await id(), fresh);
  assert.ok((await tab.evaluate(() => document.cookie)).includes(fresh));
  await tab.browserContext().close();
});
