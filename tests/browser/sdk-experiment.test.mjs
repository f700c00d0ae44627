// Assignment, exposure and who the visitor is.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const ALL_B = { key: "hero", seed: "hero-seed", version: 3, variants: [["control", 0], ["b", 10_000]] };
const flush = (page) => page.evaluate(() => tributary.flush());

test("getVariant gives the variant and exposes once per page view; getAssignments exposes nobody", async () => {
  const site = on.site({ experiments: [ALL_B] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/expose", html(site.tag())));
  assert.deepEqual(await page.evaluate(() => tributary.getAssignments()), { hero: "b" });
  await flush(page);
  assert.equal(site.named("$exposure").length, 0);
  assert.deepEqual(await page.evaluate(() => [tributary.getVariant("hero"), tributary.getVariant("hero")]), ["b", "b"]);
  await flush(page);
  assert.deepEqual(site.named("$exposure").map(({ body }) => body), [{ experiment: "hero", variant: "b", version: 3 }]);
  await page.evaluate(() => {
    history.pushState(null, "", "/expose/next");
    tributary.getVariant("hero");
    return tributary.flush();
  });
  assert.equal(site.named("$exposure").length, 2);
  await visitor.close();
});

test("an unknown experiment and one whose coverage leaves the visitor out give null, and expose nobody", async () => {
  const site = on.site({ experiments: [{ ...ALL_B, coverage: 0 }] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/none", html(site.tag())));
  const given = await page.evaluate(() => [tributary.getVariant("hero"), tributary.getVariant("other"), tributary.getAssignments()]);
  assert.deepEqual(given, [null, null, {}]);
  await flush(page);
  assert.deepEqual(site.events().map(({ name }) => name), ["$page_view"]);
  await visitor.close();
});

for (const [name, config, given] of [
  ["is held out", { holdout: 10_000, experiments: [ALL_B] }, null],
  ["is outside the experiment's namespace", { experiments: [{ ...ALL_B, namespace: ["cart", 0, 0] }] }, null],
  ["is in the experiment's namespace", { experiments: [{ ...ALL_B, namespace: ["cart", 0, 1000] }] }, "b"],
]) {
  test(`a visitor who ${name} gets ${given}`, async () => {
    const site = on.site(config);
    const visitor = await on.visitor();
    const page = await visitor.open(on.page("/share", html(site.tag())));
    assert.equal(await page.evaluate(() => tributary.getVariant("hero")), given);
    await flush(page);
    assert.equal(site.named("$exposure").length, given ? 1 : 0);
    await visitor.close();
  });
}

test("once exposed, a visitor keeps the variant and its version, whatever happens to weights", async () => {
  const site = on.site({ experiments: [ALL_B] });
  const visitor = await on.visitor();
  const address = on.page("/sticky", html(site.tag()));
  const page = await visitor.open(address);
  await page.evaluate(() => tributary.getVariant("hero"));
  site.config = { experiments: [{ ...ALL_B, version: 4, variants: [["control", 10_000], ["b", 0]] }] };
  await page.goto(address);
  await page.waitForFunction(() => window.tributary?.flush);
  assert.equal(await page.evaluate(() => tributary.getVariant("hero")), "b");
  await flush(page);
  await site.until(() => site.named("$exposure").length === 2);
  assert.deepEqual(site.named("$exposure").map(({ body }) => body.version), [3, 3]);
  await visitor.close();
});

test("of an experiment that is over all get its variant, whatever they had, and nobody is exposed", async () => {
  const site = on.site({ experiments: [ALL_B] });
  const visitor = await on.visitor();
  await (await visitor.open(on.page("/over", html(site.tag())))).evaluate(() => (tributary.getVariant("hero"), tributary.flush()));
  await site.until(() => site.named("$exposure").length === 1);
  const over = { key: "hero", seed: "", version: 0, variants: [["control", 10_000]] };
  const rows = [
    ["/over", { experiments: [over] }, "", "control"],
    ["/over-asking", { experiments: [over] }, 'data-consent="required"', "control"],
    ["/over-cookieless", { holdout: 10_000, experiments: [over] }, "data-cookieless", "control"],
    ["/over-held-out", { holdout: 10_000, experiments: [over] }, "", null],
  ];
  for (const [path, config, attributes, given] of rows) {
    site.config = config;
    const page = await visitor.open(on.page(path, html(site.tag(attributes))));
    const told = await page.evaluate(() => [tributary.getVariant("hero"), tributary.getAssignments()]);
    assert.deepEqual(told, [given, given ? { hero: given } : {}], path);
    await flush(page);
  }
  assert.equal(site.named("$exposure").length, 1);
  await visitor.close();
});

test("a visitor who was only assigned, never exposed, follows the weights", async () => {
  const site = on.site({ experiments: [ALL_B] });
  const visitor = await on.visitor();
  const address = on.page("/assigned", html(site.tag()));
  await (await visitor.open(address)).evaluate(() => tributary.getAssignments());
  site.config = { experiments: [{ ...ALL_B, version: 4, variants: [["control", 10_000], ["b", 0]] }] };
  assert.equal(await (await visitor.open(address)).evaluate(() => tributary.getVariant("hero")), "control");
  await visitor.close();
});

test("the visitor is the same on every page of the host", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  await flush(await visitor.open(on.page("/one", html(site.tag()))));
  await flush(await visitor.open(on.page("/two", html(site.tag()))));
  assert.equal(new Set(site.events().map((event) => event.visitor)).size, 1);
  assert.equal(new Set(site.events().map((event) => event.load)).size, 2);
  await visitor.close();
});

test("the visitor is the same on all hosts of the shop's domain, and withdrawing on one erases the id for all", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const { port } = new URL(on.page("/hosts", html(site.tag())));
  const open = (host) => visitor.open(`http://${host}:${port}/hosts`);
  for (const host of ["www.shop.localhost", "pay.shop.localhost", "shop.localhost", "other.localhost"]) {
    await (await open(host)).evaluate(() => tributary.flush());
  }
  const ids = site.named("$page_view").map(({ visitor }) => visitor);
  assert.equal(new Set(ids.slice(0, 3)).size, 1);
  assert.notEqual(ids[3], ids[0]);
  const page = await open("www.shop.localhost");
  await page.evaluate(() => tributary.consent(false));
  assert.equal(await page.evaluate(() => document.cookie), "");
  await visitor.close();
});

test("the id survives the loss of the cookie, and the loss of storage", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const address = on.page("/loss", html(site.tag()));
  const first = await visitor.open(address);
  await flush(first);
  await first.evaluate((key) => (document.cookie = `tributary_${key}=; path=/; max-age=0`), site.key);
  const second = await visitor.open(address);
  await flush(second);
  await first.close();
  await second.evaluate(() => localStorage.clear());
  await second.close();
  await flush(await visitor.open(address));
  assert.equal(site.named("$page_view").length, 3);
  assert.equal(new Set(site.events().map((event) => event.visitor)).size, 1);
  await visitor.close();
});

test("identify names the profile once per page load; another profile gets a new visitor", async () => {
  const site = on.site({ experiments: [ALL_B] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/identify", html(site.tag())));
  await page.evaluate(() => {
    tributary.getVariant("hero");
    tributary.identify("crm-17");
    tributary.identify("crm-17");
    tributary.identify(undefined);
    tributary.identify("crm-18");
    tributary.getVariant("hero");
    return tributary.flush();
  });
  const [first, second, ...others] = site.named("$identify");
  assert.deepEqual([first.body, second.body, others], [{ profile: "crm-17" }, { profile: "crm-18" }, []]);
  assert.notEqual(first.visitor, second.visitor);
  assert.deepEqual(site.named("$exposure").map((event) => event.visitor), [first.visitor, second.visitor]);
  await visitor.close();
});

test("clear() makes the visitor another one, without profile and variants", async () => {
  const site = on.site({ experiments: [ALL_B] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/clear", html(site.tag())));
  await page.evaluate(() => {
    tributary.getVariant("hero");
    tributary.identify("crm-17");
    tributary.clear();
    tributary.track("after");
    return tributary.flush();
  });
  const [identify] = site.named("$identify");
  const [tracked] = site.named("after");
  assert.notEqual(tracked.visitor, identify.visitor);
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  assert.doesNotMatch(kept, /crm-17|variant\./);
  assert.match(kept, new RegExp(tracked.visitor));
  await visitor.close();
});

test("a profile and variants that are stored belong to the stored visitor, and not to another one in the cookie", async () => {
  const site = on.site({ experiments: [{ key: "hero", variants: [["control", 0], ["b", 10_000]] }] });
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/other", html(site.tag())));
  await page.evaluate((key) => {
    tributary.identify("crm-17");
    localStorage.setItem(`tributary.${key}.variant.hero`, "1 control");
    document.cookie = `tributary_${key}=another; path=/`;
  }, site.key);
  await page.reload();
  await page.waitForFunction(() => window.tributary?.flush);
  const given = await page.evaluate(async () => {
    const given = tributary.getVariant("hero");
    await tributary.flush();
    return [given, Object.keys(localStorage).filter((key) => key.endsWith(".profile"))];
  });
  assert.deepEqual(given, ["b", []]);
  assert.equal(site.named("$exposure")[0].visitor, "another");
  await visitor.close();
});
