// The build: static files, the description of the API, the page's SDK, the collector, and the description of it that the local runtime starts from.
// What is up to date is left alone, so that a second start takes seconds.
//
// Alone: `npm run build`.

import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { buildCollector } from "./build-collector.mjs";
import { buildOpenapi } from "./build-openapi.mjs";
import { buildWww } from "./build-www.mjs";
import { describeCollector } from "./describe-collector.mjs";
import { setUp } from "./setup.mjs";
import { ROOT } from "./support/paths.mjs";
import { isEntry, main } from "./support/step.mjs";

const SDK = path.join(ROOT, "scripts/build-sdk.mjs");

/** Builds everything that is deployed: collector/build and dist/www. */
export async function build() {
  buildWww();
  await buildOpenapi();
  if (existsSync(SDK)) await (await import(pathToFileURL(SDK))).buildSdk();
  await buildCollector();
  await describeCollector();
}

if (isEntry(import.meta.url)) {
  await main(async () => {
    await setUp();
    await build();
  });
}
