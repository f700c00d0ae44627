// What only some pages load, each file on its own: dist/www/sdk/BUILD/NAME.js for the tag, whose names change with their
// bytes; dist/www/v/VERSION/NAME.js for a tag that names version and bytes; dist/npm for pages that are built.

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { transform } from "esbuild";
import { DIST_WWW, ROOT } from "../support/paths.mjs";
import { INSPECTOR } from "./inspector.mjs";

const LOADER = path.join(ROOT, "www/loader");
const SDK = path.join(DIST_WWW, "sdk");
const NPM = path.join(ROOT, "npm");
/** Versions that were published stay as they are. */
const RELEASED = path.join(ROOT, "www/v");

/** The release. */
export const VERSION = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")).version;

/** The files, and what stands in them for the wasm and for its compiling. */
const FILES = {
  more: {},
  scripted: { glue: "scripted.js" },
  inspect: {},
  inspect_scripted: {
    alias: { "tributary-inspector": path.join(INSPECTOR, "scripted.js"), "tributary-compile": path.join(LOADER, "without/compile.js") },
  },
};

const define = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]));
const entry = (name) => path.join(LOADER, `${name}.js`);
const digest = (bytes) => `sha384-${createHash("sha384").update(bytes).digest("base64")}`;

/** All of them by name, in one form. */
async function bundles(bundle, inspector, options) {
  const made = {};
  for (const [name, instead] of Object.entries(FILES)) made[name] = await bundle(entry(name), { ...instead, wasm: inspector, ...options(name) });
  return made;
}

function write(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(folder, name), bytes);
}

const named = (files) => Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${name}.js`, bytes]));

/** Writes the files of the tag, and answers what their build is called. */
export async function buildTagged(bundle, inspector) {
  const files = await bundles(bundle, inspector, () => ({ format: "esm" }));
  const sum = createHash("sha256");
  for (const bytes of Object.values(files)) sum.update(bytes);
  const build = sum.digest("hex").slice(0, 10);
  for (const { name } of readdirSync(SDK, { withFileTypes: true }).filter((one) => one.isDirectory())) {
    rmSync(path.join(SDK, name), { recursive: true });
  }
  write(path.join(SDK, build), named(files));
  return build;
}

/** Writes the files of this version, with what a tag's `integrity` says of them; a version that was published is left alone. */
export async function buildPinned(bundle, wasm, inspector) {
  const folder = path.join(DIST_WWW, "v", VERSION);
  if (!existsSync(path.join(RELEASED, VERSION))) {
    const files = await bundles(bundle, inspector, (name) => ({ format: "iife", globalName: `__tributary_${name}` }));
    const integrity = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, digest(bytes)]));
    const values = define({ TRIBUTARY_VERSION: VERSION, TRIBUTARY_INTEGRITY: integrity });
    const script = await bundle(entry("pinned"), { wasm, define: values });
    const told = { version: VERSION, "t.js": digest(script), ...Object.fromEntries(Object.entries(integrity).map(([name, sum]) => [`${name}.js`, sum])) };
    write(folder, { ...named(files), "t.js": script, "integrity.json": `${JSON.stringify(told, null, 2)}\n` });
  }
  return JSON.parse(readFileSync(path.join(folder, "integrity.json"), "utf8"))["t.js"];
}

/** Writes the npm package: the modules, and what is in npm/. */
export async function buildPackage(bundle, wasm, inspector, out) {
  rmSync(out, { recursive: true, force: true });
  const files = await bundles(bundle, inspector, () => ({ format: "esm" }));
  const sdk = await bundle(entry("package"), { wasm, format: "esm", external: Object.keys(FILES).map((name) => `./${name}.js`), define: define({ TRIBUTARY_VERSION: VERSION }) });
  cpSync(NPM, out, { recursive: true });
  const about = JSON.parse(readFileSync(path.join(NPM, "package.json"), "utf8"));
  write(out, { ...named(files), "sdk.js": sdk, "stub.js": await stub(), "package.json": `${JSON.stringify({ ...about, version: VERSION }, null, 2)}\n` });
}

/** The page's stub as a function of a module. */
async function stub() {
  const source = readFileSync(entry("stub"), "utf8");
  const [, made] = /^\((\(page, name, queue\) => \{[\s\S]*\})\)\(window/m.exec(source);
  const { code } = await transform(`export const stub = ${made};`, { target: "es2020" });
  return code;
}
