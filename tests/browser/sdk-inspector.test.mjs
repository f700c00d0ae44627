// The inspector: why a visitor is in an experiment or not, what was sent, and what became of it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { errors, html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const VARIANTS = [["control", 0], ["b", 10_000]];
const HERO = { key: "hero", version: 3, variants: VARIANTS };

/** What the inspector says in a page of a site, after `act`. */
async function reportOf(config, { attributes = "", act = () => {} } = {}) {
  const site = on.site(config);
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/inspected", html(site.tag(attributes))));
  await page.evaluate(act);
  const report = await page.evaluate(() => tributary.inspect());
  assert.deepEqual(await errors(page), []);
  await visitor.close();
  return report;
}

const reasons = ({ experiments }) => Object.fromEntries(experiments.map(({ key, variant, reason }) => [key, variant ?? reason]));

for (const [name, config, options, expected] of [
  ["a visitor who is in", { experiments: [HERO] }, {}, "b"],
  ["one who is beyond the coverage", { experiments: [{ ...HERO, coverage: 0 }] }, {}, "not_covered"],
  ["one in another part of the namespace", { experiments: [{ ...HERO, namespace: ["cart", 0, 0] }] }, {}, "outside_namespace"],
  ["one who is held out", { holdout: 10_000, experiments: [HERO] }, {}, "held_out"],
  ["one who has not agreed", { experiments: [HERO] }, { attributes: 'data-consent="required"' }, "no_consent"],
  ["one who withdrew", { experiments: [HERO] }, { act: () => tributary.consent(false) }, "no_consent"],
  ["one without cookies", { experiments: [HERO] }, { attributes: "data-cookieless" }, "cookieless"],
]) {
  test(`the inspector says of ${name}: ${expected}`, async () => {
    assert.deepEqual(reasons(await reportOf(config, options)), { hero: expected });
  });
}

test("of one that is not for this visitor it says which attribute, and what that is; of one of profiles, that there is none", async () => {
  const isTeam = "1\n4\n1\nplan\n0\nteam\n";
  const targeted = [{ key: "plan", variants: VARIANTS, condition: isTeam }, { key: "crm", variants: VARIANTS, isOfProfiles: true }];
  const options = { attributes: `data-attributes='{"plan":"free"}'` };
  const report = await reportOf({ targeted }, options);
  assert.deepEqual(reasons(report), { plan: "condition", crm: "no_profile" });
  assert.equal(report.experiments[0].detail, 'plan is "free".');
  const later = await reportOf({ targeted }, {
    ...options,
    act: () => {
      tributary.setAttributes({ plan: "team" });
      tributary.identify("crm-17");
    },
  });
  assert.deepEqual(reasons(later), { plan: "b", crm: "b" });
});

test("an experiment that does not run is told where the page asks for it, by a call or by markup", async () => {
  const site = on.site({ experiments: [HERO] });
  const visitor = await on.visitor();
  const markup = '<template data-trib-experiment="menu" data-trib-variant="b"></template>';
  const page = await visitor.open(on.page("/asked", html(site.tag(), markup)));
  const report = await page.evaluate(async () => {
    await tributary.inspect();
    tributary.getVariant("footer");
    return tributary.inspect();
  });
  assert.deepEqual(reasons(report), { hero: "b", menu: "not_running", footer: "not_running" });
  await visitor.close();
});

test("it tells what was exposed, and under which version", async () => {
  const report = await reportOf({ experiments: [HERO, { ...HERO, key: "menu" }] }, { act: () => void tributary.getVariant("hero") });
  assert.deepEqual(report.experiments.map(({ key, version, exposed }) => [key, version, exposed]), [["hero", 3, true], ["menu", 3, false]]);
});

test("events are told with what the collector said of each, from the start where the address asks for it", async () => {
  const site = on.site({});
  const visitor = await on.visitor();
  site.answer = async ({ runs: [{ load, first, events }] }) => {
    const refused = events
      .map(([, name], place) => ({ id: `${load}-${first + place}`, name }))
      .filter(({ name }) => name === "late")
      .map(({ id }) => ({ id, reason: "too_old", field: "at", limit: "7 days" }));
    return { body: { accepted: events.length - refused.length, duplicate: 0, refused, shift: 0 } };
  };
  const page = await visitor.open(`${on.page("/events", html(site.tag()))}?tributary_inspect`);
  await page.evaluate(() => {
    tributary.track("late");
    tributary.track("good", { n: 1 });
    return tributary.flush();
  });
  // However long the inspector takes to be there, what is tracked now is not answered.
  site.answer = () => new Promise(() => {});
  const report = await page.evaluate(() => {
    tributary.track("new");
    return tributary.inspect();
  });
  const told = report.events.map(({ name, fate, reason, field, limit }) => [name, fate, ...(reason ? [reason, field, limit] : [])]);
  assert.deepEqual(told.sort(), [["$page_view", "accepted"], ["good", "accepted"], ["late", "refused", "too_old", "at", "7 days"], ["new", "waiting"]]);
  assert.deepEqual(report.events.find(({ name }) => name === "good").properties, { n: 1 });
  await visitor.close();
});

for (const [what, answer, fate] of [
  ["a second time", { body: { accepted: 0, duplicate: 2, refused: [], shift: 0 } }, { fate: "duplicate" }],
  ["partly a second time", { body: { accepted: 1, duplicate: 1, refused: [], shift: 0 } }, { fate: "accepted_or_duplicate", duplicates: 1 }],
  ["by somebody on the way", { status: 403, body: {} }, { fate: "unanswered", status: 403 }],
  ["to be of an unknown site", { status: 404, body: { error: { code: "unknown_site", field: "site", limit: "a key" } } }, { fate: "refused", reason: "unknown_site", field: "site", limit: "a key" }],
]) {
  test(`of a batch that was answered ${what} it says ${fate.fate}`, async () => {
    const site = on.site({});
    const visitor = await on.visitor();
    site.answer = async () => answer;
    const page = await visitor.open(`${on.page("/fate", html(site.tag()))}?tributary_inspect`);
    await page.evaluate(() => {
      tributary.track("one");
      return tributary.flush();
    });
    const { events } = await page.evaluate(() => tributary.inspect());
    const { id, at, name, properties, ...told } = events.find((event) => event.name === "one");
    assert.deepEqual(told, fate, JSON.stringify({ id, at, name, properties }));
    await visitor.close();
  });
}

test("the panel is beside the page: one element, no style and no script in the document, and a click in it meets no goal", async () => {
  const site = on.site({ clicks: [{ goal: 0, selector: "button, section, div" }] });
  const visitor = await on.visitor();
  const policy = '<meta http-equiv="Content-Security-Policy" content="style-src \'none\'">';
  const page = await visitor.open(on.page("/panel", html(policy + site.tag())));
  const found = await page.evaluate(async () => {
    const before = document.querySelectorAll("*").length;
    await tributary.inspect();
    await tributary.inspect();
    const panel = document.querySelector("tributary-inspector");
    const { position, zIndex } = getComputedStyle(panel);
    const { right, bottom } = panel.getBoundingClientRect();
    return { more: document.querySelectorAll("*").length - before, position, zIndex, x: right - 24, y: bottom - 100 };
  });
  assert.deepEqual([found.more, found.position, found.zIndex], [1, "fixed", "2147483647"]);
  await page.mouse.click(found.x, found.y);
  await page.evaluate(() => tributary.flush());
  assert.deepEqual(site.named("$click"), []);
  await visitor.close();
});

test("a click on its cross closes it, and it opens again", async () => {
  const site = on.site({});
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/close", html(site.tag())));
  const { x, y } = await page.evaluate(async () => {
    await tributary.inspect();
    const { right, top } = document.querySelector("tributary-inspector").getBoundingClientRect();
    return { x: right - 24, y: top + 26 };
  });
  await page.mouse.click(x, y);
  await page.waitForFunction(() => !document.querySelector("tributary-inspector"));
  const { site: told } = await page.evaluate(() => tributary.inspect());
  assert.equal(told, site.key);
  assert.ok(await page.evaluate(() => Boolean(document.querySelector("tributary-inspector"))));
  await visitor.close();
});
