// Variants that the configuration describes: changes of elements, and redirects. The configuration's form is that of
// core/src/config/change.rs.
//
// An experiment is where any of its variants changes something: at the first such element each visitor is exposed, whichever
// variant it has and control too, so that all groups are counted at the same moment.

import { KINDS, MOVE, REDIRECT } from 'tributary-element';
import { ask, now, put, safely, site } from 'tributary-host';
import { isElsewhere, leave, leaving, mayLeave } from 'tributary-redirect';
import * as sdk from 'tributary-wasm';

const { document } = self;
const { stringify } = JSON;

/** `{ key, variants: Map(variant → changes), all, fault }`, the last being why it cannot be given here, if it cannot. */
let experiments = [];
/** Whether an experiment is given in this page view, for this visitor, by its key; none before there is anything to give. */
let outcomes = new Map();
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

/** Applies a change to an element where it is not yet, or no more: frameworks put back what they had. False where it fails. */
const applyTo = safely((element, { kind, values, done }) => {
  const { act, still } = KINDS[kind];
  if (!done.has(element) || !still(element, values, done.get(element))) done.set(element, act(element, values));
  return true;
}, false);

/** Applies a change to all its elements, whatever becomes of any of them. False where it failed at one. */
function apply(change) {
  const outcomes = targets(change).map((element) => applyTo(element, change));
  for (const element of change.done.keys()) if (!element.isConnected) change.done.delete(element);
  return outcomes.every(Boolean);
}

const undoAt = safely((element, before, { kind, values }) => KINDS[kind].still(element, values, before) && KINDS[kind].undo(element, values, before));

/** Takes a change back wherever it still stands. */
function undo(change) {
  for (const [element, before] of [...change.done].reverse()) undoAt(element, before, change);
  change.done.clear();
}

/** Tells why nothing of an experiment is given: the inspector, and once a page load the collector. */
function tell(experiment, reason) {
  if (site.faults[experiment]) return;
  site.faults[experiment] = reason;
  put(now(), `"$not_given",${stringify({ experiment, reason })}`);
  sdk.drain();
}

/** Gives a variant: all that there is of it by now, and then it is an exposure, or nothing. True where it is given. */
function begin({ key, variants, fault }, variant, expose) {
  const changes = variants.get(variant) ?? [];
  const away = changes.find((change) => change.kind === REDIRECT && targets(change).length);
  const reason = fault || (!changes.every(apply) && 'change_failed') || (away && !mayLeave(key, away.values) && 'redirect_loop');
  if (reason) tell(key, reason);
  const isGiven = !reason && expose(key) === variant;
  if (isGiven && away) leave(away.values);
  return isGiven;
}

const giveOne = safely((experiment, variant, expose) => {
  const { key, variants, all } = experiment;
  if (variant !== undefined && !outcomes.has(key) && all.some((change) => targets(change).length)) {
    outcomes.set(key, begin(experiment, variant, expose));
  }
  for (const [name, changes] of variants) {
    for (const change of changes) {
      const isOn = outcomes.get(key) && name === variant && isAt(change.page);
      if (!isOn) undo(change);
      // An element that comes later and does not take its change: the rest stands, and is not taken back under the visitor's eyes.
      else if (!apply(change)) tell(key, 'change_failed');
    }
  }
});

/** Gives what the page has elements for, and takes back what is no longer given here. */
export function give(live, expose) {
  for (const experiment of experiments) if (!leaving) giveOne(experiment, live.get(experiment.key), expose);
}

/** Another page view, perhaps at another address, or another visitor: all is given anew. */
export function renew() {
  outcomes = new Map();
  // The last in the list of what can happen: see sdk/src/api.rs.
  address = ask(sdk.happened, 9) ?? '';
}

/** Takes in the configuration. Where the HTML of one variant cannot be made here, no group of the experiment gets anything. */
export function prepare(given = []) {
  const made = ({ prepare = (values) => values }, values) => safely(prepare)(values);
  const one = ([kind, selector, page, ...values]) => ({ kind, selector, page, values: made(KINDS[kind], values), done: new Map() });
  const read = safely(([key, variants]) => {
    const made = new Map(variants.map(([name, changes]) => [name, changes.map(one)]));
    const all = [...made.values()].flat();
    return { key, variants: made, all, fault: all.some(({ values }) => !values) && 'html_forbidden' };
  });
  site.faults = {};
  experiments = given.map(read).filter(Boolean);
}
