// The bridge to `dataLayer`, for pages that ask for it (`data-datalayer`): GA4's e-commerce events become calls of `track`,
// and exposures become `experiment_viewed` there.

import { on } from './listen.js';

/** GA4's e-commerce events, which keep their names. */
const EVENTS = new Set(
  'purchase refund add_to_cart remove_from_cart view_cart begin_checkout add_payment_info add_shipping_info view_item view_item_list select_item add_to_wishlist view_promotion select_promotion'.split(' '),
);
/** What of an event is taken as it is. */
const KEPT = ['currency', 'coupon', 'item_list_id', 'item_list_name', 'payment_type', 'shipping_tier', 'promotion_id'];
/** Ids of items that an event brings along at most. */
const ITEMS = 50;
/** What the page's own code put into the list without `push` is found within this many ms. */
const LOOK = 1_000;
/** Two scripts that both want to be the last to hear of a push must not wrap each other for ever. */
const WRAPS = 20;
/** These count once a page load; the site's figures know an order by its id besides. */
const ONCE = new Set(['purchase', 'refund']);

/** A number as it is or as text; what is neither stays, so that the collector's diagnostics show it. */
const number = (value) => (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value);

/** Event and parameters of a message: `gtag`'s arguments, or a plain object with `ecommerce` or without. */
function parsed(message, ecommerce) {
  if (message[0] === 'event') return [message[1], message[2] ?? {}];
  return [message.event, message.ecommerce ?? ecommerce ?? message];
}

/** The properties of an event; nothing where it says too little to count. */
export function properties(name, given) {
  const items = Array.isArray(given.items) ? given.items : [];
  const value = number(given.value);
  const kept = KEPT.filter((key) => given[key] !== undefined).map((key) => [key, given[key]]);
  const ids = items.slice(0, ITEMS).map((item) => item?.item_id ?? item?.item_name).filter((id) => id !== undefined);
  const found = { ...Object.fromEntries(kept), ...(ids.length && { items: ids }) };
  if (name === 'purchase' || name === 'refund') {
    if (given.transaction_id !== undefined) found.order_id = given.transaction_id;
    // A refund of some items that does not say how much would take back all.
    if (name === 'refund' && (given.transaction_id === undefined || (value === undefined && items.length))) return undefined;
  }
  if (value !== undefined) found[{ purchase: 'revenue', refund: 'amount' }[name] ?? 'value'] = value;
  return found;
}

/** Reads what is there and what comes, and writes what is exposed. `called` is the list's name, where it has another. */
export function bridge(site, called) {
  const name = typeof called === 'string' && called && called !== 'true' ? called : 'dataLayer';
  const { api } = site;
  const read = new WeakSet();
  const told = new Set();
  let ecommerce;
  let wraps = 0;

  function take(message) {
    if (message === null || typeof message !== 'object' || read.has(message)) return;
    read.add(message);
    const [event, given] = parsed(message, ecommerce);
    // What was pushed without an event is of the next one.
    if (event === undefined) {
      if ('ecommerce' in message) ecommerce = message.ecommerce;
      return;
    }
    if (!EVENTS.has(event)) return;
    ecommerce = undefined;
    const found = given && typeof given === 'object' && properties(event, given);
    if (!found) return;
    // Many shops tell an order twice, by `gtag` and by `push`.
    const key = ONCE.has(event) && JSON.stringify([event, found.order_id ?? [found.revenue, found.items], found.amount]);
    if (key && told.has(key)) return;
    if (key) told.add(key);
    api.track(event, found);
  }

  const look = () => {
    const list = self[name];
    if (!Array.isArray(list)) return;
    // Each by itself: a message that cannot be read costs no other.
    for (const message of [...list]) attempt(() => take(message));
    if (!list.push.tributary && wraps < WRAPS) attempt(() => hear(list));
  };

  /** Another list, and one whose `push` was replaced, are heard again; who wrapped ours still calls it. */
  const hear = (list) => {
    const { push } = list;
    wraps += 1;
    list.push = (...messages) => {
      const outcome = push.apply(list, messages);
      for (const message of messages) attempt(() => take(message));
      return outcome;
    };
    list.push.tributary = true;
  };

  self[name] ??= [];
  look();
  setInterval(look, LOOK);
  for (const event of ['click', 'submit', 'pagehide', 'visibilitychange']) {
    addEventListener(event, () => Promise.resolve().then(look), { capture: true, passive: true });
  }
  on(site, 'exposure', ({ experiment, variant }) => {
    const viewed = { experiment_id: experiment, variation_id: variant };
    attempt(() => {
      if (typeof self.gtag === 'function') self.gtag('event', 'experiment_viewed', viewed);
      else self[name].push({ event: 'experiment_viewed', ...viewed });
    });
  });
}

function attempt(act) {
  try {
    act();
  } catch {
    // A getter of the page's that throws, or a list that is frozen.
  }
}
