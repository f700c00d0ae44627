// `npm run bench`: bytes, rows and throughput of what would be deployed. `-- --json FILE` writes the figures too, and
// `-- sdk rows` measures these alone.
//
// Bytes and rows are held to tests/budgets.json. Times are not: they belong to the machine, only their ratios to the product.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "../../scripts/build.mjs";
import { setUp } from "../../scripts/setup.mjs";
import { startCollector } from "../../scripts/support/collector.mjs";
import { StepFailed, main } from "../../scripts/support/step.mjs";
import { above, budgets } from "../support/budgets.mjs";
import { KEYS } from "../support/workerd.mjs";
import { core } from "./core.mjs";
import { cost } from "./cost.mjs";
import { flicker } from "./flicker.mjs";
import { history } from "./history.mjs";
import { peers } from "./peers.mjs";
import { report } from "./report.mjs";
import { rows } from "./rows.mjs";
import { collectorBytes, sdk } from "./sdk.mjs";
import { calibration, statistics } from "./statistics.mjs";
import { table } from "./support/table.mjs";
import { throughput } from "./throughput.mjs";
import { webhook } from "./webhook.mjs";

const MEASURES = { sdk, collector: collectorBytes, core, statistics, calibration, rows, webhook, report, history, cost, throughput, flicker, peers };
/** Takes minutes, and needs what is not part of the project: only when asked for. */
const ONLY_ASKED = ["peers"];

/** `{ names, json }` of the command line. */
function asked(args) {
  const at = args.indexOf("--json");
  const json = at < 0 ? undefined : args[at + 1];
  if (at >= 0 && !json) throw new StepFailed("--json needs a file", "npm run bench -- --json figures.json");
  const names = at < 0 ? args : args.toSpliced(at, 2);
  const unknown = names.filter((name) => !MEASURES[name]);
  if (unknown.length > 0) throw new StepFailed(`no such measure: ${unknown.join(", ")}`, `there are ${Object.keys(MEASURES).join(", ")}`);
  const usual = Object.keys(MEASURES).filter((name) => !ONLY_ASKED.includes(name));
  return { names: names.length > 0 ? names : usual, json };
}

/** Each measure has a collector of its own, so that none finds what another left. */
async function measure(name) {
  const storage = mkdtempSync(path.join(tmpdir(), "tributary-bench-"));
  const collector = await startCollector({ storage, vars: KEYS, test: true });
  try {
    return await MEASURES[name](collector);
  } finally {
    await collector.kill9();
    rmSync(storage, { recursive: true, force: true, maxRetries: 3 });
  }
}

await main(async () => {
  const { names, json } = asked(process.argv.slice(2));
  await setUp();
  await build();
  const figures = {};
  const notes = [];
  for (const name of names) {
    console.log(`· measuring: ${name} …`);
    const measured = await measure(name);
    Object.assign(figures, measured.figures);
    if (measured.notes.length > 0) notes.push(`${name}: ${measured.notes.join("\n  ")}`);
  }
  console.log(`\n${table(figures, budgets())}\n\n${notes.join("\n")}`);
  if (json) writeFileSync(json, `${JSON.stringify(figures, null, 2)}\n`);
  const exceeded = above(figures);
  if (exceeded.length > 0) throw new StepFailed(exceeded.join("\n"), "make it smaller; a budget in tests/budgets.json is raised with a reason");
});
