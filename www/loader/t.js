// The script of the tag. The wasm is in it: one request until a variant can be shown (docs/loader.md has the figures).

import { run } from 'tributary-run';

const given = self.__tributary;
delete self.__tributary;
const compile = () => new WebAssembly.Module(Uint8Array.from(TRIBUTARY_BYTES, (letter) => letter.charCodeAt(0)));
run(compile, given, document.currentScript);
