// The SDK where there is no wasm: the same, compiled to JavaScript.

import * as tributary from 'tributary-run';

/** Starts. */
export const run = (given, tag, load) => tributary.run(true, given, tag, load);
