// What is painted before the variant is known, in Chromium: `npm run bench -- flicker` measures more of it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { html, stage } from "./support/stage.mjs";

let on;
before(async () => (on = await stage()));
after(() => on?.close());

/** The snippet of the documentation that holds a page for a limited time. */
const LIMITED = /<script>\n\(function \(page, tag\)[\s\S]*?<\/script>/.exec(readFileSync(new URL("../../docs/variants.md", import.meta.url), "utf8"))[0];
const TAG = "https://collector.example/t.js?site=KEY";
const ALL_B = { key: "hero", variants: [["control", 0], ["b", 10_000]] };

/** Keeps what each frame showed that was painted. */
const WATCH = `<script>var frames = [];
const look = () => { const hero = document.getElementById("hero"); if (hero) frames.push(hero.textContent.trim()); };
const frame = () => { const { port1, port2 } = new MessageChannel(); port1.onmessage = look; port2.postMessage(0); requestAnimationFrame(frame); };
requestAnimationFrame(frame);</script>`;

for (const [name, config, body] of [
  ["markup", {}, '<h1 id="hero"><template data-trib-experiment="hero" data-trib-variant="b">variant</template>control</h1>'],
  ["changes", { changes: [["hero", [["b", [[0, "#hero", null, "variant"]]]]]] }, '<h1 id="hero">control</h1>'],
]) {
  test(`with blocking="render" no frame shows the control of an experiment that is given by ${name}`, async () => {
    const site = on.site({ experiments: [ALL_B], ...config });
    const visitor = await on.visitor();
    const page = await visitor.open(on.page(`/${name}`, html(WATCH + site.tag('blocking="render"'), body + "<p>text</p>".repeat(2_000))));
    await page.waitForFunction(() => window.frames.length > 2);
    assert.deepEqual(await page.evaluate(() => [...new Set(window.frames)]), ["variant"]);
    await visitor.close();
  });
}

test("a collector that never answers holds a page with the limited tag no longer than that, and the visitor sees control", async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const tag = LIMITED.replace(TAG, `http://127.0.0.1:${silent.address().port}/t.js?site=none`);
  assert.ok(!tag.includes(TAG));
  const visitor = await on.visitor();
  const page = await visitor.open(on.page("/held", html(tag, '<h1 id="hero">control</h1>')), { ready: false, until: "domcontentloaded" });
  await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0, { polling: 50 });
  await visitor.close();
  silent.closeAllConnections();
  silent.close();
});

test("the limited tag gives the variant before anything is painted where the collector answers in time", async () => {
  const site = on.site({ experiments: [ALL_B] });
  const visitor = await on.visitor();
  // A machine that is busy elsewhere must not be too late.
  const tag = LIMITED.replace(TAG, `${on.collector}/t.js?site=${site.key}`).replace("500", "60000");
  const body = '<h1 id="hero"><template data-trib-experiment="hero" data-trib-variant="b">variant</template>control</h1>';
  const page = await visitor.open(on.page("/in-time", html(WATCH + tag, body)));
  await page.waitForFunction(() => window.frames.length > 2);
  assert.deepEqual(await page.evaluate(() => [...new Set(window.frames)]), ["variant"]);
  await visitor.close();
});
