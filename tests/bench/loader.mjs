// Which way should the wasm come: in the script, or as a second request? Prints the table of docs/loader.md.
//
// `node scripts/bootstrap.mjs tests/bench/loader.mjs [--loads 15]`. Every load has a browser context of its own, so nothing
// is cached; latency and throughput are those that Chromium's own throttle gives. Files travel as brotli.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { brotliCompressSync } from "node:zlib";
import puppeteer from "puppeteer-core";
import { USUAL_GLUE, buildSdk, bundle, literal, sizes } from "../../scripts/build-sdk.mjs";
import { findChromium } from "../../scripts/setup/chromium.mjs";
import { ROOT } from "../../scripts/support/paths.mjs";
import { STUB } from "../browser/support/stage.mjs";
import { preamble } from "../browser/support/page-config.mjs";

const asked = process.argv.indexOf("--loads");
const LOADS = asked < 0 ? 15 : Number(process.argv[asked + 1]);

/** Latency of each request in ms, and throughput in bytes a second. */
const NETWORKS = [
  { name: "40 ms, 10 Mbit/s", latency: 40, throughput: 1_250_000 },
  { name: "150 ms, 1.6 Mbit/s", latency: 150, throughput: 200_000 },
];

const CONFIG = { experiments: [{ key: "hero", variants: [["control", 0], ["b", 10_000]] }], clicks: [{ goal: 0, selector: ".buy" }] };

await buildSdk();
const wasm = readFileSync(path.join(USUAL_GLUE, "page.wasm"));
/** Nothing further is loaded here. */
const BUILD = { TRIBUTARY_BUILD: '""' };
const head = Buffer.from(preamble("08c0ffee00c0ffee00c0ffee", CONFIG));
const carried = await bundle(path.join(ROOT, "www/loader/t.js"), { wasm: literal(wasm), parts: [], define: BUILD });
const base64 = await bundle(path.join(ROOT, "www/loader/t.js"), { wasm: `atob("${wasm.toString("base64")}")`, parts: [], define: BUILD });
const fetched = await bundle(path.join(ROOT, "tests/bench/loader-fetched.js"), { parts: [], define: BUILD });
const LOADERS = {
  "in the script": { script: carried, requests: [carried] },
  "in the script, base64": { script: base64, requests: [base64] },
  "second request": { script: fetched, requests: [fetched, wasm] },
};

/** A page that shows control until it has the variant, and counts the frames in which it does. */
const page = (origin, loader, attributes) => `<!doctype html><html><head><meta charset="utf-8"><link rel="icon" href="data:,"><script>${STUB}</script>
<script async ${attributes} src="${origin}/t.js?loader=${encodeURIComponent(loader)}"></script>
<script>
  window.wrong = 0;
  const frame = () => { if (!window.variant) { wrong += 1; requestAnimationFrame(frame); } };
  requestAnimationFrame(frame);
  tributary.ready().then(() => {
    window.variant = tributary.getVariant("hero");
    window.at = performance.now();
    const show = () => (document.getElementById("hero").textContent = variant);
    document.getElementById("hero") ? show() : addEventListener("DOMContentLoaded", show);
  });
</script></head><body><h1 id="hero">control</h1>${"<p>text</p>".repeat(300)}</body></html>`;

async function serve(handle) {
  const server = createServer(handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

const packed = new Map();
function send(response, type, bytes) {
  if (!packed.has(bytes)) packed.set(bytes, brotliCompressSync(bytes));
  response.writeHead(200, { "content-type": type, "content-encoding": "br", "access-control-allow-origin": "*" });
  response.end(packed.get(bytes));
}

const whole = Object.fromEntries(Object.entries(LOADERS).map(([name, { script }]) => [name, Buffer.concat([head, script])]));
const collector = await serve((request, response) => {
  const url = new URL(request.url, "http://collector");
  if (url.pathname === "/t.js") send(response, "text/javascript; charset=utf-8", whole[url.searchParams.get("loader")]);
  else if (url.pathname === "/sdk.wasm") send(response, "application/wasm", wasm);
  else response.writeHead(200, { "access-control-allow-origin": "*" }).end("{}");
});
const shop = await serve((request, response) => {
  const { searchParams } = new URL(request.url, "http://shop");
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  response.end(page(collector.origin, searchParams.get("loader"), searchParams.get("attributes")));
});

const browser = await puppeteer.launch({
  executablePath: findChromium(),
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function load(loader, attributes, { latency, throughput }) {
  const context = await browser.createBrowserContext();
  const tab = await context.newPage();
  const cdp = await tab.createCDPSession();
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", { offline: false, latency, downloadThroughput: throughput, uploadThroughput: throughput });
  await tab.goto(`${shop.origin}/?${new URLSearchParams({ loader, attributes })}`);
  await tab.waitForFunction(() => window.at && performance.getEntriesByName("first-contentful-paint").length > 0);
  const seen = await tab.evaluate(() => ({
    variant: window.variant,
    at: window.at - performance.getEntriesByType("navigation")[0].responseEnd,
    painted: performance.getEntriesByName("first-contentful-paint")[0].startTime - performance.getEntriesByType("navigation")[0].responseEnd,
    wrong: window.wrong,
  }));
  await context.close();
  if (seen.variant !== "b") throw new Error(`${loader} gave ${seen.variant}`);
  return seen;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

console.log("\n| the wasm comes | requests | raw | gzip | brotli |\n|---|---|---|---|---|");
for (const [name, { requests }] of Object.entries(LOADERS)) {
  const all = requests.map(sizes);
  const sum = (key) => all.reduce((total, size) => total + size[key], 0);
  console.log(`| ${name} | ${requests.length} | ${sum("raw")} | ${sum("gzip")} | ${sum("brotli")} |`);
}

console.log(`\n(medians of ${LOADS} loads, ms after the page's HTML was there)\n`);
console.log("| network | tag | the wasm comes | time to variant | first paint | frames painted wrong |\n|---|---|---|---|---|---|");
for (const network of NETWORKS) {
  for (const attributes of ["", 'blocking="render"']) {
    const seen = Object.fromEntries(Object.keys(LOADERS).map((name) => [name, []]));
    // Rounds are interleaved, so that what else the machine does falls on all alike.
    for (let round = 0; round < LOADS; round += 1) {
      for (const name of Object.keys(LOADERS)) seen[name].push(await load(name, attributes, network));
    }
    for (const [name, loads] of Object.entries(seen)) {
      const of = (key) => median(loads.map((load) => load[key])).toFixed(0);
      console.log(`| ${network.name} | async ${attributes} | ${name} | ${of("at")} | ${of("painted")} | ${of("wrong")} |`);
    }
  }
}
await browser.close();
for (const { server } of [collector, shop]) {
  server.closeAllConnections();
  server.close();
}
