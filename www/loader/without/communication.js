// Where a site has no communications, and no goals that a form in a shadow root could meet: nothing is looked for. Calls of a
// function without a body are left out of the script.

import { DISMISSED } from 'tributary-host';
import * as sdk from 'tributary-wasm';

export function again() {}
export const clicked = () => '';
export const dismissed = (key) => sdk.communicated(DISMISSED, key);
export function observe() {}
export function watch() {}
