// The SDK where there is no wasm: the same, compiled to JavaScript.

import { site } from 'tributary-host';
import * as tributary from 'tributary-run';
import { share } from './policy.js';

// The inspector comes compiled to JavaScript then, too.
site.isScripted = true;

/** Starts. */
export function run(given, tag, load) {
  share(load.policy);
  tributary.run(true, given, tag, load);
}
