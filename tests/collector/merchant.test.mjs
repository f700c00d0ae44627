// The merchant's pages: who may see them, what stands there, and that names stay names.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { DAY, HOUR, NOW, batch } from "../support/batch.mjs";
import { receiverFor } from "../support/receiver.mjs";
import { request, siteFor, visitorsWith } from "../support/site.mjs";
import { webhookFor } from "../support/webhook.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });

const HERO = { key: "hero", variants: [{ key: "control" }, { key: "b" }], goals: [{ key: "order", type: "revenue", event: "purchase" }] };
const FORM = "application/x-www-form-urlencoded";

const signIn = (site, secret) =>
  request(on.origin, "POST", "/sign-in", { body: new URLSearchParams({ site, secret_key: secret }).toString(), type: FORM });
const cookieOf = ({ headers }) => headers.get("set-cookie").split(";")[0];
const get = (path, cookie, options) => request(on.origin, "GET", path, { headers: cookie ? { cookie } : {}, ...options });
const location = ({ status, headers }) => [status, headers.get("location")];

async function bought(settings, experiment = HERO) {
  const site = await siteFor(on, settings);
  await site.run(experiment, NOW - 2 * DAY);
  const [one, two] = visitorsWith("b", experiment, 2);
  await site.take(batch(one).at(-HOUR).view().exposure("hero", "b").after(9).track("purchase", { revenue: 1234.5 }));
  await site.take(batch(two).at(-HOUR).view().exposure("hero", "b"));
  return site;
}

test("both keys give a cookie that no script and no other site gets, for 12 hours", async () => {
  const site = await siteFor(on);
  const answer = await signIn(site.key, site.secret);
  assert.deepEqual(location(answer), [303, `/sites/${site.key}`]);
  const [, ...attributes] = answer.headers.get("set-cookie").split("; ");
  assert.deepEqual(attributes, ["Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=43200"]);
  const page = (now) => get(`/sites/${site.key}`, cookieOf(answer), { now });
  assert.equal((await page(NOW + 12 * HOUR - 1)).status, 200);
  assert.deepEqual(location(await page(NOW + 12 * HOUR)), [303, `/?site=${site.key}`]);
});

test("keys that do not belong together are told so, and give no cookie", async () => {
  const [site, other] = [await siteFor(on), await siteFor(on)];
  for (const [key, secret] of [[site.key, other.secret], [site.key, ""], [site.key, "sk_wrong"], ["0".repeat(24), site.secret], ["", ""]]) {
    const answer = await signIn(key, secret);
    assert.deepEqual([answer.status, answer.headers.get("set-cookie")], [401, null], `${key} ${secret}`);
    assert.match(answer.body, /role="alert">Site key or secret key is wrong\./);
    assert.equal(/name="site" value="([^"]*)"/.exec(answer.body)?.[1] ?? "", key, "the site key typed is kept, the secret one is not");
    assert.ok(!secret || !answer.body.includes(secret));
  }
});

test("without its cookie a site's page leads to the sign-in, also with the cookie of another site", async () => {
  const [site, other] = [await siteFor(on), await siteFor(on)];
  const [own, others] = [cookieOf(await signIn(site.key, site.secret)), cookieOf(await signIn(other.key, other.secret))];
  const forged = own.replace(site.key, other.key);
  for (const path of [`/sites/${other.key}`, `/sites/${other.key}/experiments/hero`]) {
    for (const cookie of [undefined, own, forged, `${others}0`, "tributary_session="]) {
      assert.deepEqual(location(await get(path, cookie)), [303, `/?site=${other.key}`], `${path} with ${cookie}`);
    }
  }
  assert.equal((await get(`/sites/${other.key}`, `a=1; ${others}; b=2`)).status, 200);
});

test("the front page asks for keys, or leads on who is signed in; signing out forgets", async () => {
  const site = await siteFor(on);
  const cookie = cookieOf(await signIn(site.key, site.secret));
  assert.match((await get("/")).body, /<form method="post" action="\/sign-in">/);
  assert.deepEqual(location(await get("/", cookie)), [303, `/sites/${site.key}`]);
  const out = await request(on.origin, "POST", "/sign-out", { headers: { cookie } });
  assert.deepEqual(location(out), [303, "/"]);
  assert.match(out.headers.get("set-cookie"), /^tributary_session=; .*Max-Age=0/);
});

test("a site's page shows its figures, its experiments and what happened to events", async () => {
  const site = await bought({ name: "Harbour & Pine" });
  const { status, body, headers } = await get(`/sites/${site.key}`, cookieOf(await signIn(site.key, site.secret)));
  assert.equal(status, 200);
  assert.equal(headers.get("content-type"), "text/html; charset=utf-8");
  for (const shown of ["<h1>Harbour &amp; Pine</h1>", "Everything counted as of 23:59:59", "<dt>Revenue</dt><dd>$1,234.50</dd>", "<dt>Sessions</dt><dd>2</dd>", "Accepted"]) {
    assert.ok(body.includes(shown), `${shown} in ${body}`);
  }
  assert.ok(body.includes(`<a href="/sites/${site.key}/experiments/hero">hero</a>`));
});

test("an experiment's page shows exposures, conversions, rate, revenue, AOV and a chart per variant", async () => {
  const site = await bought();
  const cookie = cookieOf(await signIn(site.key, site.secret));
  const body = (await get(`/sites/${site.key}/experiments/hero`, cookie)).body.replaceAll("\u00a0", " ");
  for (const [label, figure] of [
    ["Exposures", "2"],
    ["Conversions", "1"],
    ["Conversion rate", "50.0 %"],
    ["Orders", "1"],
    ["Revenue", "$1,234.50"],
    ["AOV", "$1,234.50"],
    ["Revenue per visitor", "$617.25"],
  ]) {
    assert.ok(body.includes(`<td data-label="${label}">${figure}</td>`), `${label} ${figure} in ${body}`);
  }
  assert.match(body, /<svg class="chart" role="img"/);
  assert.equal((await get(`/sites/${site.key}/experiments/nope`, cookie)).status, 404);
});

/** Two weeks of a shop's history: so many visitors of each variant, of whom so many added to the cart. */
async function compared(more, counts, settings) {
  const site = await siteFor(on, settings);
  const cart = { ...HERO, goals: [{ key: "cart", name: "Filled <carts>", type: "custom_event", event: "add_to_cart" }, ...(more.goals ?? [])], plan: more.plan };
  await site.run(cart, NOW - 14 * DAY);
  const lines = [];
  for (const [variant, [visitors, carts]] of Object.entries(counts)) {
    visitorsWith(variant, cart, visitors).forEach((visitor, place) => {
      const tell = (after, name, properties = {}) => lines.push({ id: `${variant}${place}-${after}`, at: NOW - 2 * DAY + after, visitor, name, properties });
      tell(0, "$exposure", { experiment: "hero", variant, version: 1 });
      if (place < carts) tell(1, "add_to_cart");
    });
  }
  const told = await site.call("POST", "/import", { body: lines.map((line) => `${JSON.stringify(line)}\n`).join(""), type: "application/x-ndjson" });
  assert.deepEqual([told.body.accepted, told.body.refused], [lines.length, []]);
  await site.settled();
  const cookie = cookieOf(await signIn(site.key, site.secret));
  const page = async (now) => (await get(`/sites/${site.key}/experiments/hero`, cookie, { now })).body.replaceAll("\u00a0", " ");
  return { site, page };
}

const SMALL = { base_rate: 0.3, smallest_effect: 0.9 };

test("an experiment that is decided says so, with an interval for each challenger and what every method says", async () => {
  const { page } = await compared({ plan: SMALL }, { control: [60, 12], b: [60, 40] });
  const body = await page();
  assert.match(body, /<h2 id="result">b wins<\/h2><span class="status winner">Winner<\/span>/);
  assert.match(body, /b’s conversion rate is 233\.3 % higher than control’s, between \+[\d.]+ % and \+[\d.]+ % with 95 % confidence \(p &lt; 0\.001\)\./);
  assert.match(body, /<svg class="span" role="img" aria-label="b: 233\.3 % higher than control: between/);
  assert.match(body, /<progress max="1" value="1\.0000" aria-label="Sample">/);
  for (const shown of ["Chance to beat control", "Fixed sample, looked at once", "Nothing changes", "Filled &lt;carts&gt;"]) assert.ok(body.includes(shown), shown);
});

test("an experiment that is not decided says what is missing, and a guardrail that nothing harms is told", async () => {
  const bounces = { key: "bounces", type: "bounce_rate", direction: "decrease", guardrail: { tolerance: 0.1 } };
  const { page } = await compared({ plan: { base_rate: 0.3 }, goals: [bounces] }, { control: [20, 4], b: [20, 8] });
  const body = await page();
  assert.match(body, /<h2 id="result">b leads, but it is too early to tell<\/h2><span class="status running">Leading, not decided<\/span>/);
  assert.match(body, /Each variant needs 961 visitors, and the smallest has 20; at the present traffic that takes about \d+ more days\./);
  assert.match(body, /up to 10 % worse is tolerated<\/small><\/dt><dd><span class="status running">No harm shown</);
  assert.match(body, /<p class="soft">No sessions yet to compare\.<\/p>/);
});

test("variants that are not given as their shares say are no result", async () => {
  const { page } = await compared({ plan: SMALL }, { control: [60, 12], b: [140, 80] });
  const body = await page();
  assert.match(body, /These figures cannot be trusted<\/h2><span class="status invalid">Invalid<\/span>/);
  assert.match(body, /control 30\.0 % instead of 50\.0 %, b 70\.0 % instead of 50\.0 %/);
});

test("before 24 hours no page and no report compares anything", async () => {
  const { site, page } = await compared({ plan: SMALL }, { control: [6, 2], b: [6, 4] });
  const early = NOW - 13 * DAY - 1;
  const body = await page(early);
  assert.match(body, /Too early for results<\/h2>/);
  assert.ok(!body.includes('class="span"') && !body.includes("What every method says"), body);
  const [hero] = (await site.report("", { now: early })).experiments;
  assert.deepEqual([hero.shown_from, hero.decision, hero.mismatch, hero.goals[0].challengers], [NOW - 13 * DAY, undefined, undefined, undefined]);
});

/** A site with one of everything, and somebody who was shown, clicked, was reminded and bought. */
async function attributed() {
  const site = await siteFor(on, { name: "Shop" });
  const make = async (kind, body) => assert.equal((await site.call("POST", `/${kind}`, { body })).status, 200, kind);
  await make("communications", { key: "spring", name: "Spring <sale>", type: "notification" });
  await make("sequences", { key: "welcome", communications: ["spring"] });
  await make("campaigns", { key: "season", name: "The season", sequences: ["welcome"] });
  await make("experiences", { key: "reminder", name: "Cart reminder", variants: [{ key: "a", name: "Friendly" }] });
  await make("goals", { key: "revenue", name: "Revenue", event: "purchase", measure: "value", property: "revenue" });
  await make("journeys", { key: "win", name: "Win back", goal: "revenue", treatments: [{ communication: "spring" }, { experience: "reminder", variant: "a" }] });
  const visit = batch("ann").at(-HOUR).view().event("$sequence_start", { sequence: "welcome" }).event("$campaign_start", { campaign: "season" });
  for (const name of ["$appearance", "$appearance", "$hover", "$click", "$dismissal"]) visit.after(1).event(name, { communication: "spring" });
  await site.take(visit.after(9).track("purchase", { revenue: 80, order_id: "A-1" }));
  await site.take(batch("bob").at(-HOUR).view().track("purchase", { revenue: 20 }).track("$oops"));
  const lines = [
    { id: "x-1", at: NOW - HOUR, visitor: "ann", name: "$execution", properties: { experience: "reminder", variant: "a" } },
    { id: "x-2", at: NOW, visitor: "ann", name: "refund", properties: { order_id: "A-1", amount: 5 } },
  ];
  const body = lines.map((line) => JSON.stringify(line)).join("\n");
  assert.equal((await site.call("POST", "/import", { body, type: "application/x-ndjson" })).body.accepted, 2);
  return site;
}

const cellsOf = (html) => [...html.replaceAll("\u00a0", " ").matchAll(/<th scope="row">(.*?)<\/tr>/gs)].map(([, row]) =>
  [row.replace(/<\/th>.*/s, ""), ...[...row.matchAll(/<td data-label="[^"]*">(.*?)<\/td>/gs)].map(([, cell]) => cell)].map((text) => text.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ").trim()),
);

test("every figure of the report has a page: communications, campaigns, experiences, goals, diagnostics", async () => {
  const site = await attributed();
  await site.settled();
  const cookie = cookieOf(await signIn(site.key, site.secret));
  const page = async (name) => (await get(`/sites/${site.key}/${name}`, cookie)).body;
  assert.deepEqual(cellsOf(await page("communications")), [
    ["Spring &lt;sale&gt; Notification", "2", "1", "1", "1", "1", "1", "1", "$80.00", "$75.00"],
    ["Unattributed", "", "", "", "", "", "", "1", "$20.00", "$20.00"],
    ["All orders", "", "", "", "", "", "", "2", "$100.00", "$95.00"],
  ]);
  assert.deepEqual(cellsOf(await page("campaigns")), [
    ["The season season", "1", "1", "1", "1", "1", "1", "1", "$80.00", "$75.00"],
    ["welcome", "1", "1", "1", "1", "1", "1", "1", "$80.00", "$75.00"],
  ]);
  const windows = cellsOf(await page("experiences"));
  assert.deepEqual(windows.map(([length]) => length), ["1 hour", "3 hours", "1 day", "3 days", "7 days"]);
  assert.deepEqual(windows[0].slice(1), ["1", "1", "100.0 %", "1", "$80.00", "$75.00", "$80.00"]);
  const goals = cellsOf(await page("goals"));
  assert.deepEqual(goals.map(([name, events, , , , , , gross, net]) => [name, events, gross, net]), [
    ["Win back Journey", "1", "$80.00", "$75.00"],
    ["Spring &lt;sale&gt; communication", "1", "$80.00", "$75.00"],
    ["Cart reminder: Friendly experience", "0", "–", "–"],
    ["All journeys", "1", "$80.00", "$75.00"],
    ["Uncredited", "1", "$20.00", "$20.00"],
  ]);
  const told = await page("diagnostics");
  assert.match(told, /<dt>Reserved name<small>[^<]+<\/small><\/dt><dd>1<\/dd>/);
  assert.equal(told.match(/<dt>/g).length, 20);
});

test("what pages could give nothing of is told under diagnostics, each reason by its name, and in no figure", async () => {
  const site = await siteFor(on);
  await site.run({ key: "hero", variants: [{ key: "control" }, { key: "b" }], goals: [{ key: "order", type: "revenue", event: "purchase" }] });
  const told = ["html_forbidden", "change_failed", "redirect_loop"];
  const visit = told.reduce((visit, reason) => visit.event("$not_given", { experiment: "hero", reason }), batch("ann").view());
  await site.take(visit);
  const { diagnostics, experiments } = await site.settled();
  assert.deepEqual(diagnostics, { accepted: 4, html_forbidden: 1, change_failed: 1, redirect_loop: 1 });
  assert.deepEqual(experiments[0].variants.map(({ exposures }) => exposures), [0, 0]);
  const { body } = await get(`/sites/${site.key}/diagnostics`, cookieOf(await signIn(site.key, site.secret)));
  for (const name of ["HTML forbidden", "Changes that failed", "Redirects that came back"]) {
    assert.match(body, new RegExp(`<dt>${name}<small>[^<]+</small></dt><dd>1</dd>`));
  }
});

test("the pages lead to one another and keep the range that was chosen, today among them", async () => {
  const site = await attributed();
  const cookie = cookieOf(await signIn(site.key, site.secret));
  for (const section of ["", "/communications", "/campaigns", "/goals", "/diagnostics"]) {
    const { body } = await get(`/sites/${site.key}${section}?days=1`, cookie);
    assert.match(body, /<a href="\?days=1" aria-current="page">Today<\/a>/, section);
    assert.ok(body.includes(`<a href="/sites/${site.key}${section}?days=1" aria-current="page">`), section);
    assert.match(body, /Figures of (\d{4}-\d\d-\d\d), a calendar day in/, section);
  }
  assert.equal((await get(`/sites/${site.key}/nothing`, cookie)).status, 404);
});

test("who has nothing yet is shown how to make it, and the tag with its stub", async () => {
  const site = await siteFor(on);
  const cookie = cookieOf(await signIn(site.key, site.secret));
  const { body } = await get(`/sites/${site.key}`, cookie);
  assert.ok(body.includes(`&lt;script async src=&quot;${on.origin}/t.js?site=${site.key}&quot; data-global=&quot;ttoolab&quot;&gt;`), body);
  assert.match(body, /&lt;script data-global=&quot;ttoolab&quot;&gt;\(\(\w,\w,\w\)=&gt;.*&lt;\/script&gt;/);
  for (const kind of ["communications", "campaigns", "experiences", "goals"]) {
    const page = (await get(`/sites/${site.key}/${kind}`, cookie)).body;
    assert.ok(page.includes(`/v1/sites/${site.key}/${kind} \\`), kind);
    const [, sent] = /-d '(.*?)'/s.exec(page.replaceAll("&quot;", '"'));
    assert.equal(typeof JSON.parse(sent).key, "string");
  }
});

test("signed in to one site, another's page says so and keeps its key", async () => {
  const [site, other] = [await siteFor(on), await siteFor(on)];
  const cookie = cookieOf(await signIn(site.key, site.secret));
  const { status, body } = await get(`/?site=${other.key}`, cookie);
  assert.equal(status, 200);
  assert.match(body, /signed in to another site/);
  assert.ok(body.includes(`name="site" value="${other.key}"`) && body.includes(`href="/sites/${site.key}"`));
  assert.match((await get(`/?site=${other.key}`)).body, /Sign in to see the pages of this site/);
  assert.deepEqual(location(await get(`/?site=${site.key}`, cookie)), [303, `/sites/${site.key}`]);
  const invented = (await get(`/?site=${"0".repeat(24)}`)).body;
  assert.ok(!invented.includes("value="), "a key that nobody issued is not repeated");
});

test("an address that leads nowhere is a page for a browser, and JSON for all others", async () => {
  const page = (path, accept) => request(on.origin, "GET", path, { headers: { accept } });
  const browser = "text/html,application/xhtml+xml,*/*;q=0.8";
  for (const path of ["/nothing", "/sites/nobody", "/v1/nothing", "/styles/nothing.css"]) {
    const { status, body, headers } = await page(path, browser);
    assert.deepEqual([status, headers.get("content-type")], [404, "text/html; charset=utf-8"], path);
    assert.match(body, /<h1>Nothing is here<\/h1>/);
    assert.match(headers.get("content-security-policy"), /^default-src 'none'/);
    const told = await page(path, "*/*");
    assert.deepEqual([told.status, told.headers.get("content-type")], [404, "application/json"], path);
  }
  const api = await page("/v1/sites/nobody", browser);
  assert.deepEqual([api.status, api.body.error?.code], [404, "unknown_site"], "an answer of the API is JSON for everybody");
});

test("a page says when not everything is counted yet", async () => {
  const site = await bought();
  const cookie = cookieOf(await signIn(site.key, site.secret));
  assert.match((await get(`/sites/${site.key}`, cookie, { fault: "site-down" })).body, /deliver(y|ies) on the way/);
  assert.match((await get(`/sites/${site.key}`, cookie)).body, /Everything counted/);
});

test("a name is never markup, and the pages run no script at all", async () => {
  const nasty = `<script>alert("1")</script><img src=x onerror=alert(1)>'&`;
  const variants = [{ key: "control", name: nasty }, { key: "b", name: nasty }];
  const site = await bought({ name: nasty }, { ...HERO, name: nasty, variants, goals: [{ ...HERO.goals[0], name: nasty }] });
  const cookie = cookieOf(await signIn(site.key, site.secret));
  for (const path of [`/sites/${site.key}`, `/sites/${site.key}/experiments/hero`]) {
    const { body, headers } = await get(path, cookie);
    assert.ok(body.includes("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"));
    assert.ok(!/<script|<img/.test(body), body);
    assert.match(headers.get("content-security-policy"), /^default-src 'none'; style-src 'self';/);
    assert.equal(headers.get("cache-control"), "no-store");
  }
});

test("the page of webhooks shows each one's latest events and nothing of what its receiver wrote", async () => {
  const site = await siteFor(on);
  const cookie = cookieOf(await signIn(site.key, site.secret));
  const page = async () => (await get(`/sites/${site.key}/webhooks`, cookie)).body;
  assert.match(await page(), /No webhook yet/);
  const receiver = await receiverFor({ after });
  const webhook = await webhookFor(on, site, receiver.url("huge/page"), { description: "<i>Chat</i>" });
  await webhook.test();
  await webhook.logged(([notice]) => notice.state === "failed");
  const shown = await page();
  for (const expected of ["&lt;i&gt;Chat&lt;/i&gt;", receiver.url("huge/page"), "webhook.test", "Failed", "500 in ", ">Enabled<"]) assert.ok(shown.includes(expected), expected);
  assert.ok(!shown.includes("alert(1)") && !shown.includes("<i>") && !shown.includes(webhook.secret));
  await webhook.change({ enabled: false });
  assert.match(await page(), /Disabled since .*, on request\./);
});
