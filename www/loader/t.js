// The script of the tag. The wasm is in it: one request until a variant can be shown (docs/loader.md has the figures).

import { run } from 'tributary-run';

const given = self.__tributary;
delete self.__tributary;
const compile = () => {
  const text = TRIBUTARY_BYTES;
  const bytes = new Uint8Array(text.length);
  // Uint8Array.from takes several times as long.
  for (let place = text.length; place--; ) bytes[place] = text.charCodeAt(place);
  return new WebAssembly.Module(bytes);
};
run(compile, given, document.currentScript);
