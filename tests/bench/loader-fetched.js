// The loader that was not chosen (docs/loader.md): a small script that fetches the wasm and compiles it as it streams in.

import { run } from "tributary-run";

const tag = document.currentScript;
const given = self.__tributary;
delete self.__tributary;
WebAssembly.compileStreaming(fetch(new URL("/sdk.wasm", tag.src))).then(
  (module) => run(module, given, tag, () => Promise.reject()),
  () => {},
);
