// A browser that signals refusal, the real SDK and the real collector: page and edge agree on who has said yes.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import puppeteer from "puppeteer-core";
import { findChromium } from "../../scripts/setup/chromium.mjs";
import { siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const collector = await collectorFor({ after });
const browser = await puppeteer.launch({ executablePath: findChromium(), args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"] });
after(() => browser.close());

/** A page of the demo shop in a browser whose requests say `Sec-GPC: 1`; `isTold` is whether its scripts hear of it too. */
async function visit(site, { isTold }) {
  const tab = await (await browser.createBrowserContext()).newPage();
  await tab.setExtraHTTPHeaders({ "Sec-GPC": "1" });
  if (isTold) await tab.evaluateOnNewDocument(() => Object.defineProperty(navigator, "globalPrivacyControl", { get: () => true }));
  await tab.goto(`${collector.origin}/shop/${site.key}/`);
  await tab.waitForFunction(() => window.tributary?.track && !window.tributary.q);
  await tab.evaluate(() => window.tributary.flush());
  return tab;
}

const siteNow = () => siteFor(collector, { now: Date.now(), allow_automation: true, shards: 1 });
const diagnostics = async (site) => (await site.settled("", { now: Date.now() })).diagnostics;

test("Sec-GPC refuses at the edge, and consent(true) in the page outranks it there too", async () => {
  const site = await siteNow();
  const tab = await visit(site, { isTold: true });
  assert.deepEqual(await diagnostics(site), {}, "nothing is sent before");
  await tab.evaluate(() => {
    tributary.consent(true);
    return tributary.flush();
  });
  assert.deepEqual(await diagnostics(site), { accepted: 1 });
});

test("a request that signals refusal without the page's knowledge is refused at the edge", async () => {
  const site = await siteNow();
  await visit(site, { isTold: false });
  assert.deepEqual(await diagnostics(site), { no_consent: 1 });
});
