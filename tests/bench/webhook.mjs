// Rows that telling one event to one webhook costs, in the site and in the webhook's courier. Counts: the same at every run.

import { receiverFor } from "../support/receiver.mjs";
import { object } from "./support/meter.mjs";
import { measuredSite } from "./support/site.mjs";

/** Measures a change of an experiment that nobody is told of, and one that a receiver acknowledges. */
export async function webhook(collector) {
  const ends = [];
  const receiver = await receiverFor({ after: (end) => ends.push(end) });
  const site = await measuredSite(collector, { shards: 1 });
  const owner = object(collector, site, "site");
  const pause = () => site.api.make("experiments/hero/pause", {});
  const resume = () => site.api.make("experiments/hero/resume", {});
  const alone = async (change) => {
    await change();
    await owner.ring();
  };
  await alone(pause);
  const untold = await owner.during(() => alone(resume));

  const { id } = await site.api.make("webhooks", { url: receiver.url("ok/bench") });
  const courier = object(collector, site, `courier/${id}`);
  const told = async (change) => {
    const count = receiver.posts("ok/bench").length;
    await change();
    await receiver.arrived("ok/bench", count + 1);
    // Answers when what became of the attempt is written.
    await courier.ring();
    await owner.ring();
  };
  await told(pause);
  let posted;
  const both = await owner.during(async () => (posted = await courier.during(() => told(resume))));
  for (const end of ends) end();
  const figures = {
    "site.rows_written_per_event_told": both.written - both.alarms - (untold.written - untold.alarms),
    "courier.rows_written_per_event_told": posted.written - posted.alarms,
  };
  const notes = [
    "of one event and one webhook, besides what the change itself writes. The site keeps the event, how far the courier has it, and",
    "forgets it; the courier writes the notice and what became of it. Alarms that are set come on top, about three.",
  ];
  return { figures, notes };
}
