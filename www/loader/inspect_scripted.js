// The inspector where there is no wasm: the same, compiled to JavaScript.

export { open } from './inspect.js';
