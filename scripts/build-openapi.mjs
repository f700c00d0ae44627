// The description of the API at /openapi.json: printed by a small native program from the core's own types and the table of
// addresses that the collector routes by. It lies beside the static files, so the Worker carries none of it.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DIST_WWW, ROOT } from "./support/paths.mjs";
import { run } from "./support/process.mjs";
import { filesUnder, stamp, unstamp, upToDate } from "./support/stamp.mjs";
import { step } from "./support/step.mjs";

/** Where the document lies. */
export const DOCUMENT = path.join(DIST_WWW, "openapi.json");

const SOURCES = ["core/src", "openapi/src", "core/Cargo.toml", "openapi/Cargo.toml", "Cargo.lock", "scripts/build-openapi.mjs"];

/** The step. */
export async function buildOpenapi() {
  await step("API document", {
    ready: () => upToDate("openapi", [DOCUMENT]) && "up to date",
    doing: "a native program that writes it from the core's types",
    work: async () => {
      unstamp("openapi");
      const inputs = filesUnder(...SOURCES.map((source) => path.join(ROOT, source)));
      const document = await run("cargo", ["run", "--quiet", "--locked", "--package", "tributary-openapi"]);
      mkdirSync(DIST_WWW, { recursive: true });
      writeFileSync(DOCUMENT, document);
      stamp("openapi", inputs);
      const { paths } = JSON.parse(document);
      return `${Object.values(paths).flatMap(Object.keys).length} calls`;
    },
    remedy: "put right what the compiler says above, then `npm run build`",
  });
}
