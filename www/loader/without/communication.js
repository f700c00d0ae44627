// Where a site has no communications, and no goals that a form in a shadow root could meet: nothing is looked for.

import { DISMISSED } from 'tributary-host';
import * as sdk from 'tributary-wasm';

export const again = () => {};
export const clicked = () => '';
export const dismissed = (key) => sdk.communicated(DISMISSED, key);
export const observe = () => {};
export const watch = () => {};
