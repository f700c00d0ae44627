// A variant that is another page. The exposure leaves first, and nothing of the page that is left is seen.

import { later, safely } from 'tributary-host';
import * as sdk from 'tributary-wasm';

const { document, location, URL } = self;

/** A page that did not come by then will not come: what is there is shown, in ms. */
const PATIENCE = 4_000;

/** The address to go to: with the query of this one, but for what it says itself. */
function target([url]) {
  const to = new URL(url, location.href);
  const own = new Set(to.searchParams.keys());
  for (const [name, value] of new URL(location.href).searchParams) {
    if (!own.has(name)) to.searchParams.append(name, value);
  }
  to.hash ||= location.hash;
  return to.href;
}

/** One text for all ways of writing the same query: leaving for another of them might never end. */
function comparable(address) {
  const url = new URL(address);
  url.searchParams.sort();
  return url.href;
}

/** Whether the page is not there yet. */
export const isElsewhere = safely((values) => !document.prerendering && comparable(target(values)) !== comparable(location.href), false);

let leaving = false;

/** Leaves, once. */
export const leave = safely((values) => {
  if (leaving) return;
  leaving = true;
  const { style } = document.documentElement;
  // What happened goes by beacon now; the place of this is in the list of sdk/src/api.rs.
  sdk.happened(5);
  style.setProperty('visibility', 'hidden', 'important');
  const show = () => {
    style.removeProperty('visibility');
    leaving = false;
  };
  later(show, PATIENCE);
  self.addEventListener('pageshow', show);
  // Another fragment is no other document.
  self.addEventListener('hashchange', show);
  location.replace(target(values));
});
