// The SDK in the npm package: npm/index.js imports it in a page.

import { begin } from 'tributary-begin';
import { configured } from './configured.js';

// Spelled out, so that a bundler sees them and makes chunks of them.
const FILES = {
  more: () => import('./more.js'),
  scripted: () => import('./scripted.js'),
  inspect: () => import('./inspect.js'),
  inspect_scripted: () => import('./inspect_scripted.js'),
};

/** Starts, with the tag's attributes as options. */
export async function start({ site, collector, ...dataset }) {
  const base = new URL(`${collector}/`.replace(/\/+$/, '/'), location.href).href;
  begin(await configured(base, site), { src: base, dataset: { collector: base, ...dataset } }, (file) => FILES[file]());
}
