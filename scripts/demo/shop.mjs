// What the demo shop's site counts, made through the API as a merchant's developer would make it.

/** Goals in this order: a click or a submit names its goal by the index. Orders come first and so are what counts. */
export const EXPERIMENT = {
  key: "hero",
  name: "Front page hero",
  variants: [{ key: "control", name: "Morning light" }, { key: "b", name: "Evening collection" }],
  goals: [
    { key: "purchase", type: "revenue", name: "Purchase", event: "purchase" },
    { key: "add_to_cart", type: "custom_event", name: "Added to the cart", event: "add_to_cart" },
    { key: "thanks", name: "Reached the thanks page", type: "page_view", operator: "contains", url: "/thanks.html" },
    { key: "hero_click", name: "Clicked the hero", type: "click", selector: "[data-goal=hero]" },
    { key: "newsletter", name: "Newsletter sign-up", type: "form_submit", selector: "#newsletter" },
    { key: "bounces", name: "Left after one page", type: "bounce_rate", direction: "decrease", guardrail: { tolerance: 0.1 } },
  ],
};

/** Share of visitors who get nothing of all this, so that there is something to compare with. */
export const HOLDOUT = 0.15;

/** What is made besides the experiment, in this order. `made` is when. */
export const made = (at) => [
  ["communications", { key: "welcome", name: "Welcome: 10 % off", type: "popup" }],
  ["communications", { key: "low_stock", name: "Only a few left", type: "notification" }],
  ["communications", { key: "evening", name: "Evening collection banner", type: "block" }],
  ["communications", { key: "letter", name: "November letter", type: "message" }],
  ["sequences", { key: "welcome_series", name: "Welcome series", communications: ["welcome", "letter"] }],
  ["sequences", { key: "evening_push", name: "Evening push", communications: ["evening", "low_stock"] }],
  ["campaigns", { key: "autumn", name: "Autumn campaign", sequences: ["welcome_series", "evening_push"] }],
  ["experiences", { key: "cart_reminder", name: "Cart reminder", variants: [{ key: "friendly", name: "Friendly" }, { key: "delivery", name: "With free delivery" }] }],
  ["goals", { key: "revenue", name: "Revenue", event: "purchase", measure: "value", property: "revenue", at }],
  ["goals", { key: "carts", name: "Filled carts", event: "add_to_cart", measure: "unique", at }],
  ["journeys", { key: "first_order", name: "First order", goal: "revenue", treatments: [{ communication: "welcome" }, { experience: "cart_reminder", variant: "friendly" }, { experience: "cart_reminder", variant: "delivery" }] }],
  ["journeys", { key: "evening", name: "Evening collection", goal: "revenue", treatments: [{ experiment: "hero", variant: "b" }, { communication: "evening" }] }],
  ["journeys", { key: "nudge", name: "Nudge", goal: "carts", treatments: [{ communication: "low_stock" }] }],
];
