// What a batch may cost: rows are what the platform bills. The counts are those of `npm run bench`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { history } from "../bench/history.mjs";
import { rows } from "../bench/rows.mjs";
import { webhook } from "../bench/webhook.mjs";
import { above, budgets } from "../support/budgets.mjs";
import { collectorFor } from "../support/workerd.mjs";

let figures;

before(async () => {
  const collector = await collectorFor({ after });
  const measured = [await rows(collector, { batchCount: 30 }), await history(collector), await webhook(collector)];
  figures = Object.assign({}, ...measured.map((one) => one.figures));
});

test("no count of rows is above its budget", () => {
  const held = Object.keys(budgets()).filter((name) => /\.(rows|alarms)_/.test(name));
  for (const name of held) assert.ok(name in figures, `${name} has a budget and is not measured`);
  assert.deepEqual(above(figures), []);
});

test("a batch of a busy shard writes its visitor and the facts that wait, and nothing else", () => {
  assert.equal(figures["shard.rows_written_per_batch"], 2);
});

test("a flush writes nothing but its alarm, and the site one row for all that it brings", () => {
  assert.equal(figures["shard.alarms_per_flush"], 1);
  assert.equal(figures["shard.rows_written_per_flush"], 1);
  assert.equal(figures["site.rows_written_per_delivery"], 1);
});

test("a visitor who came a moment ago is not read again", () => {
  // The one row is the outbox's, which SQLite looks up to overwrite it.
  assert.equal(figures["shard.rows_read_per_batch"], 1);
});

test("a report of 400 days of history reads no more rows than its budget, and the days asked for besides", () => {
  const read = (name) => figures[`report.rows_read${name}`];
  const more = read("_by_day") - read("");
  assert.ok(more <= 3 * 30, `${more} rows more, of three experiments over 30 days`);
  assert.ok(read("_by_day_of_all") > 4 * 390, "it reads the days that are asked for");
});

test("an event that a webhook is told costs three rows in the site and two in its courier", () => {
  assert.deepEqual([figures["site.rows_written_per_event_told"], figures["courier.rows_written_per_event_told"]], [3, 2]);
});
