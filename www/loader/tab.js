// What is known in this tab only, until it is closed: a look at a variant, what led to the shop.

import { safely, site } from 'tributary-host';

const storage = safely(() => sessionStorage)();

/** Where nothing is measured (no consent, or nobody has seen the page yet) nothing is kept, and without cookies neither. */
export const keep = safely((name, text) => !site.cookieless && site.measures && storage.setItem(site.name + name, text));

export const recall = safely((name) => storage.getItem(site.name + name), null);

/** Forgets all of it. */
export const forget = safely(() => Object.keys(storage).filter((key) => key.startsWith(site.name)).forEach((key) => storage.removeItem(key)));
