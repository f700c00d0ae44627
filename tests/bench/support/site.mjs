// The site that is measured: two experiments that run, five goals.

import { createSite, siteApi } from "../../../scripts/support/api.mjs";
import { KEYS } from "../../support/workerd.mjs";

/** They began before any visitor came. */
const BEGAN_BEFORE_MS = 60 * 60_000;

const variants = [{ key: "control" }, { key: "b" }];
const EXPERIMENTS = [
  {
    key: "hero",
    variants,
    goals: [
      { key: "purchase", type: "revenue", event: "purchase" },
      { key: "hero_click", type: "click", selector: "[data-goal=hero]" },
      { key: "cart", type: "page_view", operator: "contains", url: "/cart" },
    ],
  },
  {
    key: "free-shipping",
    variants,
    goals: [
      { key: "add_to_cart", type: "custom_event", event: "add_to_cart" },
      { key: "newsletter", type: "form_submit", selector: "#newsletter" },
    ],
  },
];

/** Makes it. `shards` spread its visitors; `experiments` is what the API said of each. */
export async function measuredSite({ origin }, { shards }) {
  const settings = { name: "Measured", time_zone: "Europe/Berlin", currency: "EUR", shards, allow_automation: false };
  const made = await createSite(origin, KEYS.ADMIN_KEY, settings);
  const api = siteApi(origin, made);
  const experiments = [];
  for (const experiment of EXPERIMENTS) {
    await api.createExperiment(experiment);
    experiments.push(await api.start(experiment.key, Date.now() - BEGAN_BEFORE_MS));
  }
  return { ...made, shards, api, experiments };
}

/** One with 20 experiments and 20 communications that all are live. */
export async function crowdedSite({ origin }, { shards }) {
  const made = await createSite(origin, KEYS.ADMIN_KEY, { name: "Crowded", time_zone: "Europe/Berlin", currency: "EUR", shards });
  const api = siteApi(origin, made);
  for (let number = 0; number < 20; number += 1) {
    const experiment = { ...EXPERIMENTS[number % 2], key: `e${number}` };
    await api.createExperiment(experiment);
    await api.start(experiment.key, Date.now() - BEGAN_BEFORE_MS);
    await api.createCommunication({ key: `c${number}`, type: "popup" });
  }
  return { ...made, shards };
}
