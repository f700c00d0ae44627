// What the crates may lean on. The core is pure because it has nothing to be impure with: time, ids and randomness come in
// as arguments, and no crate in its tree could fetch them. clippy.toml forbids the standard library's own ways.

import { run } from "../../../scripts/support/process.mjs";
import { WASM } from "../../../scripts/support/rust.mjs";

const CLOCKS = /^(chrono|time|web-time|instant|coarsetime|quanta)$/;
const RANDOMNESS = /^(getrandom|rand|rand_.*|fastrand|oorandom|uuid|ulid|ahash)$/;
const NETWORK = /^(reqwest|ureq|hyper|hyper-.*|tokio|mio|socket2|async-std|smol|axum|tower|curl)$/;
const DOM = /^(js-sys|web-sys|wasm-bindgen|wasm-bindgen-.*|gloo.*|serde-wasm-bindgen)$/;
const SCHEMAS = /^schemars/;
const WORKER = /^(worker|worker-.*)$/;
const DATABASE = /^(rusqlite|libsqlite3-sys|sqlx|sqlx-.*|diesel|postgres|redis|sled|redb)$/;

const RULES = [
  { crate: "tributary-core", never: CLOCKS, why: "time comes in as an argument" },
  { crate: "tributary-core", never: RANDOMNESS, why: "the same events give the same report" },
  { crate: "tributary-core", never: NETWORK, why: "no I/O in the rules" },
  { crate: "tributary-core", never: DOM, why: "the same code natively, in the page and in the Worker" },
  { crate: "tributary-core", never: WORKER, why: "the same code natively, in the page and in the Worker" },
  { crate: "tributary-core", never: DATABASE, why: "no I/O in the rules" },
  { crate: "tributary-core", never: /^tributary-(sdk|collector)$/, why: "the shells lean on the core" },
  { crate: "tributary-sdk", never: /^tributary-collector$/, why: "neither shell knows the other" },
  { crate: "tributary-sdk", never: SCHEMAS, why: "the description of the API is made at build time" },
  { crate: "tributary-collector", never: SCHEMAS, why: "the description of the API is made at build time" },
  { crate: "tributary-sdk", never: WORKER, why: "the page is no Worker" },
  { crate: "tributary-sdk", never: /^(serde-wasm-bindgen|regex|regex-automata)$/, why: "bytes in the page" },
  { crate: "tributary-sdk", never: /^(tributary-inspector|web-sys|gloo.*)$/, why: "bytes in the page" },
  { crate: "tributary-inspector", never: /^tributary-(sdk|collector)$/, why: "it looks at the page, and asks the core" },
  { crate: "tributary-collector", never: /^tributary-sdk$/, why: "neither shell knows the other" },
];

async function tree(crate) {
  const names = new Set();
  // What is compiled for wasm, and natively for the core's tests; never what runs at build time alone.
  for (const target of crate === "tributary-core" ? [[], ["--target", WASM]] : [["--target", WASM]]) {
    const printed = await run("cargo", ["tree", "--locked", "-p", crate, "-e", "normal,no-proc-macro", "--prefix", "none", ...target]);
    for (const line of printed.split("\n")) if (line) names.add(line.split(" ")[0]);
  }
  return names;
}

/** Each rule is a test. */
export async function dependencies() {
  const results = { passed: 0, failed: 0, output: "" };
  const trees = new Map();
  for (const { crate, never, why } of RULES) {
    if (!trees.has(crate)) trees.set(crate, await tree(crate));
    const found = [...trees.get(crate)].filter((name) => name !== crate && never.test(name));
    results[found.length > 0 ? "failed" : "passed"] += 1;
    if (found.length > 0) results.output += `${crate} leans on ${found.join(", ")}, which breaks the rule: ${why}\n`;
  }
  return results;
}
