// Pop-ups, notifications and website blocks that stand in the page with `data-trib-popup|notification|block="key"`: when they
// appear, are hovered, clicked and dismissed. Nobody has to call anything.

import { APPEARED, DISMISSED, HOVERED, later, never, now, safely } from 'tributary-host';
import * as sdk from 'tributary-wasm';

const KINDS = ['data-trib-popup', 'data-trib-notification', 'data-trib-block'];
const DISMISS = 'data-trib-dismiss';
/** Elements looked at in one turn of the page: about 2 ms. */
const CHUNK = 4_000;
/** While the parser is at work it is searched so often for what has come, in ms. */
const PARSING = 250;
/** A communication that goes so soon after Escape, or a click beside it, was dismissed by that. */
const SOON = 1_500;
/** While one is in view it is looked at so often: opacity and visibility change without an event. */
const LOOK = 1_000;
/** What must lie between two times to be seen as so long, in ms: timers may be that much early. */
const EARLY = 5;
/** Steps of visible shares that the browser reports: elements up to ten screens tall can fill half of one. */
const STEPS = Array.from({ length: 21 }, (_, step) => step / 20);

const { document, IntersectionObserver, MutationObserver } = self;
const { matches, closest, getAttribute, checkVisibility } = Element.prototype;
const SELECTOR = KINDS.map((kind) => `[${kind}]`).join();
/** What a click can be about. */
const ABOUT = `${SELECTOR},[${DISMISS}]`;
/** Of most elements of a page their name says that they have no shadow root. */
const HOSTS = ':not(a,b,br,button,em,form,i,img,input,label,li,link,meta,option,path,script,strong,svg,td,tr,ul)';
/** What of an element already there is told. */
const MARKS = { subtree: true, attributes: true, attributeFilter: KINDS };

/** What is known of an element: since when it can be seen, whether it has appeared, whether it was dismissed. */
const states = new WeakMap();
/** Elements that are in view, as far as the browser's observer tells. */
const inView = new Set();
const roots = new WeakSet();
/** Elements that are still to be asked for a shadow root, by where they were found. */
const hosts = [];

let options;
let onRoot;
let mutations;
let intersections;
let looking;
let walking;
/** When Escape was pressed, or a click fell beside all communications. */
let closing = -SOON;
let hovered;
let dwelling;

const isElement = (node) => node.nodeType === 1;
const attribute = safely((element, name) => getAttribute.call(element, name));
const keyOf = (element) => KINDS.map((kind) => attribute(element, kind)).find(Boolean);
const isCommunication = safely((node) => isElement(node) && matches.call(node, SELECTOR) && keyOf(node));
/** The innermost communication in a path, and its key. */
const among = (path) => path.find(isCommunication);

const stateOf = (element) => states.get(element) ?? (states.set(element, {}), states.get(element));
const tell = (what, key) => sdk.communicated(what, key);

/** Whoever touches one has seen it. */
function touched(element) {
  const state = stateOf(element);
  if (!state.shown) {
    state.shown = true;
    tell(APPEARED, keyOf(element));
  }
  return state;
}

function dismiss(element) {
  const state = touched(element);
  if (!state.dismissed) tell(DISMISSED, keyOf(element));
  state.dismissed = true;
}

/** Half of it, or half of the screen where it is larger than that. */
function isLarge({ isIntersecting, intersectionRatio, intersectionRect, rootBounds }) {
  // What has no area is in view by a whole, and cannot be seen.
  const seen = intersectionRect.width * intersectionRect.height;
  if (!isIntersecting || !seen) return false;
  const screen = rootBounds ? rootBounds.width * rootBounds.height : Infinity;
  return intersectionRatio >= options.share || seen >= options.share * screen;
}

/** Where the browser cannot say, what is in view is visible. */
const isVisible = (element) =>
  !checkVisibility || checkVisibility.call(element, { checkOpacity: true, checkVisibilityCSS: true, opacityProperty: true, visibilityProperty: true });

/** Not only scrolled away. */
const isHidden = (element) => !element.isConnected || !element.getClientRects().length || !isVisible(element);

function gone(element) {
  const state = stateOf(element);
  if (state.shown && now() - closing < SOON && attribute(element, KINDS[2]) === null && isHidden(element)) dismiss(element);
  states.delete(element);
}

/** What of that in view has been visible long enough has appeared; what is no longer visible may appear again. */
const look = safely(() => {
  never(looking);
  looking = undefined;
  if (document.hidden) return;
  let next = LOOK;
  for (const element of inView) {
    const state = stateOf(element);
    if (!isVisible(element)) {
      gone(element);
      continue;
    }
    state.since ??= now();
    const left = options.after - (now() - state.since);
    if (left <= EARLY) touched(element);
    else next = Math.min(next, left);
  }
  if (inView.size) looking = later(look, next);
});

const intersected = safely((entries) => {
  for (const entry of entries) {
    if (isLarge(entry)) inView.add(entry.target);
    else if (inView.delete(entry.target)) gone(entry.target);
  }
  look();
});

/** One that may be a communication, and is where it has a key. */
const meet = (element) => keyOf(element) && intersections?.observe(element);

const find = (node) => node.querySelectorAll(SELECTOR).forEach(meet);

const enter = ({ shadowRoot }) => shadowRoot && observe(shadowRoot);

/** A chunk in each turn, so that no document makes a long task. */
const walk = safely(() => {
  walking = undefined;
  for (let left = CHUNK; left > 0 && hosts.length; left--) {
    const { value, done } = hosts[0].next();
    if (done) hosts.shift();
    else enter(value);
  }
  if (hosts.length) walking = later(walk, 0);
});

/** Looks at all that a node has in it. */
function search(node) {
  find(node);
  hosts.push(node.querySelectorAll(HOSTS).values());
  walking ??= later(walk, 0);
}

const mutated = safely((records) => {
  for (const { addedNodes, target, type } of records) {
    if (type === 'attributes') {
      // Another key is another communication; without any it is none.
      inView.delete(target);
      states.delete(target);
      intersections?.unobserve(target);
      meet(target);
    } else
      for (const node of addedNodes) {
        if (!isElement(node)) continue;
        meet(node);
        enter(node);
        if (node.firstElementChild) search(node);
      }
  }
});

/** Looks at all that is in a root, now or later. Open shadow roots are found when their host comes; others are given here. */
export const observe = safely((root) => {
  if (!mutations || roots.has(root)) return;
  roots.add(root);
  if (root !== document) onRoot(root);
  mutations.observe(root, { ...MARKS, childList: true });
  search(root);
});

/** The parser would make a mutation of each element: until it is done, the document is only searched now and then. */
const parsing = safely(() => {
  if (document.readyState !== 'loading') return observe(document);
  find(document);
  later(parsing, PARSING);
});

/** What is on the screen counts anew: another page view, or a visitor who agreed only now. */
export function again() {
  for (const element of inView) states.delete(element);
  look();
}

/** The key of the communication that a click was for: none where it dismissed one, or fell beside them. */
export const clicked = safely((event, path) => {
  // Nearly every click is about none, and the browser knows that at once where no shadow root is in the path.
  if (!inView.size && path[0] === event.target && !closest.call(path[0], ABOUT)) return '';
  const element = among(path);
  const dismissing = path.find((node) => isElement(node) && attribute(node, DISMISS) !== null);
  if (dismissing) {
    // Its own text names one that it does not stand in.
    const key = attribute(dismissing, DISMISS);
    if (key) dismissed(key);
    else if (element) dismiss(element);
    if (element || key) return '';
  }
  if (!element) {
    if (!path.some((node) => isElement(node) && node.href)) closing = now();
    return '';
  }
  if (isBackdrop(element, event)) {
    dismiss(element);
    return '';
  }
  touched(element);
  return keyOf(element);
}, '');

/** The backdrop of a dialog is the dialog itself, beside its box. */
const isBackdrop = safely((element, { target, clientX: x, clientY: y }) => {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return target === element && element.open && (x < left || x > right || y < top || y > bottom);
});

/** The page tells that it closed one. */
export function dismissed(key) {
  const known = [...inView].filter((element) => keyOf(element) === key);
  for (const element of known) dismiss(element);
  if (!known.length) tell(DISMISSED, key);
}

/** A mouse or a pen that comes to another communication, and stays. */
function pointed(event, path) {
  if (event.pointerType !== 'mouse' && event.pointerType !== 'pen') return;
  let element = among(path);
  if (element && isBackdrop(element, event)) element = undefined;
  if (element === hovered) return;
  hovered = element;
  never(dwelling);
  if (!element) return;
  const hover = safely(() => {
    touched(element);
    tell(HOVERED, keyOf(element));
  });
  if (options.dwell > 0) dwelling = later(hover, options.dwell);
  else hover();
}

/** Starts to look. `rooted` is told of every shadow root. */
export function watch(given, on, rooted) {
  const number = (text, otherwise) => (text >= 0 ? Number(text) : otherwise);
  options = { share: number(given.visibleShare, 0.5), after: number(given.visibleMs, 1_000), dwell: number(given.hoverMs, 0) };
  onRoot = rooted;
  mutations = new MutationObserver(mutated);
  intersections = IntersectionObserver && new IntersectionObserver(intersected, { threshold: STEPS });
  on(self, 'pointerover', (event) => pointed(event, event.composedPath()));
  on(self, 'pointerout', (event) => event.relatedTarget || pointed(event, []));
  on(self, 'keydown', ({ key }) => key === 'Escape' && (closing = now()));
  on(document, 'visibilitychange', look);
  mutations.observe(document, MARKS);
  on(document, 'DOMContentLoaded', parsing);
  parsing();
}
