// Rows read and written by batches of ten events: the price of a visit. Counts, not times: the same at every run.
//
// Nothing waits for a minute here: `ring` does what the alarm would have done then.

import { EVENTS, batches, texts } from "./support/batch.mjs";
import { object } from "./support/meter.mjs";
import { allAccepted, sender } from "./support/send.mjs";
import { measuredSite } from "./support/site.mjs";

/** A busy shard takes so many batches a second, and flushes after so many seconds. */
const BUSY = { perSecond: 50, flushSeconds: 60 };
/** A site folds what was delivered after so many minutes. */
const FOLD_MINUTES = 5;

/** A shard, its site, and a way to send batches of new events. */
async function place(collector, seed) {
  const site = await measuredSite(collector, { shards: 1 });
  const shard = object(collector, site, "shard/0");
  const owner = object(collector, site, "site");
  const source = batches(site, { seed, each: 3 });
  const path = `/v1/sites/${site.site}/events`;
  const send = async (count) => {
    const sending = sender(collector, { atOnce: 4 });
    allAccepted(await sending.all(texts(source, count).map((body) => ({ path, body }))));
    sending.close();
  };
  return { shard, owner, send };
}

/** A shard under load: what `count` batches cost between two flushes, what the flush and its delivery cost. */
async function busy(collector, count) {
  const { shard, owner, send } = await place(collector, 1);
  // The first interval arms the alarm; a later one is measured, when the table has its rows.
  await send(count);
  await shard.ring();
  const interval = await shard.during(() => send(count));
  let delivery;
  const flush = await shard.during(async () => (delivery = await owner.during(shard.ring)));
  // An interval sets one alarm, which belongs to its flush.
  const alarms = interval.alarms;
  const perFlush = { read: flush.read, written: flush.written + alarms };
  const batch = { read: interval.read / count, written: (interval.written - alarms) / count };
  return { batch, perFlush, alarms, delivery };
}

/** A shard with a batch a minute: each is delivered by itself, and the site folds every few minutes. */
async function quiet(collector) {
  const { shard, owner, send } = await place(collector, 2);
  const minute = async () => {
    await send(1);
    await shard.ring();
  };
  await minute();
  await owner.ring();
  let inSite;
  let fold;
  const inShard = await shard.during(async () => {
    inSite = await owner.during(async () => {
      for (let passed = 0; passed < FOLD_MINUTES; passed += 1) await minute();
      fold = await owner.during(owner.ring);
    });
  });
  return { inShard, inSite, fold };
}

/** Measures both; `batchCount` is how many batches the busy shard takes in its interval. */
export async function rows(collector, { batchCount = 3 * BUSY.perSecond } = {}) {
  const { batch, perFlush, alarms, delivery } = await busy(collector, batchCount);
  const { inShard, inSite, fold } = await quiet(collector);
  const perInterval = BUSY.perSecond * BUSY.flushSeconds;
  const busyWritten = batch.written + perFlush.written / perInterval;
  const figures = {
    "shard.rows_written_per_batch": batch.written,
    "shard.rows_read_per_batch": batch.read,
    "shard.rows_written_per_event": batch.written / EVENTS,
    "shard.rows_written_per_flush": perFlush.written,
    "shard.rows_read_per_flush": perFlush.read,
    "shard.alarms_per_flush": alarms,
    "shard.busy.rows_written_per_batch": busyWritten,
    "shard.quiet.rows_written_per_batch": inShard.written / FOLD_MINUTES,
    "shard.quiet.rows_read_per_batch": inShard.read / FOLD_MINUTES,
    "shard.quiet.alarms_per_batch": inShard.alarms / FOLD_MINUTES,
    "site.rows_written_per_delivery": delivery.written - delivery.alarms,
    "site.rows_read_per_delivery": delivery.read,
    "site.rows_written_per_fold": fold.written,
    "site.rows_read_per_fold": fold.read,
    "site.quiet.rows_written_per_batch": inSite.written / FOLD_MINUTES,
  };
  const notes = [
    `busy: ${batchCount} batches of ${EVENTS} events between two flushes. At ${BUSY.perSecond} batches a second a flush comes after`,
    `      ${perInterval} of them, so a batch writes ${batch.written} + ${perFlush.written} / ${perInterval} = ${busyWritten.toFixed(4)} rows in the shard`,
    `quiet: one batch a minute for ${FOLD_MINUTES} minutes, each with its alarm, flush and delivery, then the site's fold.`,
    "Alarms that are set are counted as rows written. Nothing is deleted: what is done with is overwritten.",
  ];
  return { figures, notes };
}
