// Rows read by a report of a site with a long history: what is configured and asked for, and not how much there was.

import { createSite, siteApi } from "../../scripts/support/api.mjs";
import { KEYS } from "../support/workerd.mjs";
import { variantOf } from "./support/batch.mjs";
import { object } from "./support/meter.mjs";

const DAY = 86_400_000;
/** Servers tell events of so many days. */
const DAYS = 400;
const EXPERIMENTS = ["hero", "search", "checkout"];

/** A day's visitor: a page view, and an exposure to each experiment. */
function visit(experiments, ago, now) {
  const visitor = `v${ago}`;
  const at = now - ago * DAY;
  const shown = experiments.map((experiment) => {
    const properties = { experiment: experiment.key, variant: variantOf(visitor, experiment), version: 1 };
    return { id: `${experiment.key}-${ago}`, at: at + 1, visitor, name: "$exposure", properties };
  });
  return [{ id: `view-${ago}`, at, visitor, name: "$page_view", properties: { url: "https://shop.example/" } }, ...shown];
}

/** A site with one shard, three experiments, and `days` days of history that was delivered and folded. */
async function siteWithHistory(collector, days) {
  const { origin } = collector;
  const settings = { name: "Long", time_zone: "UTC", currency: "EUR", shards: 1 };
  const made = await createSite(origin, KEYS.ADMIN_KEY, settings);
  const api = siteApi(origin, made);
  const now = Date.now() - 60_000;
  const experiments = [];
  for (const key of EXPERIMENTS) {
    await api.createExperiment({ key, variants: [{ key: "control" }, { key: "b" }], goals: [{ key: "bounce", type: "bounce_rate" }] });
    experiments.push(await api.start(key, now - (DAYS - 1) * DAY));
  }
  const owner = object(collector, made, "site");
  const shard = object(collector, made, "shard/0");
  const headers = { authorization: `Bearer ${made.secret_key}`, "content-type": "application/x-ndjson" };
  const base = `${origin}/v1/sites/${made.site}`;
  const visits = Array.from({ length: days }, (_, ago) => visit(experiments, ago, now)).reverse();
  const body = visits.flat().map((event) => JSON.stringify(event)).join("\n");
  const told = await (await fetch(`${base}/import`, { method: "POST", headers, body })).json();
  if (told.accepted !== days * (EXPERIMENTS.length + 1)) throw new Error(`not all accepted: ${JSON.stringify(told).slice(0, 400)}`);
  await shard.ring();
  await owner.ring();
  const report = async (query = "") => (await fetch(`${base}/report${query}`, { headers })).json();
  return { owner, report, days };
}

async function rowsOf({ owner, report }, query) {
  let told;
  const { read } = await owner.during(async () => (told = await report(query)));
  return { read, told };
}

/** Measures reports of 400 days of history, and one of a tenth of it. */
export async function history(collector) {
  const long = await siteWithHistory(collector, DAYS);
  const short = await siteWithHistory(collector, DAYS / 10);
  const plain = await rowsOf(long, "");
  const exposures = plain.told.experiments[0].variants.reduce((sum, variant) => sum + variant.exposures, 0);
  if (exposures !== DAYS) throw new Error(`${exposures} exposures of ${DAYS}: not the whole run`);
  const figures = {
    "report.rows_read": plain.read,
    "report.rows_read_with_a_tenth_of_the_history": (await rowsOf(short, "")).read,
    "report.rows_read_by_day": (await rowsOf(long, "?by=day")).read,
    "report.rows_read_by_day_of_all": (await rowsOf(long, `?by=day&days=${DAYS}`)).read,
  };
  const notes = [`three experiments over ${DAYS} days, a visitor a day; the report is of the last 30 days.`];
  return { figures, notes };
}
