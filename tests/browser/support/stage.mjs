// A shop and a collector on two origins of this machine, and a browser: enough for the SDK's own rules. The collector keeps
// what arrives and answers as a test tells it to; it judges nothing.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { DIST_WWW } from "../../../scripts/support/paths.mjs";
import { launch } from "./engine.mjs";
import { build, given, preamble } from "./page-config.mjs";

const SDK = path.join(DIST_WWW, "sdk");
export const STUB = readFileSync(path.join(SDK, "stub.js"), "utf8");
const scriptOf = (config) => readFileSync(path.join(SDK, build(config)));

/** Whether all pages ask for the code compiled to JavaScript. */
const WASM = process.env.WASM === "off" ? 'data-wasm="off"' : "";

/** How long a test waits for what must come, on a machine that is busy elsewhere too. */
const PATIENCE = 60_000;
/** Where the shop's own origin has the collector. */
const ROUTE = "/tributary";

async function listen(handle) {
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => response.destroy(error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** The events of a batch, one by one, with what the run says of them. */
function events(batch) {
  return batch.runs.flatMap(({ load, first, at, events }) =>
    events.map(([offset, name, body], index) => ({ visitor: batch.visitor, load, sequence: first + index, at: at + offset, name, body })),
  );
}

/** Opens everything. `close()` ends it. */
export async function stage() {
  const pages = new Map();
  const shop = await listen(async (request, response) => {
    const { pathname } = new URL(request.url, "http://shop");
    if (pathname.startsWith(ROUTE)) return collect(request, response);
    const page = pages.get(pathname);
    if (page === undefined) return void response.writeHead(pathname === "/favicon.ico" ? 204 : 404).end();
    response.writeHead(page.status, { "content-type": "text/html; charset=utf-8", ...page.headers });
    response.write(page.body);
    response.end(await page.rest);
  });

  const sites = new Map();
  async function collect(request, response) {
    const url = new URL(request.url.replace(ROUTE, ""), "http://collector");
    if (url.pathname === "/t.js") {
      const site = sites.get(url.searchParams.get("site"));
      response.writeHead(200, { "content-type": "text/javascript; charset=utf-8" });
      return void response.end(Buffer.concat([Buffer.from(`${preamble(site.key, site.config)}\n`), scriptOf(site.config)]));
    }
    // What only some pages load, and what a tag pins, lie there as they are deployed.
    if (/^\/(sdk|v)\/[\w.]+\/\w+\.js$/.test(url.pathname)) {
      response.writeHead(200, { "content-type": "text/javascript; charset=utf-8", "access-control-allow-origin": "*" });
      return void response.end(readFileSync(path.join(DIST_WWW, url.pathname)));
    }
    if (/^\/v\/[\w.]+\/config$/.test(url.pathname)) {
      const site = sites.get(url.searchParams.get("site"));
      response.writeHead(200, { "content-type": "application/json", "access-control-allow-origin": "*" });
      return void response.end(JSON.stringify(given(site.key, site.config)));
    }
    const site = sites.get(/^\/v1\/sites\/([^/]+)\/events$/.exec(url.pathname)?.[1]);
    const text = await bodyOf(request);
    const batch = { ...JSON.parse(text), bytes: Buffer.byteLength(text), type: request.headers["content-type"], cookie: request.headers.cookie };
    const answer = await site.answer(batch);
    // As the collector does: 204 where there is nothing to say.
    batch.status = answer.status ?? (answer.body ? 200 : 204);
    site.batches.push(batch);
    site.changed();
    response.writeHead(batch.status, { "content-type": "application/json", "access-control-allow-origin": "*", ...answer.headers });
    const said = answer.body ?? { accepted: events(batch).length, duplicate: 0, refused: [], shift: 0 };
    response.end(batch.status === 204 ? undefined : JSON.stringify(said));
  }
  const collector = await listen(collect);

  const browser = await launch();
  let number = 0;

  return {
    collector: collector.origin,
    /** Serves a page of the shop (or a file of its), with these headers besides, its rest when that is known; the answer is its address. */
    page(pathname, body, headers, { status = 200, rest } = {}) {
      pages.set(pathname, { body, headers, status, rest });
      return shop.origin + pathname;
    },
    /** A site of its own, so that tests share nothing. */
    site(config = {}) {
      const key = `site${(number += 1)}`;
      const waiting = new Set();
      const site = {
        key,
        config,
        batches: [],
        answer: async () => ({}),
        changed: () => waiting.forEach((look) => look()),
        /** All events that were answered well, in the order of their arrival, each once however often it came. */
        events() {
          const seen = new Map();
          for (const batch of site.batches.filter(({ status }) => status === 200 || status === 204)) {
            for (const event of events(batch)) {
              const id = `${event.visitor} ${event.load}-${event.sequence}`;
              if (!seen.has(id)) seen.set(id, event);
            }
          }
          return [...seen.values()];
        },
        named: (name) => site.events().filter((event) => event.name === name),
        /** Waits until `look` finds something in what has arrived, and answers that. */
        until: (look, what = String(look)) =>
          new Promise((resolve, reject) => {
            const timer = setTimeout(() => {
              waiting.delete(check);
              reject(new Error(`never came: ${what}\narrived: ${JSON.stringify(site.batches, null, 1)}`));
            }, PATIENCE);
            function check() {
              const found = look(site);
              if (!found) return;
              clearTimeout(timer);
              waiting.delete(check);
              resolve(found);
            }
            waiting.add(check);
            check();
          }),
        /** The tag, with these attributes besides. */
        tag: (attributes = "") => `<script async src="${collector.origin}/t.js?site=${key}" ${WASM} ${attributes}></script>`,
        /** The tag of a shop that has the collector on its own origin. */
        ownTag: () => `<script async src="${ROUTE}/t.js?site=${key}" ${WASM}></script>`,
        /** Waits for the first `count` events of a name. */
        async expect(name, count = 1) {
          await site.until(() => site.named(name).length >= count, `${count} of ${name}`);
          return site.named(name);
        },
      };
      sites.set(key, site);
      return site;
    },
    /** A visitor's browser of its own: no cookies, no storage. */
    async visitor() {
      const context = await browser.createBrowserContext();
      return {
        /** Opens a page and waits until the SDK is there. */
        async open(address, { ready = true, until = "load" } = {}) {
          const page = await context.newPage();
          page.setDefaultTimeout(PATIENCE);
          await page.goto(address, { waitUntil: until });
          if (ready) await page.evaluate(started, PATIENCE);
          return page;
        },
        close: () => context.close(),
      };
    },
    async close() {
      await browser.close();
      for (const { server } of [shop, collector]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

/**
 * In the page: a promise that the SDK is there. (puppeteer's own `waitForFunction` evaluates a text, which a policy may
 * forbid. How long a page's own timers take is the test's to say, so it looks at another clock.)
 */
const started = (patience) =>
  new Promise((resolve, reject) => {
    const until = performance.now() + patience;
    const look = () => {
      if (window.tributary?.track && !window.tributary.q) resolve();
      else if (performance.now() > until) reject(new Error("the SDK never came"));
      else setTimeout(look, 10);
    };
    look();
  });

/** Keeps every error that reaches the page. */
const WATCH =
  'var pageErrors=[];addEventListener("error",({message})=>pageErrors.push(message));addEventListener("unhandledrejection",({reason})=>pageErrors.push(String(reason)))';

/** A page with a head and a body. What is in the head runs before the SDK does. */
export const html = (head, body = "<p>A page</p>") =>
  `<!doctype html><html><head><meta charset="utf-8"><script>${WATCH}</script>${head}</head><body>${body}</body></html>`;

/** The errors that the page has seen. */
export const errors = (page) => page.evaluate(() => window.pageErrors);
