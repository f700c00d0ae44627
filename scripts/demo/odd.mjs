// What goes wrong in every real shop, a little of each, so that the diagnostics have something to tell.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Batches whose events are refused or accepted with a remark. `now` is when they are sent. */
export function odd({ began, shop }) {
  const batch = (visitor, events, more) => {
    const run = { load: `odd${visitor}`, first: 0, at: began - HOUR, events: [[0, "$page_view", { url: shop, referrer: "" }], ...events] };
    return { visitor: `odd-${visitor}`, sent_at: Date.now(), shift: 0, automated: false, runs: [run], ...more };
  };
  const again = batch("again", [[9_000, "add_to_cart", {}]]);
  return [
    again,
    again,
    batch("robot", [[100, "add_to_cart", {}]], { automated: true }),
    batch("comma", [[60_000, "purchase", { revenue: "49,90" }]]),
    batch("yen", [[60_000, "purchase", { revenue: 20, currency: "YEN" }]]),
    batch("old", [[-9 * 24 * HOUR, "purchase", { revenue: 30 }]]),
    batch("ahead", [[2 * HOUR, "add_to_cart", {}]]),
    batch("popup", [[3_000, "$appearance", { communication: "summer" }], [5_000, "$click", { communication: "summer" }]]),
    batch("dollar", [[3_000, "$checkout", {}]]),
    batch("shared", [[3_000, "$identify", { profile: "customer-one" }], [8 * MINUTE, "$identify", { profile: "customer-two" }]]),
  ];
}
