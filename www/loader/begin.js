// The same code as wasm or, where the page's policy (or its browser) has no wasm, compiled to JavaScript.

import { compile } from 'tributary-compile';
import { run } from 'tributary-run';

/**
 * Starts, now where wasm may be compiled. Else the JavaScript build is fetched and starts; calls wait in the stub till then.
 *
 * @param {object} given what the collector says of the site
 * @param {{src: string, dataset: object}} tag the script's own element
 * @param {(file: string) => Promise<object>} load fetches a file that only some pages need
 */
export function begin(given, tag, load) {
  let module;
  try {
    // Where the tag says so nothing is tried, and so no violation of the policy is reported.
    if (tag.dataset.wasm !== 'off') module = compile();
  } catch {
    // Forbidden here, or there is none.
  }
  const start = (module) => run(module, given, tag, load);
  if (module) start(module);
  else load('scripted').then(({ run }) => run(given, tag, load), () => start());
}
