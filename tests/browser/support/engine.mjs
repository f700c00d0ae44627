// The browsers that the SDK's own tests run in: `ENGINE` is chromium, firefox or webkit.
//
// The first two are driven by Puppeteer (CDP, and WebDriver BiDi), WebKitGTK by its own WebDriver (webkit.mjs), whose pages have
// the few methods of Puppeteer's that the tests use.

import puppeteer from "puppeteer-core";
import { findChromium } from "../../../scripts/setup/chromium.mjs";
import { findFirefox } from "../../../scripts/setup/engines.mjs";
import { launchWebKit } from "./webkit.mjs";

/** Which one this run is of. */
export const ENGINE = process.env.ENGINE ?? "chromium";

const CHROMIUM = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What a browser cannot do, or its driver cannot make it do: tests that need it are defined for the others only. */
const CANNOT = {
  chromium: [],
  // Under WebDriver no page goes into its back/forward cache.
  firefox: ["back/forward cache"],
  // Its driver makes a mouse of every pointer. Of a page whose rest is still to come it runs no async script and paints nothing.
  webkit: ["touch", "half a page"],
};

/** Whether this run's browser can. */
export const can = (what) => !CANNOT[ENGINE].includes(what);

const LAUNCH = {
  chromium: () => puppeteer.launch({ executablePath: findChromium(), headless: true, args: CHROMIUM }),
  firefox: () => puppeteer.launch({ browser: "firefox", executablePath: findFirefox(), headless: true }),
  webkit: launchWebKit,
};

/** Starts it: an object with `createBrowserContext()` and `close()`. */
export const launch = () => LAUNCH[ENGINE]();
