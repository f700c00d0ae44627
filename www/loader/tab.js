// What is known in this tab only, until it is closed: a look at a variant, what led to the shop.

import { get, safely, set, site } from 'tributary-host';

/**
 * Says, in what all tabs have, that one of them keeps something: to open a tab's storage costs a page a millisecond, and few
 * have anything in it.
 */
const KEPT = 'tab';

/** Where nothing is measured (no consent, or nobody has seen the page yet) nothing is kept, and without cookies neither. */
export const keep = safely((name, text) => {
  if (site.cookieless || !site.measures) return;
  sessionStorage.setItem(site.name + name, text);
  if (!get(KEPT)) set(KEPT, '1');
});

/** What this tab keeps, whatever is said of it. */
export const known = safely((name) => sessionStorage.getItem(site.name + name), null);

export const recall = (name) => (get(KEPT) ? known(name) : null);

/** Forgets all of it. */
export const forget = safely(() => {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(site.name)) sessionStorage.removeItem(key);
});
