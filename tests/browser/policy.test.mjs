// Pages with strict policies: what the browser enforces by headers. Chromium tells every violation.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { DIST_WWW, ROOT } from "../../scripts/support/paths.mjs";
import { STUB, stage } from "./support/stage.mjs";

const { version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
const PINNED = path.join(DIST_WWW, "v", version);
const INTEGRITY = JSON.parse(readFileSync(path.join(PINNED, "integrity.json"), "utf8"));
const EXPERIMENTS = [{ key: "hero", variants: [["control", 0], ["b", 10_000]] }];

let on;
before(async () => {
  on = await stage();
  // The page's own script; a policy without 'unsafe-inline' has it in a file.
  on.page("/watch.js", WATCH, { "content-type": "text/javascript" });
  on.page("/stub.js", STUB, { "content-type": "text/javascript" });
});
after(() => on?.close());

const WATCH = `
  var violations = [], pageErrors = [];
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => violations.push(effectiveDirective + " " + blockedURI));
  addEventListener("error", ({ message }) => message && pageErrors.push(message));
  addEventListener("unhandledrejection", ({ reason }) => pageErrors.push(String(reason)));`;

/** A page with nothing inline in it, under a policy. */
function pageWith(policy, tag, body = "") {
  const html = `<!doctype html><html><head><meta charset="utf-8"><script src="/watch.js"></script><script src="/stub.js"></script>${tag}</head><body>${body}</body></html>`;
  return on.page("/policy", html, { "content-security-policy": policy });
}

/** Opens it, takes the variant, sends, and answers what came of it. */
async function visit(address, act = async () => undefined) {
  const visitor = await on.visitor();
  const page = await visitor.open(address);
  const seen = await page.evaluate(async () => {
    await tributary.ready();
    const variant = tributary.getVariant("hero");
    tributary.track("purchase", { revenue: 5 });
    await tributary.flush();
    return { variant, violations, pageErrors };
  });
  const outcome = await act(page);
  await visitor.close();
  return { ...seen, outcome };
}

const names = (site) => site.events().map(({ name }) => name).sort();
const MEASURED = ["$exposure", "$page_view", "purchase"];
/** What the documentation tells to allow, and nothing else. */
const strict = (more = "") => `default-src 'none'; script-src 'self' ${on.collector} 'wasm-unsafe-eval'; connect-src ${on.collector}; ${more}`;
const withoutWasm = (more = "") => strict(more).replace(" 'wasm-unsafe-eval'", "");

test("the documented policy is enough", async () => {
  const site = on.site({ experiments: EXPERIMENTS });
  const { variant, violations, pageErrors } = await visit(pageWith(strict(), site.tag()));
  assert.deepEqual([variant, violations, pageErrors], ["b", [], []]);
  assert.deepEqual(names(site), MEASURED);
});

test("where wasm is forbidden the same code runs as JavaScript, after one violation", async () => {
  const site = on.site({ experiments: EXPERIMENTS });
  const { variant, violations, pageErrors } = await visit(pageWith(withoutWasm(), site.tag()));
  assert.deepEqual([variant, violations, pageErrors], ["b", ["script-src wasm-eval"], []]);
  assert.deepEqual(names(site), MEASURED);
});

test('data-wasm="off" chooses it outright: no violation is reported, not even by the inspector', async () => {
  const site = on.site({ experiments: EXPERIMENTS });
  const address = pageWith(withoutWasm(), site.tag('data-wasm="off"'));
  const { variant, violations, pageErrors, outcome } = await visit(address, (page) =>
    page.evaluate(async () => [(await tributary.inspect()).experiments[0].variant, violations.length]),
  );
  assert.deepEqual([variant, violations, pageErrors, outcome], ["b", [], [], ["b", 0]]);
  assert.deepEqual(names(site), MEASURED);
});

test("where neither may run every visitor sees control, and promises are kept", async () => {
  const site = on.site({ experiments: EXPERIMENTS });
  const policy = `script-src 'self' ${on.collector}/t.js; connect-src ${on.collector}`;
  const { variant, pageErrors } = await visit(pageWith(policy, site.tag('data-wasm="off"')));
  assert.deepEqual([variant, pageErrors, site.batches], [null, [], []]);
});

for (const [name, policy] of [
  ["the tag's policy", "trusted-types tributary"],
  ["no policy at all", "trusted-types 'none'"],
]) {
  test(`where types are enforced and ${name} is allowed, as wasm and as JavaScript, with the bridge and the inspector`, async () => {
    for (const build of ["", 'data-wasm="off"']) {
      const site = on.site({ experiments: EXPERIMENTS });
      const address = pageWith(strict(`require-trusted-types-for 'script'; ${policy}`), site.tag(`data-datalayer ${build}`));
      const { variant, violations, pageErrors, outcome } = await visit(address, (page) =>
        page.evaluate(async () => {
          const heard = [];
          await tributary.on("exposure", ({ variant }) => heard.push(variant));
          const { experiments } = await tributary.inspect();
          return [heard, experiments[0].variant, violations.length];
        }),
      );
      assert.deepEqual([variant, violations, pageErrors, outcome], ["b", [], [], [["b"], "b", 0]], build);
      assert.deepEqual(names(site), MEASURED);
    }
  });
}

/** A variant that is written as HTML. */
const WRITTEN = { experiments: EXPERIMENTS, changes: [["hero", [["b", [[1, "h1", null, "<i>Sale</i>"]]]]]] };

for (const build of ["as wasm", "as JavaScript"]) {
  for (const way of ["the usual tag", "a pinned one"]) {
    test(`where types are enforced, HTML is written under the policy, by ${way} ${build}`, async () => {
      const site = on.site(WRITTEN);
      const attributes = `data-timeout="60000" ${build === "as wasm" ? "" : 'data-wasm="off"'}`;
      const tag = way === "the usual tag" ? site.tag(attributes) : pinned(site, INTEGRITY["t.js"], attributes);
      const visitor = await on.visitor();
      const page = await visitor.open(pageWith(strict("require-trusted-types-for 'script'; trusted-types tributary"), tag, "<h1>Old</h1>"));
      await page.waitForFunction(() => document.querySelector("h1 i"));
      await page.evaluate(() => tributary.flush());
      assert.deepEqual([site.named("$exposure").length, await page.evaluate(() => violations)], [1, []]);
      await visitor.close();
    });
  }
}

test("where no policy is allowed, who would see HTML sees control, is not exposed, and the shop hears why", async () => {
  const site = on.site(WRITTEN);
  const visitor = await on.visitor();
  const page = await visitor.open(pageWith(strict("require-trusted-types-for 'script'; trusted-types 'none'"), site.tag('data-timeout="60000"'), "<h1>Old</h1>"));
  await page.evaluate(() => tributary.flush());
  assert.deepEqual([await page.evaluate(() => document.querySelector("h1").textContent), names(site)], ["Old", ["$not_given", "$page_view"]]);
  assert.deepEqual(site.named("$not_given")[0].body, { experiment: "hero", reason: "html_forbidden" });
  const { experiments } = await page.evaluate(() => tributary.inspect());
  assert.deepEqual(experiments.map(({ variant, reason, exposed }) => [variant, reason, exposed]), [["b", "html_forbidden", false]]);
  assert.deepEqual(await page.evaluate(() => pageErrors), []);
  await visitor.close();
});

const pinned = (site, integrity, attributes = "") =>
  `<script async src="${on.collector}/v/${version}/t.js?site=${site.key}" integrity="${integrity}" crossorigin ${attributes}></script>`;

test("a pinned script whose bytes are those that it names fetches the configuration and gives the variant", async () => {
  const site = on.site({ experiments: EXPERIMENTS });
  const { variant, violations, pageErrors } = await visit(pageWith(strict(), pinned(site, INTEGRITY["t.js"])));
  assert.deepEqual([variant, violations, pageErrors], ["b", [], []]);
  assert.deepEqual(names(site), MEASURED);
});

test("what a pinned script loads further is held to its bytes too, also where types are enforced", async () => {
  const site = on.site({ experiments: EXPERIMENTS });
  const policy = strict("require-trusted-types-for 'script'; trusted-types tributary");
  const { variant, violations, outcome } = await visit(pageWith(policy, pinned(site, INTEGRITY["t.js"], 'data-wasm="off"')), (page) =>
    page.evaluate(async () => {
      const { experiments } = await tributary.inspect();
      const verified = [...document.querySelectorAll("script[integrity]")].map(({ src, integrity }) => [src.split("/").at(-1), integrity]);
      return [experiments[0].variant, verified.slice(1).sort()];
    }),
  );
  const further = ["inspect_scripted.js", "more.js", "scripted.js"].map((name) => [name, INTEGRITY[name]]);
  assert.deepEqual([variant, violations, outcome], ["b", [], ["b", further]]);
});

test("a script of other bytes than the tag names does not run: control, and nothing is counted", async () => {
  const site = on.site({ experiments: EXPERIMENTS });
  const wrong = `sha384-${createHash("sha384").update("another script").digest("base64")}`;
  const visitor = await on.visitor();
  const page = await visitor.open(pageWith(strict(), pinned(site, wrong)), { ready: false });
  // The stub is all there is.
  assert.equal(await page.evaluate(() => Boolean(tributary.q) && tributary.getVariant("hero")), null);
  assert.deepEqual(site.batches, []);
  await visitor.close();
});

test("the hashes that are told are those of the files", () => {
  const { version: told, ...files } = INTEGRITY;
  assert.equal(told, version);
  for (const [name, integrity] of Object.entries(files)) {
    assert.equal(integrity, `sha384-${createHash("sha384").update(readFileSync(path.join(PINNED, name))).digest("base64")}`, name);
  }
});

test("no built script has eval, a function made of text, or an inline style or script", () => {
  const { builds } = JSON.parse(readFileSync(path.join(DIST_WWW, "sdk/sizes.json"), "utf8"));
  for (const name of Object.keys(builds)) {
    const text = readFileSync(path.join(DIST_WWW, "sdk", name), "latin1");
    for (const forbidden of [/\beval\(/, /\bnew Function\b/, /\.setAttribute\(["']style["']/, /createElement\(["']style["']/]) {
      assert.doesNotMatch(text, forbidden, name);
    }
  }
});
