// The pictures of the README, made anew from what runs: `npm start` in one terminal, then
// `node scripts/bootstrap.mjs scripts/screenshots.mjs <site key> <secret key> [folder]` in another.

import { mkdirSync } from "node:fs";
import path from "node:path";
import puppeteer from "puppeteer-core";
import { findChromium } from "./setup/chromium.mjs";
import { ROOT } from "./support/paths.mjs";

const ORIGIN = process.env.ORIGIN ?? "http://127.0.0.1:8787";
const [site, secretKey, folder = path.join(ROOT, "docs/pictures")] = process.argv.slice(2);
if (!site || !secretKey) throw new Error("usage: screenshots.mjs <site key> <secret key> [folder]");

const DESKTOP = { width: 1280, height: 860, deviceScaleFactor: 1 };
const PHONE = { width: 390, height: 844, deviceScaleFactor: 2 };

const browser = await puppeteer.launch({ executablePath: findChromium(), args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"] });
const page = await browser.newPage();
mkdirSync(folder, { recursive: true });

async function picture(name, address, viewport, scheme = "light") {
  await page.setViewport(viewport);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(ORIGIN + address, { waitUntil: "networkidle0" });
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
  console.log(`✓ ${name}`);
}

await page.goto(ORIGIN);
await page.type("[name=site]", site);
await page.type("[name=secret_key]", secretKey);
await Promise.all([page.waitForNavigation(), page.click("button")]);

await picture("shop", `/shop/${site}/`, DESKTOP);
await picture("experiment", `/sites/${site}/experiments/hero`, DESKTOP);
await picture("goals", `/sites/${site}/goals`, DESKTOP);
await picture("overview-phone", `/sites/${site}`, PHONE, "dark");
await browser.close();
