// The inspector's wasm. It is fetched only by who looks for it, so the standard library is as Rust ships it.

import { readFileSync } from "node:fs";
import path from "node:path";
import { TARGET, npmBin, tool } from "../support/paths.mjs";
import { run } from "../support/process.mjs";
import { buildScripted } from "./scripted.mjs";

/** Where its glue is. */
export const INSPECTOR = path.join(TARGET, "inspector");

/** What rustc assumes besides, and what wasm-bindgen makes use of where a module says so: ours must load where the page's does. */
const LATER = ["--enable-reference-types", "--enable-multivalue"];

/** Compiles it, also to JavaScript; the answer is its bytes. `features` are those of the page's wasm. */
export async function buildInspector(features) {
  const crate = ["-p", "tributary-inspector", "--lib", "--profile", "page", "--target", "wasm32-unknown-unknown"];
  await run("cargo", ["build", ...crate], { env: { CARGO_TARGET_DIR: path.join(INSPECTOR, "cargo") } });
  const built = path.join(INSPECTOR, "cargo/wasm32-unknown-unknown/page/tributary_inspector.wasm");
  const bare = path.join(INSPECTOR, "tributary_inspector.wasm");
  await run(npmBin("wasm-opt"), [built, "-o", bare, ...features, ...LATER, "--strip-target-features"]);
  const plain = ["--no-typescript", "--omit-default-module-path", "--remove-name-section", "--remove-producers-section"];
  await run(tool("wasm-bindgen"), ["--target", "web", ...plain, "--out-dir", INSPECTOR, bare]);
  const [before, after] = ["tributary_inspector_bg.wasm", "inspector.wasm"].map((name) => path.join(INSPECTOR, name));
  await run(npmBin("wasm-opt"), [before, "-o", after, ...features, "-Os", "--strip-debug", "--strip-producers", "--strip-target-features"]);
  await buildScripted(INSPECTOR, { wasm: "inspector.wasm", glue: "tributary_inspector.js", out: "scripted.js", features });
  return readFileSync(after);
}
