// `npm run deploy`: set-up, build, `wrangler deploy`. Arguments go on to wrangler (`npm run deploy -- --dry-run`).

import path from "node:path";
import { build } from "./build.mjs";
import { setUp } from "./setup.mjs";
import { ROOT, npmBin } from "./support/paths.mjs";
import { run } from "./support/process.mjs";
import { main } from "./support/step.mjs";

await main(async () => {
  await setUp();
  await build();
  const config = path.join(ROOT, "collector/wrangler.toml");
  await run(npmBin("wrangler"), ["deploy", "--config", config, ...process.argv.slice(2)], { show: true });
});
