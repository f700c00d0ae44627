// What a visitor sees of the control before the variant is there: frames painted wrong, for each way in which a variant is
// given, and how long the page is held. Prints the tables of docs/loader.md.
//
// `npm run bench -- flicker`. Every load has a browser context of its own; latency and throughput are Chromium's own throttle,
// files travel as brotli. A frame is looked at when the browser has painted it: in the task after its animation frame.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { brotliCompressSync } from "node:zlib";
import puppeteer from "puppeteer-core";
import { findChromium } from "../../scripts/setup/chromium.mjs";
import { DIST_WWW } from "../../scripts/support/paths.mjs";
import { build, preamble } from "../browser/support/page-config.mjs";
import { STUB } from "../browser/support/stage.mjs";

const LOADS = 7;
const NETWORKS = [
  { name: "40 ms, 10 Mbit/s", latency: 40, throughput: 1_250_000 },
  { name: "150 ms, 1.6 Mbit/s", latency: 150, throughput: 200_000 },
];
const EXPERIMENTS = [{ key: "hero", variants: [["control", 0], ["b", 10_000]] }];
const CONTROL = "control";
const VARIANT = "variant";
const text = (selector) => ({ changes: [["hero", [["b", [[0, selector, null, VARIANT]]]]]] });

/** Each way: what the site configures, what the page has in its head and body, and what it does later. */
const WAYS = {
  getVariant: {
    head: `<script>tributary.ready().then(() => { const show = () => tributary.getVariant("hero") === "b" && (document.getElementById("hero").textContent = "${VARIANT}"); document.getElementById("hero") ? show() : addEventListener("DOMContentLoaded", show); });</script>`,
    body: `<h1 id="hero">${CONTROL}</h1>`,
  },
  markup: { body: `<h1 id="hero"><template data-trib-experiment="hero" data-trib-variant="b">${VARIANT}</template>${CONTROL}</h1>` },
  changes: { config: text("#hero"), body: `<h1 id="hero">${CONTROL}</h1>` },
  redirect: { config: { changes: [["hero", [["b", [[6, "", [0, "/"], "/landing"]]]]]] }, body: `<h1 id="hero">${CONTROL}</h1>` },
  "single-page application": {
    config: text("#hero"),
    body: '<div id="app"></div>',
    later: `const app = document.getElementById("app"); let left = 20; const render = () => { app.innerHTML = '<h1 id="hero">${CONTROL}</h1>'; left -= 1; if (left) setTimeout(render, 30); else window.rendered = true; }; tributary.ready().then(() => setTimeout(() => { history.pushState(null, "", "/next"); render(); }, 50));`,
  },
};

/** Counts the frames that show the control. What is hidden is not seen. */
const WATCH = `window.wrong = 0; window.frames_ = 0;
const seen = () => { const hero = document.getElementById("hero"); frames_ += 1; if (hero && hero.textContent.trim() === "${CONTROL}" && getComputedStyle(hero).visibility === "visible") wrong += 1; };
const frame = () => { const channel = new MessageChannel(); channel.port1.onmessage = seen; channel.port2.postMessage(0); requestAnimationFrame(frame); };
requestAnimationFrame(frame);
addEventListener("pagehide", () => localStorage.setItem("wrong", Number(localStorage.getItem("wrong") ?? 0) + wrong));`;

const FILLER = "<p>text</p>".repeat(300);
const page = (origin, { head = "", body, later = "" }, attributes) => `<!doctype html><html><head><meta charset="utf-8"><link rel="icon" href="data:,"><script>${WATCH}</script><script>${STUB}</script>
<script async ${attributes} src="${origin}/t.js"></script>${head}</head><body>${body}${FILLER}<script>${later}</script></body></html>`;
const landing = `<!doctype html><html><head><link rel="icon" href="data:,"><title>landing</title></head><body><h1 id="hero">${VARIANT}</h1></body></html>`;

async function serve(handle) {
  const server = createServer(handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

const packed = new Map();
function script(config) {
  const key = JSON.stringify(config);
  const whole = () => brotliCompressSync(Buffer.concat([Buffer.from(preamble("08c0ffee00c0ffee00c0ffee", config)), readFileSync(path.join(DIST_WWW, "sdk", build(config)))]));
  if (!packed.has(key)) packed.set(key, whole());
  return packed.get(key);
}

/** A shop and a collector that serve one way at a time, and a browser. */
async function theatre() {
  const now = { way: undefined, attributes: "", silent: false };
  const collector = await serve((request, response) => {
    if (!request.url.startsWith("/t.js")) return void response.writeHead(200, { "access-control-allow-origin": "*" }).end("{}");
    // A collector that took the connection and never answers.
    if (now.silent) return;
    response.writeHead(200, { "content-type": "text/javascript; charset=utf-8", "content-encoding": "br" });
    response.end(script({ experiments: EXPERIMENTS, ...now.way.config }));
  });
  const shop = await serve((request, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(request.url.startsWith("/landing") ? landing : now.page?.(collector.origin) ?? page(collector.origin, now.way, now.attributes));
  });
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  const browser = await puppeteer.launch({ executablePath: findChromium(), args });
  const close = async () => {
    await browser.close();
    for (const { server } of [collector, shop]) {
      server.closeAllConnections();
      server.close();
    }
  };
  return { now, shop, browser, close };
}

/** One load: frames that showed the control, and when anything was painted first, ms after the HTML was there. */
async function load({ shop, browser }, { latency, throughput }, until) {
  const context = await browser.createBrowserContext();
  const tab = await context.newPage();
  const cdp = await tab.createCDPSession();
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", { offline: false, latency, downloadThroughput: throughput, uploadThroughput: throughput });
  await tab.goto(`${shop.origin}/`, { waitUntil: "domcontentloaded" });
  await tab.waitForFunction(until, { timeout: 30_000 });
  await tab.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0, { timeout: 30_000 });
  const seen = await tab.evaluate(() => ({
    wrong: Number(localStorage.getItem("wrong") ?? 0) + (window.wrong ?? 0),
    painted: performance.getEntriesByName("first-contentful-paint")[0].startTime - performance.getEntriesByType("navigation")[0].responseEnd,
    text: document.getElementById("hero")?.textContent.trim(),
  }));
  await context.close();
  return seen;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const worst = (values) => Math.max(...values);
const SHOWN = { default: () => document.getElementById("hero")?.textContent.trim() === "variant", "single-page application": () => window.rendered };

/** The tag with a limit: the page is held no longer than that, whoever answers (docs/loader.md). */
const limited = (ms) => (origin) => `<!doctype html><html><head><meta charset="utf-8"><link rel="icon" href="data:,"><script>
(function (page, tag) { tag.async = true; tag.setAttribute("blocking", "render"); tag.src = "${origin}/t.js"; page.head.append(tag); setTimeout(function () { tag.remove(); }, ${ms}); })(document, document.createElement("script"));
</script></head><body><h1 id="hero">${CONTROL}</h1>${FILLER}</body></html>`;

/** Runs it. */
export async function flicker() {
  const on = await theatre();
  const figures = {};
  const lines = ["| network | tag | variant by | frames painted wrong (median, worst) | first paint, ms |", "|---|---|---|---|---|"];
  try {
    for (const network of NETWORKS) {
      for (const attributes of ["", 'blocking="render"']) {
        for (const [name, way] of Object.entries(WAYS)) {
          Object.assign(on.now, { way, attributes, page: undefined, silent: false });
          const loads = [];
          for (let round = 0; round < LOADS; round += 1) loads.push(await load(on, network, SHOWN[name] ?? SHOWN.default));
          const wrong = loads.map((one) => one.wrong);
          lines.push(`| ${network.name} | async ${attributes} | ${name} | ${median(wrong)}, ${worst(wrong)} | ${median(loads.map((one) => one.painted)).toFixed(0)} |`);
          if (attributes) figures[`flicker.${name.replaceAll(/\W+/g, "_")}.frames_painted_wrong`] = Math.max(worst(wrong), figures[`flicker.${name.replaceAll(/\W+/g, "_")}.frames_painted_wrong`] ?? 0);
        }
      }
    }
    // A collector that never answers: how long is the page held?
    for (const limit of [300, 1_000]) {
      Object.assign(on.now, { way: WAYS.changes, silent: true, page: limited(limit) });
      const held = [];
      for (let round = 0; round < 3; round += 1) held.push((await load(on, NETWORKS[0], () => document.getElementById("hero"))).painted);
      figures[`flicker.held_at_a_limit_of_${limit}_ms`] = Math.round(median(held));
    }
  } finally {
    await on.close();
  }
  return { figures, notes: [lines.join("\n  ")] };
}
