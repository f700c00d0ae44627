// The merchant's pages: who may see them, what stands there, and that names stay names.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { DAY, HOUR, NOW, batch } from "../support/batch.mjs";
import { request, siteFor, visitorsWith } from "../support/site.mjs";
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
