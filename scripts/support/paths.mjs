// Where things are. Every script takes its folders from here, so that a clone can lie anywhere.

import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** Programs that the npm packages bring. */
export const NPM_BIN = path.join(ROOT, "node_modules/.bin");

/** Everything generated that is neither cargo's nor wrangler's. */
export const DIST = path.join(ROOT, "dist");

/** The static files that are served and deployed. */
export const DIST_WWW = path.join(DIST, "www");

/** What worker-build writes and wrangler deploys. */
export const COLLECTOR_BUILD = path.join(ROOT, "collector/build");

/** What `npm start` keeps between runs: keys, storage, the demo's site. */
export const STATE = path.join(ROOT, ".tributary");

/** Cargo's folder. */
export const TARGET = process.env.CARGO_TARGET_DIR ? path.resolve(process.env.CARGO_TARGET_DIR) : path.join(ROOT, "target");

/** Build tools that cargo compiles once per machine; outside the checkout, so that a second clone finds them. */
export const TOOLS =
  process.env.TRIBUTARY_TOOLS ||
  path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "tributary/tools");

/** The program `name` of TOOLS. */
export const tool = (name) => path.join(TOOLS, "bin", name);

/** The program `name` of the npm packages. */
export const npmBin = (name) => path.join(NPM_BIN, name);
