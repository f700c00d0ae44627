// The configuration that these tests give the SDK has the form that the core writes (core/tests/page_config.rs).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { lines } from "./support/page-config.mjs";

test("the tests' writer and the core's write the same text", () => {
  const { config, text } = JSON.parse(readFileSync(new URL("../fixtures/page-config.json", import.meta.url), "utf8"));
  assert.equal(lines(config), text);
});
