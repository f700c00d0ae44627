// The SDK where there is no wasm: the same, compiled to JavaScript.

import { site } from 'tributary-host';
import * as tributary from 'tributary-run';

// The inspector comes compiled to JavaScript then, too.
site.isScripted = true;

/** Starts. */
export const run = (given, tag, load) => tributary.run(true, given, tag, load);
