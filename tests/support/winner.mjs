// An experiment that a dozen visitors a variant decide, and what such visitors did.

import assert from "node:assert/strict";
import { DAY, HOUR, NOW } from "./batch.mjs";
import { request, visitorsWith } from "./site.mjs";

/** Twelve units a variant are the sample: half of the control's are thought to order, and nearly all of a winner's. */
export const SMALL = { base_rate: 0.5, smallest_effect: 0.9 };

/** An experiment of a goal by which it is decided. */
export const hero = (plan = {}, more = {}) => ({
  key: "hero",
  variants: [{ key: "control" }, { key: "b" }],
  goals: [{ key: "order", type: "custom_event", event: "order" }],
  plan: { ...SMALL, ...plan },
  ...more,
});

/** Lines of `count` visitors of a variant, of whom `orders` order. `name` makes them others than those before. */
export function lines(experiment, variant, count, orders, { at = NOW - 2 * HOUR, version = 1, name = "v" } = {}) {
  const line = (visitor, kind, properties) => ({ id: `${kind}-${visitor}-${at}`, at, visitor, name: kind, properties });
  return visitorsWith(variant, experiment, count, name).flatMap((visitor, place) => [
    { ...line(visitor, "$exposure", { experiment: experiment.key, variant, version }), sequence: 0 },
    ...(place < orders ? [line(visitor, "order", {})] : []),
  ]);
}

/** Imports lines that must all be taken. */
export async function load(site, events, { now } = {}) {
  const body = events.map((event) => JSON.stringify(event)).join("\n");
  const answer = await site.call("POST", "/import", { body, type: "application/x-ndjson", ...(now && { now }) });
  assert.deepEqual([answer.status, answer.body.accepted], [200, events.length], JSON.stringify(answer.body).slice(0, 500));
}

/** Runs an experiment whose `b` clearly wins, with figures that say so, all of them delivered. */
export async function won(site, plan, more) {
  const experiment = hero(plan, more);
  await site.run(experiment, NOW - 2 * DAY);
  await load(site, [...lines(experiment, "control", 20, 4), ...lines(experiment, "b", 20, 18)]);
  await site.deliver();
  return experiment;
}

/** The calls about an experiment's decisions. */
export const decisions = (site, key = "hero") => ({
  decide: (options) => site.call("POST", `/experiments/${key}/decide`, options),
  undo: (options) => site.call("POST", `/experiments/${key}/undo`, options),
  findings: async () => (await site.call("GET", `/experiments/${key}/decisions`)).body.findings,
  experiment: async () => (await site.call("GET", "")).body.experiments.find((one) => one.key === key),
});

/** The site's alarm goes off now. */
export const ring = async (collector, site, options) => {
  const { status } = await request(collector.origin, "POST", `/test/${site.key}/site/alarm`, options);
  assert.equal(status, 200);
};

/** What pages know of an experiment: version and variants with weights, or nothing. */
export async function inPages(collector, site, now, key = "hero") {
  const { body } = await request(collector.origin, "GET", `/t.js?site=${site.key}`, { now });
  const told = JSON.parse(/^self\.__tributary=(\{[^]*?\});/m.exec(body)[1]).config.split("\n");
  const place = told.indexOf(key);
  if (place < 0) return undefined;
  const count = Number(told[place + 7]);
  const variants = Array.from({ length: count }, (_, nth) => told.slice(place + 8 + 2 * nth, place + 10 + 2 * nth));
  return { version: Number(told[place + 2]), variants: variants.map(([variant, weight]) => [variant, Number(weight)]) };
}
