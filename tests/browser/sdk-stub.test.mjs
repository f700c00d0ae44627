// The stub: calls made before the script is there.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { STUB, html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

const stub = (attributes = "") => `<script ${attributes}>${STUB}</script>`;

test("the stub keeps calls with their time under both names, and answers control", async () => {
  const site = on.site({ experiments: [{ key: "hero", variants: [["control", 0], ["b", 10_000]] }] });
  const visitor = await on.visitor();
  const calls = `<script>
    window.before = [ttoolab === tributary, tributary.getVariant("hero"), JSON.stringify(tributary.getAssignments())];
    ttoolab.track("early", { n: 1 });
    window.called = Date.now();
    window.readied = tributary.ready().then(() => tributary.getVariant("hero"));
  </script>`;
  const address = on.page("/stub", html(stub('data-global="ttoolab"') + calls + site.tag('data-global="ttoolab"')));
  const page = await visitor.open(address);
  assert.deepEqual(await page.evaluate(() => window.before), [true, null, "{}"]);
  assert.equal(await page.evaluate(() => window.readied), "b");
  assert.equal(await page.evaluate(() => window.ttoolab === window.tributary), true);
  await page.evaluate(() => tributary.flush());
  const [early] = site.named("early");
  assert.deepEqual(early.body, { n: 1 });
  assert.ok(early.at <= (await page.evaluate(() => window.called)));
  const [view] = site.named("$page_view");
  assert.ok(early.at <= view.at);
  await visitor.close();
});

test("a page that holds on to the stub's object has the real functions in it later", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/held", html(`${stub()}<script>window.held = tributary</script>${site.tag()}`)));
  await page.evaluate(() => {
    held.track("through");
    return held.flush();
  });
  assert.equal(site.named("through").length, 1);
  await visitor.close();
});

test("init() through the stub gives the options of the tag", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const head = `${stub()}<script>tributary.init({ consent: "required" })</script>${site.tag()}`;
  const page = await visitor.open(on.page("/init", html(head)));
  await page.evaluate(() => tributary.flush());
  assert.equal(site.batches.length, 0);
  await page.evaluate(() => {
    tributary.consent(true);
    return tributary.flush();
  });
  assert.equal(site.named("$page_view").length, 1);
  await visitor.close();
});

test("an option that init() says is off is off", async () => {
  const site = on.site();
  const visitor = await on.visitor();
  const head = `<script>${STUB}</script><script>tributary.init({ cookieless: false, hashRoutes: "false" })</script>${site.tag()}`;
  const page = await visitor.open(on.page("/off", html(head)));
  assert.match(await page.evaluate(() => document.cookie), /tributary_/);
  await visitor.close();
});

test("the stub's hash in the documentation is that of the stub, and a policy that names it lets it run", async () => {
  const documented = readFileSync(new URL("../../docs/sdk.md", import.meta.url), "utf8");
  const hash = `sha256-${createHash("sha256").update(STUB).digest("base64")}`;
  assert.ok(documented.includes(`'${hash}'`), `docs/sdk.md should say '${hash}'`);
  const site = on.site();
  const visitor = await on.visitor();
  const policy = `<meta http-equiv="Content-Security-Policy" content="script-src '${hash}' 'wasm-unsafe-eval' ${on.collector}">`;
  const page = await visitor.open(on.page("/csp", html(policy + stub() + site.tag())));
  await page.evaluate(() => tributary.flush());
  assert.equal(site.named("$page_view").length, 1);
  await visitor.close();
});
