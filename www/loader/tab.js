// What is known in this tab only, until it is closed: a look at a variant, what led to the shop.

import { get, safely, site } from 'tributary-host';

const storage = safely(() => sessionStorage)();

/** Without consent nothing is kept, and without cookies neither. */
export const keep = safely((name, text) => !site.cookieless && get('visitor') && storage.setItem(site.name + name, text));

export const recall = safely((name) => storage.getItem(site.name + name), null);

/** Forgets all of it. */
export const forget = safely(() => Object.keys(storage).filter((key) => key.startsWith(site.name)).forEach((key) => storage.removeItem(key)));
