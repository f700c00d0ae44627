// The static files: what lies in www/ as it is, but for www/loader, which is source of what the SDK's build writes.

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DIST, DIST_WWW, ROOT } from "./support/paths.mjs";
import { filesUnder } from "./support/stamp.mjs";

const WWW = path.join(ROOT, "www");
const SOURCES = path.join(WWW, "loader") + path.sep;
const COPIED = path.join(DIST, "stamps/www.json");

/** Copies, and takes away what was copied before and has left www/ since. */
export function buildWww() {
  const before = existsSync(COPIED) ? JSON.parse(readFileSync(COPIED, "utf8")) : [];
  const now = filesUnder(WWW).filter((file) => !file.startsWith(SOURCES)).map((file) => path.relative(WWW, file));
  for (const file of before) if (!now.includes(file)) rmSync(path.join(DIST_WWW, file), { force: true });
  mkdirSync(DIST_WWW, { recursive: true });
  for (const file of now) cpSync(path.join(WWW, file), path.join(DIST_WWW, file));
  mkdirSync(path.dirname(COPIED), { recursive: true });
  writeFileSync(COPIED, JSON.stringify(now));
}
