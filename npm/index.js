// Tributary's functions for pages that are built: those of `window.tributary`, whichever way it comes into the page. On a
// server there is no page: nothing happens there, and every variant is control.

import { stub } from './stub.js';

const page = typeof window === 'undefined' ? undefined : window;

/** The script's own functions, or until it is there the stub's, which keep calls for it. */
function api() {
  if (!page.tributary) stub(page, undefined, []);
  return page.tributary;
}

/** A function of the page, and what it answers where there is none. */
const inPage = (name, answer) => (...values) => (page ? api()[name]?.(...values) ?? answer : answer);

const settled = Promise.resolve();

export const track = inPage('track');
export const ready = inPage('ready', settled);
export const getVariant = inPage('getVariant', null);
export const identify = inPage('identify');
export const consent = inPage('consent');
export const setAttributes = inPage('setAttributes');
export const flush = inPage('flush', settled);
export const clear = inPage('clear');
export const appeared = inPage('appeared');
export const clicked = inPage('clicked');
export const hovered = inPage('hovered');
export const dismissed = inPage('dismissed');
export const observe = inPage('observe');
export const inspect = inPage('inspect', settled);
export const off = inPage('off');

export const getAssignments = () => (page ? api().getAssignments() : {});

export function on(name, listener) {
  if (page) api().on(name, listener);
  return () => off(name, listener);
}

let started;

/** Starts the SDK that is in this package, with the site's configuration from the collector. */
export function init(options) {
  if (!page) return settled;
  api();
  started ??= import('./sdk.js').then(({ start }) => start(options)).catch(() => {});
  return started;
}
