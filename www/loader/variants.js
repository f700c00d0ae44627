// Variants that nobody asks for: those that the markup holds and those that the configuration describes are given as soon as
// their places are in the page, before they are painted.
//
// An experiment is given in a page view if it was known within the time limit. What the visitor has looked at for longer
// stays as it is until the next page view, and exposes nobody.

import * as change from 'tributary-change';
import { ask, now, put, safely, site } from 'tributary-host';
import * as markup from 'tributary-markup';
import * as sdk from 'tributary-wasm';
import { forget, keep, recall } from './tab.js';

const { parse, stringify } = JSON;
const { entries } = Object;
const { document, location, MutationObserver, performance, requestAnimationFrame, URLSearchParams } = self;

/** How long the visitor may have looked at what then changes, in ms, unless the tag says otherwise. */
const LIMIT = 1_000;

/** Looks at variants that the address asked for, by the experiments' keys; they never count. */
let forced = new Map();
/** Those of them that this page view has told of. */
let told = new Set();
/** What is given in this page view, by the experiment's key. */
let live = new Map();
let limit;
/** When this page view began, where it was no load. */
let moved;
let mutations;
/** This frame was looked at already; something has changed since. */
let looked = false;
let changed = false;

/** Whether the visitor has seen the page as it is for too long. Where nothing is painted, nobody has. */
function isLate() {
  const since = moved ?? performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
  return performance.now() - since > limit;
}

/** The variant; being given it is an exposure, counted once a page view. */
export function give(key) {
  const variant = forced.get(key);
  if (variant === undefined) return ask(sdk.variant, key) ?? null;
  if (!told.has(key)) {
    told.add(key);
    put(now(), `"$exposure",${stringify({ experiment: key, variant, forced: true })}`);
    sdk.drain();
  }
  return variant;
}

/** All assignments; asking exposes nobody. */
export const assignments = () => ({ ...parse(ask(sdk.assignments) ?? '{}'), ...Object.fromEntries(forced) });

/** Who the visitor is may have changed, or what may be given. */
export const refresh = safely(() => {
  // Whom an exposure counts for may be another: the wasm knows which there were.
  change.renew();
  markup.renew();
  // A page that nobody has seen yet erases nothing either.
  if (!site.measures && !document.prerendering) forget();
  const late = isLate();
  live = new Map(entries(assignments()).filter(([key, variant]) => !late || live.get(key) === variant));
  look();
});

/** A page view has begun that is no load. */
export const viewed = safely(() => {
  moved = performance.now();
  told = new Set();
  refresh();
});

/** Gives what has a place in the page by now. What this changes itself is no news. */
const look = safely(() => {
  changed = false;
  markup.give(live, give);
  change.give(live, give);
  mutations.takeRecords();
});

/** At once, so that nothing is painted before; and then once more before the frame is, whatever else happens in it. */
const mutated = safely(() => {
  changed = true;
  if (looked) return;
  looked = true;
  look();
  requestAnimationFrame(
    safely(() => {
      looked = false;
      if (changed) look();
    }),
  );
});

/** `?tributary=experiment:variant,…` shows variants to whoever tests them, in this tab until `?tributary=` ends it. */
const readPreview = safely(() => {
  let asked = new URLSearchParams(location.search).get('tributary');
  if (asked === null) asked = recall('preview');
  else keep('preview', asked);
  // Keys and nothing else: pages put what `getVariant` gives into class names, and into HTML.
  const pairs = asked?.split(',').map((pair) => /^([\w-]+):([\w-]+)$/.exec(pair)) ?? [];
  forced = new Map(pairs.filter(Boolean).map(([, ...pair]) => pair));
});

/** Begins to look. `given` is what the collector put in front of the script, `options` are those of the tag. */
export const begin = safely(({ changes }, { timeout }, on) => {
  limit = timeout >= 0 ? Number(timeout) : LIMIT;
  readPreview();
  change.prepare(changes);
  mutations = new MutationObserver(mutated);
  // Templates come with their elements; what changes were made of may be written again.
  const all = Boolean(changes);
  // The parser would make a mutation of each element: until it is done, each frame is looked at before it is painted.
  const parsing = safely(() => {
    look();
    if (document.readyState === 'loading') requestAnimationFrame(parsing);
    else mutations.observe(document, { attributes: all, characterData: all, childList: true, subtree: true });
  });
  // Elements that the parser was still in are whole now; where nothing is painted there are no frames.
  on(document, 'DOMContentLoaded', parsing);
  on(document, 'prerenderingchange', () => {
    readPreview();
    refresh();
  });
  refresh();
  parsing();
});
