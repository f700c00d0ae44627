// The npm package: in an app that Vite builds, in Node, and its types.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { build } from "vite";
import { DIST, ROOT, npmBin } from "../../scripts/support/paths.mjs";
import { run } from "../../scripts/support/process.mjs";
import { errors, html, stage } from "./support/stage.mjs";

const PACKAGE = path.join(DIST, "npm");
const APP = path.join(DIST, "app");
const CONFIG = { experiments: [{ key: "hero", version: 3, variants: [["control", 0], ["b", 10_000]] }] };

let on;
let built;

/** The app beside the package, as an install would put it there, and built. */
before(async () => {
  rmSync(APP, { recursive: true, force: true });
  cpSync(path.join(ROOT, "tests/fixtures/app"), APP, { recursive: true });
  mkdirSync(path.join(APP, "node_modules"), { recursive: true });
  symlinkSync(PACKAGE, path.join(APP, "node_modules/tributary-browser"));
  await build({ root: APP, configFile: false, logLevel: "error", build: { outDir: "built", modulePreload: { polyfill: false } } });
  built = path.join(APP, "built");
  on = await stage();
  for (const name of readdirSync(path.join(built, "assets"))) {
    on.page(`/assets/${name}`, readFileSync(path.join(built, "assets", name)), { "content-type": "text/javascript" });
  }
});
after(() => on?.close());

const page = (head = "") => html(head, readFileSync(path.join(built, "index.html"), "utf8"));

async function outcomeOf(address) {
  const visitor = await on.visitor();
  const page = await visitor.open(address);
  const outcome = await page.evaluate(() => window.outcome);
  assert.deepEqual(await errors(page), []);
  await visitor.close();
  return outcome;
}

for (const [how, query] of [["as wasm", ""], ["compiled to JavaScript", "&wasm"]]) {
  test(`an app built by Vite starts the SDK in the package, ${how}`, async () => {
    const site = on.site(CONFIG);
    const address = on.page("/app", page(), { "content-security-policy": `script-src 'self' 'unsafe-inline' ${query ? "" : "'wasm-unsafe-eval'"}` });
    const outcome = await outcomeOf(`${address}?site=${site.key}&collector=${on.collector}${query}`);
    assert.deepEqual(outcome, { variant: "b", heard: [{ experiment: "hero", variant: "b", version: 3 }], assignments: { hero: "b" } });
    const names = site.events().map(({ name }) => name);
    for (const name of ["early", "$page_view", "$exposure", "$identify", "$dismissal"]) {
      assert.equal(names.filter((one) => one === name).length, 1, `${name} in ${names}`);
    }
    assert.deepEqual(site.named("$identify")[0].body, { profile: "17" });
  });
}

test("in a page with the script's tag the package's functions are the script's", async () => {
  const site = on.site(CONFIG);
  const address = on.page("/tagged", page(site.tag('data-global="ttoolab"')));
  const outcome = await outcomeOf(address);
  assert.equal(outcome.variant, "b");
  assert.deepEqual(site.named("purchase").map(({ body }) => body), [{ revenue: 99.9, currency: "USD", order_id: "A-1042" }]);
  assert.equal(site.named("$exposure").length, 1);
});

test("a collector that cannot be reached is control, and no error", async () => {
  const address = on.page("/alone", page());
  const visitor = await on.visitor();
  const opened = await visitor.open(`${address}?site=nobody&collector=http://127.0.0.1:9`);
  assert.equal(await opened.evaluate(() => window.tributary.ready().then(() => window.tributary.getVariant("hero"))), null);
  assert.deepEqual(await errors(opened), []);
  await visitor.close();
});

test("in Node, importing and calling does nothing, and every visitor sees control", async () => {
  const program = `
    import * as tributary from ${JSON.stringify(path.join(PACKAGE, "index.js"))};
    const before = Object.keys(globalThis).length;
    tributary.init({ site: "key", collector: "https://collector.invalid" });
    tributary.track("purchase", { revenue: 1 });
    tributary.on("exposure", () => { throw new Error("never") })();
    await tributary.ready();
    await tributary.flush();
    console.log(JSON.stringify([tributary.getVariant("hero"), tributary.getAssignments(), Object.keys(globalThis).length - before]));`;
  assert.equal((await run(process.execPath, ["--input-type=module", "-e", program])).trim(), '[null,{},0]');
});

test("the types say what is right and refuse what is not", async () => {
  const options = { strict: true, noEmit: true, target: "es2022", lib: ["es2022", "dom"], module: "esnext", moduleResolution: "bundler", types: [] };
  writeFileSync(path.join(APP, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["main.ts", "types.ts"] }));
  await run(npmBin("tsc"), ["-p", APP]);
});

test("every function of window.tributary is in the package, with a type", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/names", html(site.tag())));
  const names = await page.evaluate(() => Object.keys(window.tributary).sort());
  const exported = Object.keys(await import(path.join(PACKAGE, "index.js"))).sort();
  assert.deepEqual(exported, names);
  const types = readFileSync(path.join(PACKAGE, "index.d.ts"), "utf8");
  for (const name of names) assert.match(types, new RegExp(`export declare function ${name}\\b`));
  await visitor.close();
});
