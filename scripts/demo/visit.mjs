// What one visitor of the demo shop does, and what the shop's server tells of it.

import { given } from "./given.mjs";
import { EXPERIMENT } from "./shop.mjs";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Of those who see a variant, so many put something into the cart, and of these so many order. */
const TEMPER = { control: { click: 0.22, cart: 0.2, order: 0.5 }, b: { click: 0.33, cart: 0.28, order: 0.58 } };
const PRICES = [1800, 2400, 3200, 4600, 5800, 7400, 9800, 12900];
const REFERRERS = ["", "", "https://www.google.com/", "https://www.bing.com/", "https://www.instagram.com/", "https://news.example/"];
const GOAL = Object.fromEntries(EXPERIMENT.goals.map(({ key }, index) => [key, index]));

/**
 * A visit that began at `began` and whatever follows from it until `until`: runs for each page that is looked at, and the
 * lines that a server tells.
 */
export function visit(random, { began, until, visitor, shop, experiment }) {
  const runs = [];
  const lines = [];
  const variant = given(visitor, { ...EXPERIMENT, seed: experiment.seed });
  const heldOut = variant === undefined;
  const temper = TEMPER[variant ?? "control"];
  let now = began;
  const look = (page, events) => {
    const referrer = runs.length === 0 ? random.pick(REFERRERS) : shop;
    const view = [0, "$page_view", { url: shop + page, referrer }];
    const sorted = [view, ...events].sort(([one], [other]) => one - other);
    runs.push({ load: random.text(12), first: 0, at: now, events: sorted });
    now += sorted.at(-1)[0] + random.between(5, 90) * SECOND;
  };
  const tell = (at, name, properties) => lines.push({ id: `demo-${random.text(10)}`, at, visitor, name, properties });
  const goal = (key) => ({ goals: [[experiment.number ?? 1, GOAL[key]]] });

  /** A communication appears; it may be hovered, clicked or dismissed, and begins its sequence and the campaign. */
  const show = (communication, sequence, { hover = 0, click = 0, dismissal = 0 }) => {
    if (heldOut) return [];
    const at = random.between(6, 20) * SECOND;
    const events = [[at, "$appearance", { communication }], [at, "$sequence_start", { sequence }], [at, "$campaign_start", { campaign: "autumn" }]];
    if (random.chance(hover)) events.push([at + 2 * SECOND, "$hover", { communication, pointer: "mouse" }]);
    if (random.chance(click)) events.push([at + 5 * SECOND, "$click", { communication }]);
    else if (random.chance(dismissal)) events.push([at + 4 * SECOND, "$dismissal", { communication }]);
    return events;
  };
  const buy = (price, quantity) => {
    const order = `HP-${random.text(4)}-${random.text(4)}`.toUpperCase();
    const revenue = (price * quantity + (price * quantity < 7500 ? 690 : 0)) / 100;
    const ordered = [random.between(40, 200) * SECOND, "purchase", { revenue, currency: "USD", order_id: order }];
    const known = random.chance(0.3) ? [[20 * SECOND, "$identify", { profile: `customer-${random.text(6)}` }]] : [];
    look("checkout.html", [...known, ordered]);
    look("thanks.html", []);
    if (random.chance(0.06)) tell(now, "refund", { order_id: order, ...(random.chance(0.5) && { amount: 12 }) });
  };

  const front = variant ? [[4, "$exposure", { experiment: experiment.key, variant, version: experiment.version ?? 1 }]] : [];
  if (random.chance(temper.click)) front.push([random.between(2, 30) * SECOND, "$click", goal("hero_click")]);
  if (random.chance(0.04)) front.push([random.between(31, 60) * SECOND, "$form_submit", goal("newsletter")]);
  if (random.chance(0.45)) front.push(...show("welcome", "welcome_series", { hover: 0.3, click: 0.24, dismissal: 0.6 }));
  if (random.chance(0.5)) front.push(...show("evening", "evening_push", { hover: 0.4, click: 0.18 }));
  look("", front);
  if (!random.chance(0.6)) return { runs, lines };

  const price = random.pick(PRICES);
  const quantity = random.chance(0.2) ? 2 : 1;
  const puts = random.chance(temper.cart / 0.6);
  const product = random.chance(0.35) ? show("low_stock", "evening_push", { hover: 0.5, click: 0.2, dismissal: 0.3 }) : [];
  if (puts) product.push([random.between(30, 120) * SECOND, "add_to_cart", { quantity, revenue: (price * quantity) / 100, currency: "USD" }]);
  look(`product.html?id=${price}`, product);
  if (!puts) return { runs, lines };

  look("cart.html", []);
  if (random.chance(temper.order)) {
    buy(price, quantity);
    return { runs, lines };
  }
  // The cart is left: the server reminds, and somebody comes back, by the reminder's link or the letter's.
  const reminded = now + random.between(20, 40) * MINUTE;
  if (heldOut || reminded > until - 8 * HOUR) return { runs, lines };
  const reminder = random.pick(["friendly", "delivery"]);
  tell(reminded, "$execution", { experience: "cart_reminder", variant: reminder });
  if (random.chance(0.4)) tell(reminded + 30 * MINUTE, "$appearance", { communication: "letter" });
  if (!random.chance(reminder === "delivery" ? 0.5 : 0.3)) return { runs, lines };
  now = reminded + random.between(20, 400) * MINUTE;
  if (random.chance(0.4)) tell(now - MINUTE, "$click", { communication: "letter" });
  look("cart.html", []);
  buy(price, quantity);
  return { runs, lines };
}
