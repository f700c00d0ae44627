// An experiment of weeks ago that is decided: as a shop would import its history, all of it told by the server.

import { given } from "./given.mjs";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const VISITORS = 2_000;
/** It began, and its last visitors came, so long ago. */
const BEGAN = 24 * DAY;
const ENDED = 6 * DAY;

/** Who sees a variant and reaches the checkout, or asks about returns. */
const TEMPER = { control: { checkout: 0.25, returns: 0.06 }, b: { checkout: 0.33, returns: 0.062 } };

export const PAST = {
  key: "delivery_note",
  name: "Delivery note on product pages",
  variants: [{ key: "control", name: "No note" }, { key: "b", name: "Free delivery from $75" }],
  goals: [
    { key: "checkout", name: "Reached the checkout", type: "custom_event", event: "checkout" },
    { key: "returns", name: "Asked about returns", type: "custom_event", event: "ask_returns", direction: "decrease", guardrail: { tolerance: 0.5 } },
  ],
  plan: { base_rate: 0.25, smallest_effect: 0.25, after: "keep_running" },
};

/** When it began, if the demo's site was made at `began`. */
export const startOf = (began) => began - BEGAN;

/** What the server tells of it, oldest first. */
export function past(random, { began, shop }) {
  const lines = [];
  for (let count = 0; count < VISITORS; count += 1) {
    const visitor = `past-${random.text(16)}`;
    const at = began - ENDED - Math.floor(random.next() * (BEGAN - ENDED - 30 * MINUTE)) - 20 * MINUTE;
    const [exposed, checks, asks] = [random.next(), random.next(), random.next()];
    const variant = given(visitor, PAST);
    const tell = (after, name, properties) => lines.push({ id: `past-${random.text(10)}`, at: at + after, visitor, name, properties });
    tell(0, "$page_view", { url: `${shop}product.html?id=${1800 + Math.floor(exposed * 8) * 100}` });
    if (!variant) continue;
    tell(5, "$exposure", { experiment: PAST.key, variant, version: 1 });
    if (checks < TEMPER[variant].checkout) tell(4 * MINUTE, "checkout", {});
    if (asks < TEMPER[variant].returns) tell(9 * MINUTE, "ask_returns", {});
  }
  return lines.sort((one, other) => one.at - other.at);
}
