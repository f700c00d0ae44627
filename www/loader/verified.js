// Further files for a page that verifies what it runs: the bytes of each are known to the pinned script.

import { policy } from './policy.js';

const loaded = {};

/** Runs the script at `src`, if it is those bytes; the answer is what it leaves under the file's name. */
export const verified = (file, src, integrity) =>
  (loaded[file] ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    Object.assign(script, { crossOrigin: 'anonymous', integrity, onerror: reject, onload: () => resolve(self[`__tributary_${file}`]) });
    // Where types are enforced an address is trusted because this policy says so.
    script.src = policy()?.createScriptURL(src) ?? src;
    document.head.append(script);
  }));
