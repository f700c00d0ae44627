// Files that stay as they are for ever, and what a script of one version asks for.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import { DIST_WWW, ROOT } from "../../scripts/support/paths.mjs";
import { request, siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const { version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
const on = await collectorFor({ after });

test("a version's script stays for ever, for pages of any origin, and is the bytes whose hash is told", async () => {
  const told = await request(on.origin, "GET", `/v/${version}/integrity.json`);
  assert.deepEqual([told.status, told.headers.get("content-type"), told.body.version], [200, "application/json", version]);
  for (const [name, integrity] of Object.entries(told.body).filter(([name]) => name !== "version")) {
    const response = await fetch(`${on.origin}/v/${version}/${name}`);
    assert.equal(response.headers.get("cache-control"), "public, max-age=31536000, immutable");
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    assert.equal(response.headers.get("content-type"), "text/javascript; charset=utf-8");
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.equal(integrity, `sha384-${createHash("sha384").update(bytes).digest("base64")}`, name);
  }
});

test("what the tag's script loads further stays for ever too, and goes compressed", async () => {
  const [build] = readdirSync(path.join(DIST_WWW, "sdk"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const name of ["more.js", "scripted.js", "inspect.js"]) {
    const response = await fetch(`${on.origin}/sdk/${build.name}/${name}`, { headers: { "accept-encoding": "br" } });
    const headers = ["cache-control", "access-control-allow-origin", "content-encoding"].map((header) => response.headers.get(header));
    assert.deepEqual(headers, ["public, max-age=31536000, immutable", "*", "br"], name);
    await response.body.cancel();
  }
});

test("the configuration for a pinned script is that of t.js, for a minute", async () => {
  const site = await siteFor(on);
  await site.run({ key: "hero", variants: [{ key: "control" }, { key: "b" }], goals: [{ key: "order", type: "revenue", event: "purchase" }] });
  const { status, headers, body } = await request(on.origin, "GET", `/v/${version}/config?site=${site.key}`);
  assert.deepEqual([status, headers.get("cache-control"), headers.get("access-control-allow-origin")], [200, "public, max-age=60", "*"]);
  const script = await request(on.origin, "GET", `/t.js?site=${site.key}`);
  assert.ok(script.body.includes(`"config":${JSON.stringify(body.config)}`), JSON.stringify(body));
  assert.equal(body.site, site.key);
});

test("a version that there is not, and a site that nobody made, are told apart; a folder is none", async () => {
  const site = await siteFor(on);
  const rows = [
    [`/v/9.9.9/config?site=${site.key}`, "unknown_version"],
    [`/v/${version}/config?site=${"0".repeat(24)}`, "unknown_site"],
    [`/v/${version}/config`, "unknown_site"],
    ["/v/9.9.9/t.js", "not_found"],
    [`/v/${version}/`, "not_found"],
    [`/v/${version}/secret.txt`, "not_found"],
    ["/v/../sdk/t.js/x", "not_found"],
  ];
  for (const [address, code] of rows) {
    const { status, body } = await request(on.origin, "GET", address);
    assert.deepEqual([status, body.error.code], [404, code], address);
  }
});
