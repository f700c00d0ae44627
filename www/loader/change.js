// Variants that the configuration describes: changes of elements, and redirects. The configuration's form is that of
// core/src/config/change.rs.
//
// An experiment is where any of its variants changes something: at the first such element each visitor is exposed, whichever
// variant it has and control too, so that all groups are counted at the same moment.

import { KINDS, MOVE, REDIRECT } from 'tributary-element';
import { ask, safely } from 'tributary-host';
import { isElsewhere, leave } from 'tributary-redirect';
import * as sdk from 'tributary-wasm';

const { document } = self;

/** `{ key, variants: Map(variant → changes), all }`. */
let experiments = [];
/** Experiments that are exposed in this page view, for this visitor. */
let exposed = new Set();
/** The page's address as goals see it: with the allowed query parameters only. */
let address = '';

/** As goals compare: what begins with `/` with path and query, anything else with the whole address. */
const isAt = safely((page) => {
  if (!page) return true;
  const [operator, url] = page;
  const text = url[0] === '/' ? address.replace(/^[^/]*\/\/[^/]*/, '') : address;
  return [text === url, text.includes(url), text.startsWith(url)][operator] ?? new RegExp(url).test(text);
}, false);

const find = safely((selector) => document.querySelectorAll(selector), []);

/** Elements that a change is for; of a redirect the page, where that is not its target. */
const targets = ({ kind, selector, page, values }) => {
  if (!isAt(page)) return [];
  if (kind === REDIRECT) return isElsewhere(values) ? [document] : [];
  // To a place that is not there yet nothing is moved, and nobody was given that.
  const found = kind === MOVE && !find(values[0]).length ? [] : [...find(selector)];
  // Moved one by one to the place behind another element, or to the first, they would come there in reverse.
  return kind === MOVE && /after|prepend/.test(values[1]) ? found.reverse() : found;
};

/** Applies a change where it is not yet, or no more: frameworks put back what they had. */
function apply(change) {
  const { kind, values, done } = change;
  const { act, still } = KINDS[kind];
  for (const element of targets(change)) {
    if (done.has(element) && still(element, values, done.get(element))) continue;
    done.set(element, act(element, values));
  }
  for (const element of done.keys()) if (!element.isConnected) done.delete(element);
}

/** Takes a change back wherever it still stands. */
function undo({ kind, values, done }) {
  for (const [element, before] of [...done].reverse()) {
    if (KINDS[kind].still(element, values, before)) KINDS[kind].undo(element, values, before);
  }
  done.clear();
}

const giveOne = safely(({ key, variants, all }, variant, expose) => {
  let given = exposed.has(key);
  if (variant !== undefined && !given && all.some((change) => targets(change).length)) {
    given = expose(key) === variant;
    if (given) exposed.add(key);
  }
  for (const [name, changes] of variants) {
    for (const change of changes) {
      const isOn = given && name === variant && isAt(change.page);
      if (!isOn) undo(change);
      else if (change.kind !== REDIRECT) apply(change);
      else if (targets(change).length) leave(change.values);
    }
  }
});

/** Gives what the page has elements for, and takes back what is no longer given here. */
export function give(live, expose) {
  for (const experiment of experiments) giveOne(experiment, live.get(experiment.key), expose);
}

/** Another page view, perhaps at another address, or another visitor: all is given anew. */
export function renew() {
  exposed = new Set();
  // The last in the list of what can happen: see sdk/src/api.rs.
  address = ask(sdk.happened, 9) ?? '';
}

/** Takes in the configuration. An experiment with HTML that cannot be made here is not given at all. */
export function prepare(given = []) {
  const one = ([kind, selector, page, ...values]) => ({ kind, selector, page, values: KINDS[kind].prepare?.(values) ?? values, done: new Map() });
  const read = safely(([key, variants]) => {
    const made = new Map(variants.map(([name, changes]) => [name, changes.map(one)]));
    return { key, variants: made, all: [...made.values()].flat() };
  });
  experiments = given.map(read).filter(Boolean);
}
