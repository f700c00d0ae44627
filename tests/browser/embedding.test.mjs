// docs/embedding.md: every snippet in it is run, as it stands there but for the addresses and the key.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { DIST, DIST_WWW, ROOT } from "../../scripts/support/paths.mjs";
import { siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";
import { STUB, errors, html, stage } from "./support/stage.mjs";

const GUIDE = readFileSync(path.join(ROOT, "docs/embedding.md"), "utf8");
const SNIPPETS = Object.fromEntries([...GUIDE.matchAll(/^```(?:html|js|http) ([\w-]+)\n([\s\S]*?)^```$/gm)].map(([, name, text]) => [name, text]));
const INTEGRITY = JSON.parse(readFileSync(path.join(DIST_WWW, "v/0.1.0/integrity.json"), "utf8"))["t.js"];
const HERO = { experiments: [{ key: "hero", variants: [["control", 0], ["b", 10_000]] }] };
const run = new Set();

let on;
before(async () => {
  on = await stage();
  for (const name of ["index.js", "stub.js", "sdk.js", "more.js"]) {
    on.page(`/npm/${name}`, readFileSync(path.join(DIST, "npm", name)), { "content-type": "text/javascript" });
  }
});
after(() => on?.close());

/** A snippet with what it leaves to the reader. */
function snippet(name, site) {
  run.add(name);
  return SNIPPETS[name]
    .replaceAll("https://collector.example", on.collector)
    .replaceAll("YOUR_SITE_KEY", site.key)
    .replaceAll("…stub.js…", () => STUB)
    .replaceAll("sha384-…", INTEGRITY);
}

/** Opens a page of these parts for one visitor and does something there; then everything is sent. */
async function inPage(head, body, act = () => undefined, { headers, visitor } = {}) {
  const own = visitor ?? (await on.visitor());
  const page = await own.open(on.page("/guide", html(head, body), headers));
  const outcome = await page.evaluate(act);
  await page.evaluate(() => tributary.flush());
  assert.deepEqual(await errors(page), []);
  if (!visitor) await own.close();
  return outcome;
}

const named = (site) => site.events().map(({ name }) => name).sort();

test("a plain page gives the variant that stands beside the control, and tells the order", async () => {
  const site = on.site(HERO);
  const body = snippet("plain-body", site) + snippet("plain-order", site);
  const shown = await inPage(snippet("plain-head", site), body, () => tributary.ready().then(() => [...document.querySelectorAll("h1")].map((h1) => h1.textContent)));
  assert.deepEqual(shown, ["Light that lasts 60 hours"]);
  assert.deepEqual(named(site), ["$exposure", "$page_view", "purchase"]);
  assert.deepEqual(site.named("purchase")[0].body, { revenue: 99.9, currency: "USD", order_id: "A-1042" });
});

test("a single-page application exposes when the component is shown, once per page view", async () => {
  const site = on.site(HERO);
  const head = snippet("plain-head", site);
  const use = `<script>addEventListener("load", () => { ${snippet("application", site)} Object.assign(window, { showHero, signedIn, signedOut }); })</script>`;
  const shown = await inPage(head + use, "<h1></h1>", async () => {
    const place = document.querySelector("h1");
    await showHero(place);
    await showHero(place);
    history.pushState(null, "", "/guide/cart");
    await showHero(place);
    signedIn({ id: "customer-17" });
    signedOut();
    return place.textContent;
  });
  assert.equal(shown, "Light that lasts 60 hours");
  assert.deepEqual(named(site), ["$exposure", "$exposure", "$identify", "$page_view", "$page_view"]);
});

test("the package starts by itself in a page without a tag", async () => {
  const site = on.site(HERO);
  const map = '<script type="importmap">{"imports":{"tributary-browser":"/npm/index.js"}}</script>';
  const use = `<h1></h1><script type="module">${snippet("package", site)}; window.shown = document.querySelector("h1").dataset.variant</script>`;
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/guide/package", html(map, use)));
  await page.waitForFunction(() => window.shown);
  assert.equal(await page.evaluate(() => window.shown), "b");
  await page.evaluate(() => tributary.flush());
  assert.deepEqual(named(site), ["$exposure", "$page_view", "signup"]);
  await visitor.close();
});

test("a tag manager's tag brings the bridge: a pushed purchase is an order", async () => {
  const site = on.site();
  // As a tag manager does it: the text becomes an element of the page that is there by then.
  const inject = (text) => `<script>{
    const holder = document.createElement("div");
    holder.innerHTML = ${JSON.stringify(text).replaceAll("</", "<\\/")};
    const script = document.createElement("script");
    script.text = holder.querySelector("script").text;
    document.head.append(script);
  }</script>`;
  await inPage(inject(snippet("tag-manager", site)), snippet("bridge", site), () => tributary.on("exposure", () => {}).then(() => undefined));
  assert.deepEqual(site.named("purchase").map(({ body }) => body), [{ currency: "USD", order_id: "A-1042", revenue: 99.9 }]);
});

test("an order that the server tells is the visitor's whom the page knew", async (t) => {
  const site = on.site();
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/guide/order", html(site.tag(), snippet("order-form", site))));
  await page.evaluate(() => tributary.flush());
  const kept = await page.evaluate(() => {
    const form = document.querySelector("form");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.requestSubmit();
    return new FormData(form).get("visitor");
  });
  assert.equal(kept, site.named("$page_view")[0].visitor);
  await visitor.close();

  // The visitor's exposure and the order meet in a real collector.
  const collector = await collectorFor({ after: t.after.bind(t) });
  const real = await siteFor(collector, { now: Date.now() });
  const text = snippet("order-server", { key: real.key }).replace(on.collector, collector.origin);
  const order = { id: "A-1042", paidAt: Date.now() - 1_000, total: 99.9, currency: "USD", attributes: {}, visitor: kept };
  const tell = new Function("order", "process", `return (async () => { ${text.replace("await fetch", "return fetch")} })()`);
  for (const told of [order, { ...order, id: "A-1043", visitor: "" }]) {
    const answer = await tell(told, { env: { TRIBUTARY_SECRET_KEY: real.secret } });
    assert.deepEqual([answer.status, await answer.json()], [200, { accepted: 1, duplicate: 0, refused: [] }]);
  }
  const exported = await real.call("GET", `/visitors/${kept}`, { now: Date.now() });
  assert.equal(exported.status, 200);
  assert.match(JSON.stringify(exported.body), /A-1042/);
});

test("a link to a checkout on another domain carries the visitor there, for two minutes", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const { port } = new URL(on.page("/", "<p>there</p>"));
  const [shop, checkout] = ["www.shop.localhost", "checkout.localhost"].map((host) => `http://${host}:${port}`);
  const body = snippet("link-shop", site).replaceAll("https://checkout.example", checkout);
  on.page("/shop", html(site.tag(), `<a href="${checkout}/pay?cart=7">Checkout</a>${body}`));
  on.page("/pay", html(snippet("link-checkout", site)));
  const page = await visitor.open(`${shop}/shop`);
  await page.evaluate(() => tributary.flush());
  await page.click("a");
  await page.waitForFunction(() => location.pathname === "/pay" && window.tributary && !window.tributary.q);
  assert.equal(await page.evaluate(() => location.search), "?cart=7");
  await page.evaluate(() => tributary.flush());
  const views = site.named("$page_view");
  assert.equal(new Set(views.map((view) => view.visitor)).size, 1);
  assert.ok(views.every(({ body: { url } }) => !url.includes("visitor=")), JSON.stringify(views));
  await visitor.close();

  // An address that was kept names nobody.
  const other = await on.visitor();
  const late = await other.open(`${checkout}/pay?visitor=${views[0].visitor}.${Date.now() - 121_000}`);
  await late.evaluate(() => tributary.flush());
  assert.notEqual(site.named("$page_view").at(-1).visitor, views[0].visitor);
  assert.equal(await late.evaluate(() => location.search), "");
  await other.close();
});

test("nothing happens before the banner says that the visitor agreed", async () => {
  for (const [statistics, expected] of [[true, ["$page_view"]], [false, []]]) {
    const site = on.site();
    const banner = `<script>var banner = { onDecision: (tell) => (banner.tell = tell) }</script>`;
    const visitor = await on.visitor();
    const page = await visitor.open(on.page("/guide/consent", html(banner + snippet("consent", site))));
    await page.evaluate(() => tributary.flush());
    assert.deepEqual([site.batches, await page.evaluate(() => document.cookie)], [[], ""]);
    await page.evaluate((statistics) => {
      banner.tell({ statistics });
      return tributary.flush();
    }, statistics);
    assert.deepEqual(named(site), expected);
    await visitor.close();
  }
});

/** A snippet's header, and its value. */
const header = (name, site) => {
  const [field, value] = snippet(name, site).trim().split(/: (.*)/s);
  return { [field.toLowerCase()]: value };
};

/** A page without anything inline. */
async function underPolicy(policy, tag, site) {
  on.page("/own.js", `var violations = []; addEventListener("securitypolicyviolation", ({ effectiveDirective }) => violations.push(effectiveDirective)); ${STUB}`, { "content-type": "text/javascript" });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/guide/policy", `<!doctype html><script src="/own.js"></script>${tag}<p>A page</p>`, header(policy, site)));
  const seen = await page.evaluate(async () => {
    await tributary.ready();
    const variant = tributary.getVariant("hero");
    await tributary.flush();
    return [variant, violations];
  });
  await visitor.close();
  return seen;
}

for (const [policy, tag] of [["policy"], ["policy-without-wasm", "without-wasm"], ["policy-types", "pinned"], ["policy", "pinned"]]) {
  test(`under ${policy} ${tag ?? "the usual"} tag gives the variant, and violates nothing`, async () => {
    const site = on.site(HERO);
    assert.deepEqual(await underPolicy(policy, tag ? snippet(tag, site) : site.tag(), site), ["b", []]);
    assert.deepEqual(named(site), ["$exposure", "$page_view"]);
  });
}

test("the inspector opens from the console, and by the address", async () => {
  const site = on.site(HERO);
  const visitor = await on.visitor();
  const address = on.page("/guide/inspect", html(site.tag()));
  const page = await visitor.open(address);
  await page.evaluate(`(async () => { ${snippet("inspect", site)} })()`);
  assert.ok(await page.evaluate(() => Boolean(document.querySelector("tributary-inspector"))));
  const other = await visitor.open(`${address}?tributary_inspect`);
  await other.waitForFunction(() => document.querySelector("tributary-inspector"));
  await visitor.close();
});

test("every block of code in the guide has a name, and ran above", () => {
  const fences = GUIDE.match(/^```/gm).length / 2;
  assert.equal(Object.keys(SNIPPETS).length, fences);
  assert.deepEqual([...run].sort(), Object.keys(SNIPPETS).sort());
});
