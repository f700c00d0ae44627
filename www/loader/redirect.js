// A variant that is another page. The exposure leaves first, and nothing of the page that is left is seen.

import { later, now, safely } from 'tributary-host';
import * as sdk from 'tributary-wasm';
import { keep, known } from './tab.js';

const { document, location, performance, URL } = self;
const { abs } = Math;

/** A page that did not come by then will not come: what is there is shown, in ms. */
const PATIENCE = 4_000;

/** Who left and comes again within this time, in ms, was sent back: no visitor reads the target that fast. */
const AWAY = 10_000;

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

const pageOf = (address) => address.split(/[?#]/)[0];

/**
 * Whether the visitor may be sent away for an experiment; not where the target just sent them back, since that might never end.
 * So a tab is redirected once in so much time. Where the tab keeps nothing who comes from the target stays, and who comes from
 * here: after a server's redirect a page is its own referrer.
 */
export const mayLeave = safely((key, values) => {
  const name = `left.${key}`;
  // Not the short way: where what all tabs have does not last, the visitor would be sent on for ever.
  const last = known(name);
  // When the visitor set out for this page, however slow it was to come; within one document, now.
  const began = now() - performance.now();
  if (last && abs((began > last ? began : now()) - last) < AWAY) return false;
  keep(name, now());
  return known(name) !== null || ![target(values), location.href].map(pageOf).includes(pageOf(document.referrer));
}, false);

/** The page is being left: nothing is given in it any more. */
export let leaving = false;

/** Leaves. */
export const leave = safely((values) => {
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
