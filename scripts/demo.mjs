// The demo shop's site: made once through the API as a merchant's developer would make it, then two days of visitors sent
// through the endpoint that pages use. Everything lies in the past, at the times it would have happened.
//
// Visitors are the same at every run, so a seeding that broke off is sent again as it was and nothing counts twice.

import { GrowthBook } from "@growthbook/growthbook";
import { createSite, siteApi } from "./support/api.mjs";
import { generator } from "./support/random.mjs";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const SPAN = 48 * 60 * MINUTE;
const VISITORS = 480;
const AT_ONCE = 8;

/** Of those who see a variant, so many put something into the cart, and of these so many order. */
const TEMPER = { control: { click: 0.22, cart: 0.2, order: 0.5 }, b: { click: 0.33, cart: 0.28, order: 0.58 } };
const PRICES = [1800, 2400, 3200, 4600, 5800, 7400, 9800, 12900];
const REFERRERS = ["", "", "https://www.google.com/", "https://www.bing.com/", "https://www.instagram.com/", "https://news.example/"];

/** Goals in this order: a click or a submit names its goal by the index. Orders come first and so are what counts. */
const EXPERIMENT = {
  key: "hero",
  name: "Front page hero",
  variants: [{ key: "control", name: "Morning light" }, { key: "b", name: "Evening collection" }],
  goals: [
    { key: "purchase", type: "revenue", name: "Purchase", event: "purchase" },
    { key: "add_to_cart", type: "custom_event", name: "Added to the cart", event: "add_to_cart" },
    { key: "thanks", name: "Reached the thanks page", type: "page_view", operator: "contains", url: "/thanks.html" },
    { key: "hero_click", name: "Clicked the hero", type: "click", selector: "[data-goal=hero]" },
    { key: "newsletter", name: "Newsletter sign-up", type: "form_submit", selector: "#newsletter" },
  ],
};
const GOAL = Object.fromEntries(EXPERIMENT.goals.map(({ key }, index) => [key, index]));

/** The variant that GrowthBook's own SDK gives: the shop's pages must come to the same, and their tests hold them to it. */
function variantOf(visitor, experiment) {
  const growthbook = new GrowthBook({ attributes: { id: visitor } });
  const result = growthbook.run({
    key: experiment.key,
    variations: EXPERIMENT.variants.map(({ key }) => key),
    seed: experiment.seed,
    hashVersion: 2,
    hashAttribute: "id",
  });
  growthbook.destroy();
  return result.inExperiment ? result.value : undefined;
}

/** One visit: a run for each page that is looked at. `shop` is the address of the front page. */
function visit(random, began, visitor, shop, experiment) {
  const runs = [];
  const variant = variantOf(visitor, experiment);
  const temper = TEMPER[variant ?? "control"];
  let now = began;
  const look = (page, events) => {
    const referrer = runs.length === 0 ? random.pick(REFERRERS) : shop;
    const view = [0, "$page_view", { url: shop + page, referrer }];
    runs.push({ load: random.text(12), first: 0, at: now, events: [view, ...events] });
    now += (events.at(-1)?.[0] ?? 0) + random.between(5, 90) * SECOND;
  };
  const exposure = variant ? [[4, "$exposure", { experiment: experiment.key, variant, version: experiment.version ?? 1 }]] : [];
  const goal = (key) => ({ goals: [[experiment.number ?? 1, GOAL[key]]] });

  const front = [...exposure];
  if (random.chance(temper.click)) front.push([random.between(2, 30) * SECOND, "$click", goal("hero_click")]);
  if (random.chance(0.04)) front.push([random.between(31, 60) * SECOND, "$form_submit", goal("newsletter")]);
  look("", front);
  if (!random.chance(0.6)) return runs;

  const price = random.pick(PRICES);
  const quantity = random.chance(0.2) ? 2 : 1;
  const puts = random.chance(temper.cart / 0.6);
  const put = [random.between(10, 120) * SECOND, "add_to_cart", { quantity, revenue: (price * quantity) / 100, currency: "USD" }];
  look(`product.html?id=${price}`, puts ? [put] : []);
  if (!puts) return runs;

  look("cart.html", []);
  if (!random.chance(temper.order)) return runs;
  const order = `HP-${random.text(4)}-${random.text(4)}`.toUpperCase();
  const revenue = (price * quantity + (price * quantity < 7500 ? 690 : 0)) / 100;
  look("checkout.html", [[random.between(40, 200) * SECOND, "purchase", { revenue, currency: "USD", order_id: order }]]);
  look("thanks.html", []);
  return runs;
}

/** Sends all visitors; resolves to how many events were accepted or had been before. */
async function seed(api, { shop, experiment, began }) {
  const random = generator(20_260);
  const visitors = Array.from({ length: VISITORS }, () => {
    const visitor = `demo-${random.text(16)}`;
    // The last visit is long over: nobody's order lies in the future.
    const first = began - SPAN + Math.floor(random.next() * (SPAN - 30 * MINUTE));
    return { visitor, runs: visit(random, first, visitor, shop, experiment) };
  });
  let events = 0;
  const sender = async () => {
    for (let next = visitors.pop(); next; next = visitors.pop()) {
      const answer = await api.send({ ...next, sent_at: Date.now(), shift: 0, automated: false });
      if (answer.refused.length > 0) throw new Error(`the collector refused an event of the demo: ${JSON.stringify(answer.refused[0])}`);
      events += answer.accepted + answer.duplicate;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  return events;
}

/**
 * Makes the demo site, unless `known` (what an earlier call handed to `save`) is it, and seeds it once. `save` is called as
 * soon as there is something that must not be lost: a secret key is told only once.
 */
export async function demo({ origin, adminKey, known, save }) {
  let site = known;
  if (!site) {
    const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const made = await createSite(origin, adminKey, { name: "Harbour & Pine", time_zone: timeZone, currency: "USD" });
    if (!made.site || !made.secret_key) throw new Error(`POST /v1/sites answered ${JSON.stringify(made)}`);
    site = { site: made.site, secret_key: made.secret_key, began: Date.now(), seeded: false };
    save(site);
  }
  const api = siteApi(origin, site);
  if (!site.experiment) {
    await api.createExperiment(EXPERIMENT);
    site.experiment = await api.start(EXPERIMENT.key, site.began - SPAN);
    save(site);
  }
  if (!site.seeded) {
    const started = performance.now();
    site.events = await seed(api, { ...site, shop: `${origin}/shop/${site.site}/` });
    site.seeded = true;
    save(site);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`✓ demo: ${VISITORS} visitors of two days, ${site.events} events, ${seconds} s`);
  }
  return site;
}
