// What is in a page counts while the rest of it is still on its way.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { can } from "./support/engine.mjs";
import { html, stage } from "./support/stage.mjs";

let on;

const HERO = { key: "hero", variants: [["control", 0], ["b", 10_000]] };
/** Browsers wait for so much before they look at a page. */
const ROOM = `<!--${"x".repeat(4_096)}-->`;

const element = (id, inside) => `<div id="${id}" style="width:200px;height:100px">${inside}</div>`;
const place = (id) => element(id, `<template data-trib-experiment="hero" data-trib-variant="b">B</template>Control`);
const block = (key) => `<div data-trib-block="${key}">${element(key, key)}</div>`;

/** A page whose second part comes only when its `$exposure` and an appearance have arrived. */
async function opened(first, second) {
  const site = on.site({ experiments: [HERO], hasCommunications: true });
  const visitor = await on.visitor();
  const seen = () => site.named("$exposure").length && site.named("$appearance").length;
  const rest = site.until(seen, "what the first part shows").then(() => second);
  const head = site.tag('data-timeout="60000" data-visible-ms="0"');
  const page = await visitor.open(on.page(`/${site.key}`, html(head, first + ROOM).replace("</body></html>", ""), {}, { rest }));
  return { site, visitor, page };
}

// Where there is no test nothing is opened: nobody would close it.
if (can("half a page")) {
  before(async () => (on = await stage()));
  after(() => on?.close());

  test("variants are given and communications appear while the parser waits for more, and so is what comes then", async () => {
    const { site, visitor, page } = await opened(place("early") + block("early-block"), place("late") + block("late-block"));
    await page.waitForFunction(() => ["early", "late"].every((id) => document.getElementById(id).textContent.trim() === "B"));
    await site.until(() => {
      page.evaluate(() => tributary.flush()).catch(() => {});
      return site.named("$appearance").length === 2;
    }, "two appearances");
    const appeared = site.named("$appearance").map(({ body }) => body.communication);
    assert.deepEqual(appeared, ["early-block", "late-block"]);
    assert.equal(site.named("$exposure").length, 1);
    await visitor.close();
  });

  test("what a script puts before the place that the parser is at appears too, also in a shadow root", async () => {
    const put = `<script>
      const first = document.body.firstElementChild;
      const host = document.createElement("section");
      host.attachShadow({ mode: "open" }).innerHTML = ${JSON.stringify(block("in-shadow"))};
      first.before(host);
      first.insertAdjacentHTML("beforebegin", ${JSON.stringify(block("before"))});
    </script>`;
    const { site, visitor, page } = await opened(place("early") + block("early-block"), put);
    await site.until(() => {
      page.evaluate(() => tributary.flush()).catch(() => {});
      return site.named("$appearance").length === 3;
    }, "three appearances");
    const appeared = site.named("$appearance").map(({ body }) => body.communication);
    assert.deepEqual(appeared.toSorted(), ["before", "early-block", "in-shadow"]);
    await visitor.close();
  });
}
