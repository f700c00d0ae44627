// What a page pays for the tag, as the collector answers it. The build holds the script by itself; here is what is sent.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { sdk } from "../bench/sdk.mjs";
import { above } from "../support/budgets.mjs";
import { collectorFor } from "../support/workerd.mjs";

let figures;

before(async () => {
  ({ figures } = await sdk(await collectorFor({ after })));
});

test("the tag of a site with two experiments and five goals is within its budget", () => {
  assert.deepEqual(above(figures), []);
});

test("the site's configuration costs a page few bytes", () => {
  assert.ok(figures["sdk.config_bytes"] < 400, figures["sdk.config_bytes"]);
});
