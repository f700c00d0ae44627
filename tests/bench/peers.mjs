// This SDK beside public ones, in one Chromium and one run, where their benchmark is (a folder beside the project's own).
//
// `npm run bench -- peers` alone runs it: it takes minutes, and installs the others' packages in a copy of that folder.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { findChromium } from "../../scripts/setup/chromium.mjs";
import { DIST_WWW, ROOT } from "../../scripts/support/paths.mjs";
import { run } from "../../scripts/support/process.mjs";
import { build, preamble } from "../browser/support/page-config.mjs";

const PEERS = path.join(ROOT, "../shared/peers-bench");
const AGAINST = ["growthbook", "snowplow", "statsig"];
const ROUNDS = 5;

/** A site with an experiment, a click goal and communications: everything on. */
const CONFIG = {
  experiments: [{ key: "bench-exp", variants: [["control", 5_000], ["test", 5_000]] }],
  clicks: [{ goal: 0, selector: ".ck" }],
  submits: [{ goal: 1, selector: "form" }],
  hasCommunications: true,
};

const TAG = `<script src="{{BASE}}/t.js" data-collector="{{COLLECTOR}}/"></script>
<script>
  window.__track = (name, props) => tributary.track(name, props);
  window.__assign = () => tributary.getVariant("bench-exp");
  __BENCH.ready(__assign());
</script>`;

function addSubject(folder) {
  const own = path.join(folder, "subjects/tributary");
  mkdirSync(path.join(own, "static"), { recursive: true });
  // As the collector sends it.
  const [hint, ...rest] = readFileSync(path.join(DIST_WWW, "sdk", build(CONFIG)), "utf8").split("\n");
  writeFileSync(path.join(own, "static/t.js"), `${hint}\n${preamble("bench", CONFIG)}${rest.join("\n")}`);
  writeFileSync(path.join(own, "tag.html"), TAG);
  writeFileSync(path.join(own, "subject.json"), JSON.stringify({ label: "Tributary", experiments: "local hash", autocapture: "configured goals" }));
}

/** What the results say of a subject, under names of our own; CPU is less that of an empty page. */
function figuresOf({ name, size, stats, delta, delivery }) {
  const told = {
    brotli_bytes: size.brotli,
    ready_ms: stats.ready.median,
    load_cpu_ms: delta.task,
    long_tasks_at_a_quarter_of_the_speed: stats.long4.median,
    track_us: stats.trackUs.median,
    click_us: stats.clickUs.median,
    click_cpu_us: delta.clickCpuUs,
    arrived_of_100_on_leave: delivery?.leave?.events,
    arrived_of_100_by_the_next_visit: delivery?.nextVisit?.events,
  };
  return Object.entries(told).filter(([, value]) => value != null).map(([key, value]) => [`peers.${name}.${key}`, value]);
}

/** Runs it. */
export async function peers() {
  if (!existsSync(PEERS)) return { figures: {}, notes: ["the other SDKs' benchmark is not beside this folder"] };
  const folder = mkdtempSync(path.join(tmpdir(), "tributary-peers-"));
  try {
    cpSync(PEERS, folder, { recursive: true });
    addSubject(folder);
    await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder });
    const out = path.join(folder, "ours.json");
    const only = [...AGAINST, "tributary"].join(",");
    const table = await run("node", ["run.mjs", "--only", only, "--n", `${ROUNDS}`, "--chrome", findChromium(), "--out", out], { cwd: folder });
    const { results } = JSON.parse(readFileSync(out, "utf8"));
    return { figures: Object.fromEntries(results.flatMap(figuresOf)), notes: table.trim().split("\n") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
