// What would be deployed: wrangler bundles it as for the real thing, without the last step.

import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { DIST, ROOT, npmBin } from "../../../scripts/support/paths.mjs";
import { run } from "../../../scripts/support/process.mjs";
import { description } from "../../../scripts/support/workerd-config.mjs";

/** Wrangler accepts it, sends what the tests ran, keeps the test clock at home, and the whole is small enough. */
export async function deploy() {
  const folder = path.join(DIST, "deploy");
  rmSync(folder, { recursive: true, force: true });
  const args = ["deploy", "--dry-run", "--outdir", folder, "--config", path.join(ROOT, "collector/wrangler.toml")];
  const said = await run(npmBin("wrangler"), args, { env: { WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" } });

  const results = { passed: 0, failed: 0, output: `${said}\n` };
  const check = (rule, holds, seen) => {
    results[holds ? "passed" : "failed"] += 1;
    if (!holds) results.output += `deploy: not so: ${rule} (${seen})\n`;
  };
  check("wrangler accepts the configuration", /--dry-run: exiting now/.test(said), "it did not come to its end");
  const { modules, objects, assets } = description();
  const sent = modules.map(({ name }) => readFileSync(path.join(folder, name)));
  const built = modules.map(({ name }) => readFileSync(path.join(ROOT, "collector/build", name)));
  check("what is sent is what the tests ran", built.every((bytes, index) => bytes.equals(sent[index])), folder);
  const bound = [...said.matchAll(/^env\.(\w+)/gm)].map(([, name]) => name).sort();
  const wanted = [...objects.map(({ binding }) => binding), assets].sort();
  check("these bindings and no test mode", bound.join() === wanted.join(), bound.join());

  const budget = JSON.parse(readFileSync(path.join(ROOT, "tests/budgets.json"), "utf8"))["collector.gzip_bytes"];
  const bytes = gzipSync(Buffer.concat(sent)).length;
  check(`at most ${budget} bytes compressed`, bytes <= budget, bytes);
  return results;
}
