// What the README tells to copy is what is built.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { DIST_WWW, ROOT } from "../../scripts/support/paths.mjs";

test("the stub in the README is the stub that is built", () => {
  const stub = readFileSync(path.join(DIST_WWW, "sdk/stub.js"), "utf8").trim();
  assert.ok(readFileSync(path.join(ROOT, "README.md"), "utf8").includes(`<script data-global="ttoolab">${stub}</script>`));
});
