// WebKitGTK under its own WebDriver, on a screen of its own that nobody sees.
//
// A context is a session: a MiniBrowser without anything kept. A page is a window of it, with those methods of Puppeteer's
// pages that the tests use.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { findMiniBrowser } from "../../../scripts/setup/engines.mjs";

/** How long a driver may take to listen, and a page to become what a test waits for. */
const PATIENCE_MS = 60_000;
/** How long a browser may take to come up before another is started. */
const START_MS = 20_000;
/** The name that W3C WebDriver gives to a reference to an element. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const KEYS = { Escape: "\uE00C" };

async function startScreen() {
  const screen = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x900x24"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const [number] = await once(screen.stdio[3], "data");
  return { screen, display: `:${String(number).trim()}` };
}

/** A port that nobody has. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function startDriver(display) {
  const port = await freePort();
  const env = { ...process.env, DISPLAY: display, LIBGL_ALWAYS_SOFTWARE: "1" };
  const driver = spawn("WebKitWebDriver", [`--port=${port}`, "--host=127.0.0.1"], { env, stdio: "ignore" });
  const origin = `http://127.0.0.1:${port}`;
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until && driver.exitCode === null; ) {
    if (await fetch(`${origin}/status`).then(({ ok }) => ok, () => false)) return { driver, call: caller(origin) };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  driver.kill();
  return { driver };
}

const caller = (origin) => async (method, path, body, patience = 60_000) => {
  const response = await fetch(origin + path, { method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(patience) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${path}: ${value.message ?? value.error}`);
  return value;
};

/** A browser that does not come up (now and then one never reports to its driver) is no test's failure: another is started. */
async function startSession(display, attempts = 3) {
  const { driver, call } = await startDriver(display);
  const options = { binary: findMiniBrowser(), args: ["--automation"] };
  const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": options } };
  try {
    if (!call) throw new Error("WebKitWebDriver does not listen");
    const { sessionId } = await call("POST", "/session", { capabilities }, START_MS);
    return { driver, call, sessionId };
  } catch (error) {
    driver.kill();
    if (attempts > 1) return startSession(display, attempts - 1);
    throw error;
  }
}

/** Starts the screen; each context has a driver of its own. */
export async function launchWebKit() {
  const { screen, display } = await startScreen();
  const contexts = [];
  return {
    async createBrowserContext() {
      const context = await createContext(await startSession(display));
      contexts.push(context);
      return context;
    },
    async close() {
      // Those of tests that failed, too.
      for (const context of contexts) await context.close();
      screen.kill();
    },
  };
}

async function createContext({ driver, call, sessionId }) {
  const session = (method, path, body) => call(method, `/session/${sessionId}${path}`, body);
  // One command at a time: each goes to the window that was switched to last.
  let last = Promise.resolve();
  const inWindow = (handle) => (method, path, body) => {
    const act = async () => {
      await session("POST", "/window", { handle });
      return session(method, path, body);
    };
    last = last.then(act, act);
    return last;
  };
  const handles = [await session("GET", "/window")];
  let isFresh = true;
  let isOpen = true;
  return {
    async newPage() {
      // A new window is asked of one that is open.
      if (!isFresh) handles.push((await inWindow((await session("GET", "/window/handles"))[0])("POST", "/window/new", { type: "tab" })).handle);
      isFresh = false;
      return pageOf(inWindow(handles.at(-1)));
    },
    async close() {
      if (isOpen) await call("DELETE", `/session/${sessionId}`);
      isOpen = false;
      driver.kill();
    },
  };
}

/** A page: what a function in it answers comes back, and what it throws is thrown. */
function pageOf(window) {
  const find = async (selector) => {
    const { [ELEMENT]: id } = await window("POST", "/element", { using: "css selector", value: selector });
    return `/element/${id}`;
  };
  const act = (type, parameters, actions) =>
    window("POST", "/actions", { actions: [{ type, id: `${type}-${parameters?.pointerType ?? ""}`, parameters, actions }] });
  const pointer = (pointerType, x, y, press) => {
    const buttons = press ? [{ type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 }] : [];
    return act("pointer", { pointerType }, [{ type: "pointerMove", duration: 0, x, y }, ...buttons]);
  };
  const page = {
    setDefaultTimeout() {},
    goto: (url) => window("POST", "/url", { url }),
    reload: () => window("POST", "/refresh", {}),
    goBack: () => window("POST", "/back", {}),
    // With its last window a session would end.
    close: () => page.goto("about:blank"),
    async evaluate(act, ...values) {
      const call = typeof act === "function" ? `(${act})(...values)` : `(${act})`;
      const script = `const values = [...arguments], done = values.pop();
        new Promise((resolve) => resolve(${call})).then((value) => done({ value, none: value === undefined }), (error) => done({ error: String(error) }));`;
      const { value, none, error } = await window("POST", "/execute/async", { script, args: values });
      if (error) throw new Error(error);
      return none ? undefined : value;
    },
    async waitForFunction(act, options, ...values) {
      for (const until = Date.now() + PATIENCE_MS; Date.now() < until; ) {
        // A page that is being left answers nothing.
        if (await page.evaluate(act, ...values).catch(() => false)) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`never true: ${act}`);
    },
    click: async (selector) => window("POST", `${await find(selector)}/click`, {}),
    type: async (selector, text) => window("POST", `${await find(selector)}/value`, { text }),
    keyboard: {
      press: (key) => act("key", undefined, [{ type: "keyDown", value: KEYS[key] ?? key }, { type: "keyUp", value: KEYS[key] ?? key }]),
    },
    mouse: {
      move: (x, y) => pointer("mouse", x, y, false),
      click: (x, y) => pointer("mouse", x, y, true),
    },
    touchscreen: { tap: (x, y) => pointer("touch", x, y, true) },
  };
  return page;
}
