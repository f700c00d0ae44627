// Bytes of the tag as the collector answers it, and of the stub that a page has inline.

import { readFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { COLLECTOR_BUILD, DIST_WWW } from "../../scripts/support/paths.mjs";
import { measuredSite } from "./support/site.mjs";

/** A site with two experiments and five goals; compressed as a content network does at its best. */
export async function sdk(collector) {
  const { site } = await measuredSite(collector, { shards: 1 });
  const response = await fetch(`${collector.origin}/t.js?site=${site}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw new Error(`t.js answered ${response.status}: ${bytes}`);
  // What the collector puts in front of the build that it chose.
  const given = bytes.indexOf("};") + 2;
  const figures = {
    "sdk.raw_bytes": bytes.length,
    "sdk.gzip_bytes": gzipSync(bytes, { level: 9 }).length,
    "sdk.brotli_bytes": brotliCompressSync(bytes).length,
    "sdk.config_bytes": given,
    "sdk.stub_bytes": readFileSync(path.join(DIST_WWW, "sdk/stub.js")).length,
  };
  return { figures, notes: ["t.js as the collector answers it for a site with two experiments and five goals"] };
}

/** What is uploaded: Worker and glue. */
export function collectorBytes() {
  const built = ["index.js", "index_bg.wasm"].map((name) => readFileSync(path.join(COLLECTOR_BUILD, name)));
  const all = Buffer.concat(built);
  return { figures: { "collector.raw_bytes": all.length, "collector.gzip_bytes": gzipSync(all).length }, notes: [] };
}
