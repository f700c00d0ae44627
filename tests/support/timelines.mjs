// Made-up visitors with what is hard about real ones: orders reported again, several loads at once, times that are equal.

import { DAY, MINUTE, NOW, SECOND, batch } from "./batch.mjs";
import { assigned } from "./site.mjs";

/** Events of some visitors over the last days, in the order they happened. */
export function timelines(random, experiment, { visitors = 30, days = 4 } = {}) {
  const all = [];
  for (let number = 0; number < visitors; number += 1) {
    const visitor = `visitor-${number}`;
    const variant = assigned(visitor, experiment);
    const timeline = batch(visitor, { load: "l0" }).at(-Math.floor(random.next() * days * DAY) - DAY);
    // Some orders are reported by several visitors.
    const orders = [`${visitor}-A`, `${visitor}-B`, "shared-1", "shared-2", undefined];
    for (let step = random.between(6, 24); step > 0; step -= 1) {
      random.pick([
        () => timeline.load(`l${step}`).view(`https://shop.example/${random.pick(["", "thanks", "p?id=1"])}`),
        () => timeline.exposure(experiment.key, variant ?? "control"),
        () => timeline.exposure(experiment.key, random.pick(["control", "b"])),
        () => timeline.click([1, 3], [1, 4]),
        () => timeline.submit([1, 4]),
        () => timeline.identify(`profile-${random.between(1, 3)}`),
        () => timeline.track("step"),
        () => timeline.track("purchase", { revenue: random.between(0, 9999) / 100, order_id: random.pick(orders) }),
        () => timeline.track("purchase", { revenue: random.between(0, 9999), currency: random.pick(["JPY", "KWD", "QQQ"]) }),
        () => timeline.track("refund", { order_id: random.pick(orders), amount: random.between(0, 5000) / 100 }),
      ])();
      timeline.after(random.pick([0, 0, 1, SECOND, MINUTE, 29 * MINUTE, 31 * MINUTE]));
    }
    all.push(...timeline.events.filter(({ at }) => at <= NOW));
  }
  return all.sort((one, other) => one.at - other.at);
}
