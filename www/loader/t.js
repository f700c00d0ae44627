// The script of the tag. The wasm is in it: one request until a variant can be shown (docs/loader.md has the figures).

import { run } from 'tributary-run';

try {
  const given = self.__tributary;
  delete self.__tributary;
  const bytes = Uint8Array.from(TRIBUTARY_BYTES, (letter) => letter.charCodeAt(0));
  run(new WebAssembly.Module(bytes), given, document.currentScript);
} catch {
  // No wasm here, or none allowed: the visitor sees control.
}
