// The page's wasm compiled to JavaScript, for pages whose policy allows no wasm. It is the same module, with what JavaScript
// has no short form for lowered first.

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { npmBin } from "../support/paths.mjs";
import { run } from "../support/process.mjs";

const LOWERED = ["--signext-lowering", "--llvm-memory-copy-fill-lowering", "--llvm-nontrapping-fptoint-lowering"];

/** Replaces what must be there. */
function replaced(text, what, pattern, instead) {
  if (!pattern.test(text)) throw new Error(`what the tools write has changed: where is ${what}?`);
  return text.replace(pattern, instead);
}

/**
 * Writes to `out` a module with the exports of the glue, for the same module as JavaScript. `features` are those that the
 * wasm was made with.
 */
export async function buildScripted(folder, { wasm, glue, out, features }) {
  const [bytes, lowered, code] = [wasm, `lowered-${wasm}`, `lowered-${wasm}.js`].map((name) => path.join(folder, name));
  await run(npmBin("wasm-opt"), [bytes, "-o", lowered, ...features, ...LOWERED]);
  await run(npmBin("wasm2js"), [lowered, "-Oz", "-o", code]);
  let made = readFileSync(code, "utf8");
  made = replaced(made, "wasm2js's import", /^import \* as \S+ from '[^']*';\n/m, "");
  made = replaced(made, "wasm2js's instance", /^var retasmFunc = asmFunc\([\s\S]*$/m, "");

  let text = readFileSync(path.join(folder, glue), "utf8");
  text = text.replace(/if \(!\(module instanceof WebAssembly\.Module\)\) \{[^}]*\}\n\s*(?=const instance)/, "");
  text = replaced(text, "the glue's compiling", /const instance = new WebAssembly\.Instance\(module, imports\);/, "const instance = { exports: asmFunc(imports) };");
  // Memory that grew is another buffer, and the former one is not emptied as that of wasm is.
  const [memory] = /wasm\.\w+\.buffer/.exec(text);
  text = replaced(text, "the glue's look at its bytes", /(cachedUint8ArrayMemory0)\.byteLength === 0/, `$1.buffer !== ${memory}`);
  text = text.replace(/(cachedDataViewMemory0)\.buffer\.detached === true/, `$1.buffer !== ${memory}`);
  writeFileSync(path.join(folder, out), `${text}\n${made}`);
}
