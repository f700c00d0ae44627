// The page's SDK: its builds (dist/www/sdk/t.js and t.PART.PART.js), each with glue and wasm in one script, and
// dist/www/sdk/stub.js. What they weigh is printed, and held to tests/budgets.json.
//
// Which build a site's pages get the collector decides (core/src/page_script.rs): what is in it depends on the site's
// configuration, so that nobody pays for what only others use, and nobody for a second request.
//
// The standard library is built along, for size and with panics that stop at once instead of writing a message nobody
// reads (docs/loader.md has the figures). As in the collector's build, RUSTC_BOOTSTRAP lets the pinned release do it.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build, transform } from "esbuild";
import { DIST, DIST_WWW, ROOT, TARGET, npmBin, tool } from "./support/paths.mjs";
import { VERSION, buildPackage, buildPinned, buildTagged } from "./sdk/further.mjs";
import { INSPECTOR, buildInspector } from "./sdk/inspector.mjs";
import { buildScripted } from "./sdk/scripted.mjs";
import { ask, run } from "./support/process.mjs";
import { filesUnder, stamp, unstamp, upToDate } from "./support/stamp.mjs";
import { isEntry, main, step } from "./support/step.mjs";

const LOADER = path.join(ROOT, "www/loader");
const OUT = path.join(DIST_WWW, "sdk");

/** A folder of its own: its flags differ from all others, and cargo locks a folder while it builds. */
const SDK_TARGET = path.join(TARGET, "sdk");
/** Where the glue and the finished wasm are (`page.js`, `page.wasm`): that which can do everything, and the usual one. */
export const GLUE = path.join(SDK_TARGET, "glue");
export const USUAL_GLUE = path.join(SDK_TARGET, "glue-usual");

/** The npm package as it would be published. */
export const PACKAGE = path.join(DIST, "npm");

/**
 * What is in some builds only, in the order of a build's name: the module of www/loader that does it. The one of the same
 * name in www/loader/without stands in where it is left out.
 */
const PARTS = { communications: "communication", variants: "variants", changes: "change", targeting: "targeting" };

/** All builds, by their parts: with communications or without, and of the others what brings the rest along. */
const BUILDS = [[], ["variants"], ["variants", "changes"], ["variants", "targeting"], ["variants", "changes", "targeting"]].flatMap((parts) => [
  parts,
  ["communications", ...parts],
]);

const fileOf = (parts) => `${["t", ...parts].join(".")}.js`;
/** The build's name in tests/budgets.json. */
const figureOf = (parts) => `${["sdk.t", ...parts].join(".")}.brotli_bytes`;

const FLAGS =
  "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none -Ctarget-feature=-reference-types,-multivalue";

/** What rustc assumes of a browser; no later proposal, or the module would not load where it must. */
const FEATURES = ["bulk-memory", "mutable-globals", "nontrapping-float-to-int", "sign-ext"].map(
  (name) => `--enable-${name}`,
);

/** Memory starts as zeros, as the browser gives it. That nothing traps is not assumed: a panic must end in a trap. */
const PASSES = [
  ...["--flatten", "--rereloop", "-Oz", "--converge", "--zero-filled-memory", "-Oz", "--reorder-functions"],
  ...["--strip-debug", "--strip-producers", "--strip-target-features"],
];

/** Bytes as they are and as they travel. */
export const sizes = (bytes) => ({
  raw: bytes.length,
  gzip: gzipSync(bytes, { level: 9 }).length,
  brotli: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length,
});

/** Compiles the page's wasm with these features, with its JavaScript glue beside it in a folder. */
async function buildWasm(folder, features) {
  const env = { CARGO_TARGET_DIR: SDK_TARGET, RUSTC_BOOTSTRAP: "1", RUSTFLAGS: FLAGS };
  const std = ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];
  const crate = ["-p", "tributary-sdk", "--lib", "--profile", "page", "--target", "wasm32-unknown-unknown", "--features", features];
  await run("cargo", ["build", ...crate, ...std], { env });
  const built = path.join(SDK_TARGET, "wasm32-unknown-unknown/page/tributary_sdk.wasm");
  const plain = ["--no-typescript", "--omit-default-module-path", "--remove-name-section", "--remove-producers-section"];
  await run(tool("wasm-bindgen"), ["--target", "web", ...plain, "--out-dir", folder, built]);
  const [before, glue, after, shorter] = ["tributary_sdk_bg.wasm", "tributary_sdk.js", "page.wasm", "page.js"].map((name) =>
    path.join(folder, name),
  );
  await run(npmBin("wasm-opt"), [before, "-o", after, ...FEATURES, ...PASSES]);
  const shorten = [after, "-o", after, ...FEATURES, "--minify-imports-and-exports-and-modules"];
  const renamed = JSON.parse(await run(npmBin("wasm-opt"), shorten));
  writeFileSync(shorter, shortened(readFileSync(glue, "utf8"), renamed));
  return readFileSync(after);
}

/** Parts of wasm-bindgen's glue that serve what we do not have: each with what stands in its place. */
const SPARE = [
  ["the faster way for long ASCII texts", /(function passStringToWasm0[^{]*\{\n)\s*if \(realloc === undefined\) \{([\s\S]*?)\n {4}\}\n[\s\S]*?\n\}\n/, "$1$2\n}\n"],
  ["the answer to browsers without encodeInto", /if \(!\('encodeInto' in cachedTextEncoder\)\) \{[\s\S]*?\n\}\n/, ""],
  ["the guesses at what it is given", /(function initSync\(module\) \{\n)[\s\S]*?(\n {4}const imports = [^\n]*\n)\s*if \(!\(module instanceof WebAssembly\.Module\)\) \{[^}]*\}\n/, "$1$2"],
  ["the look at its memory by another name", /cachedDataViewMemory0\.buffer\.detached === true \|\| \(.*? && (.*?)\)\)/, "$1)"],
  ["the answer to a Safari that tires of decoding after 2 GB", /numBytesDecoded \+= len;[\s\S]*?\n {4}\}\n/, ""],
  ["the care for numbers and places from 2^31 on", / >>> 0/g, ""],
  ["what it remembers of its start", /^ {4}(?:wasmInstance|wasmModule|cached\w+) = (?:instance|module|null);\n/gm, ""],
];

/**
 * The glue under the short names that wasm-opt gave to what goes in and out: those of wasm-bindgen end in hashes, which do
 * not compress. All imports are then in one object, those of `tributary-host` that need no glue too.
 */
function shortened(glue, { imports, exports }) {
  const direct = imports.filter(([module]) => module === "tributary-host");
  const named = direct.map(([, name, short]) => `${name} as direct_${short}`);
  let text = glue
    .replace(/^import \* as import\d+ from "tributary-host";?\n/gm, "")
    .replace(/return \{\s*__proto__: null,\s*"\.\/tributary_sdk_bg\.js": import0,[^}]*\};/, "return { a: import0 };")
    .replace("const import0 = {", `const import0 = {${direct.map(([, , short]) => `${short}: direct_${short},`).join("")}`);
  for (const [module, name, short] of imports) {
    if (module !== "tributary-host") text = text.replace(`${name}: function`, `${short}: function`);
  }
  // Longest first, since one name may begin another.
  for (const [name, short] of exports.toSorted(([a], [b]) => b.length - a.length)) {
    text = text.replaceAll(new RegExp(`\\bwasm\\.${name}\\b`, "g"), `wasm.${short}`);
  }
  for (const [what, pattern, instead] of SPARE) {
    if (!pattern.test(text)) throw new Error(`wasm-bindgen's glue has changed: where is ${what}?`);
    text = text.replace(pattern, instead);
  }
  // What makes room for a text is always the same, and need not be given with each.
  const room = /passStringToWasm0\(\w+, (wasm\.\w+),/.exec(text)[1];
  text = text.replace(/(passStringToWasm0\(\w+), wasm\.\w+, wasm\.\w+\)/g, "$1)").replace("arg, malloc, realloc", "arg").replace("malloc(", `${room}(`);
  return `import { ${named.join(", ")} } from "tributary-host";\n${text}`;
}

/**
 * The bytes as a string literal, a character each: what repeats in the wasm repeats in the script, and compresses as well.
 * Base64 would hide it. Only what may not stand in a string is escaped.
 */
export function literal(bytes) {
  const escapes = { "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\" };
  return `"${bytes.toString("latin1").replace(/["\\\n\r]/g, (letter) => escapes[letter])}"`;
}

/** Nearly all functions run at the start: compiled at once, beside the page's own work, they are parsed once and not twice. */
const HINT = "//# allFunctionsCalledOnLoad\n";

/** Where each module of a build is. `glue` stands for the wasm. */
function modules(parts, glue) {
  const chosen = Object.entries(PARTS).map(([part, name]) => [`tributary-${name}`, `${parts.includes(part) ? "" : "without/"}${name}.js`]);
  const always = ["begin", "compile", "element", "host", "markup", "redirect"].map((name) => [`tributary-${name}`, `${name}.js`]);
  const found = [["tributary-run", "tributary.js"], ...always, ...chosen].map(([name, file]) => [name, path.join(LOADER, file)]);
  const folder = parts.includes("targeting") ? GLUE : USUAL_GLUE;
  const glues = { "tributary-wasm": path.join(folder, glue), "tributary-inspector": path.join(INSPECTOR, "tributary_inspector.js") };
  return { ...Object.fromEntries(found), ...glues };
}

/**
 * One script out of an entry, minified, with these parts. `wasm` is the expression that TRIBUTARY_BYTES stands for, `glue` the
 * module that stands for the wasm, `alias` names others; the rest is esbuild's.
 */
export async function bundle(entry, { wasm = "undefined", parts = Object.keys(PARTS), glue = "page.js", format = "iife", alias = {}, define = {}, ...options } = {}) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format,
    target: "es2020",
    legalComments: "none",
    charset: "utf8",
    alias: { ...modules(parts, glue), ...alias },
    // esbuild would escape what need not be; so the bytes take their place afterwards.
    // The glue's registry frees closures that nobody holds any more; ours are freed when they ran.
    define: { TRIBUTARY_BYTES: "__TRIBUTARY_BYTES__", FinalizationRegistry: "undefined", ...define },
    drop: ["console"],
    // Not the page it was made for (something that it needs is gone or replaced): nothing is touched, and no error is seen.
    ...(format === "iife" && { banner: { js: `${HINT}try{` }, footer: { js: "}catch{}" } }),
    ...options,
  });
  return Buffer.from(outputFiles[0].text.replace("__TRIBUTARY_BYTES__", () => wasm));
}

/** The stub, as a page has it inline, and the hash that a Content-Security-Policy names it by. */
async function buildStub() {
  const source = readFileSync(path.join(LOADER, "stub.js"), "utf8");
  const { code } = await transform(source, { minify: true, target: "es2020" });
  const stub = Buffer.from(code.trim().replace(/;$/, ""));
  return { stub, csp: `sha256-${createHash("sha256").update(stub).digest("base64")}` };
}

function inputs() {
  const sources = ["core/src", "core/Cargo.toml", "sdk/src", "sdk/Cargo.toml", "inspector/src", "inspector/Cargo.toml", "www/loader", "npm", "scripts/sdk", "package.json", "Cargo.toml", "Cargo.lock"];
  const others = ["tests/budgets.json", "package-lock.json", path.relative(ROOT, import.meta.filename)];
  return filesUnder(...[...sources, ...others].map((place) => path.join(ROOT, place)));
}

function hold(figures) {
  const budgets = JSON.parse(readFileSync(path.join(ROOT, "tests/budgets.json"), "utf8"));
  for (const [name, bytes] of Object.entries(figures)) {
    if (bytes > budgets[name]) throw new Error(`${name} is ${bytes}, and tests/budgets.json allows ${budgets[name]}`);
  }
}

/** The step. */
export async function buildSdk() {
  const outputs = [...BUILDS.map(fileOf), "stub.js", "sizes.json"].map((name) => path.join(OUT, name));
  const version = ask("rustc", ["--version"]);
  const told = ({ builds, stub, csp, integrity }) => {
    const each = Object.entries(builds).map(([name, { brotli }]) => `${name} ${brotli}`);
    return `${each.join(", ")} bytes brotli, stub ${stub} bytes, its CSP hash '${csp}', v/${VERSION}/t.js '${integrity}'`;
  };
  await step("sdk", {
    ready: () => upToDate("sdk", outputs, version) && told(JSON.parse(readFileSync(outputs.at(-1), "utf8"))),
    doing: "wasm for the page, with a standard library built for size, and the script around it",
    work: async () => {
      unstamp("sdk");
      mkdirSync(OUT, { recursive: true });
      const usual = literal(await buildWasm(USUAL_GLUE, ""));
      const wasm = await buildWasm(GLUE, "targeting");
      await buildScripted(GLUE, { wasm: "page.wasm", glue: "page.js", out: "scripted.js", features: FEATURES });
      const text = literal(wasm);
      const inspector = literal(await buildInspector(FEATURES));
      const build = await buildTagged(bundle, inspector);
      const figures = { builds: {}, wasm: sizes(wasm) };
      const held = {};
      for (const parts of BUILDS) {
        const bytes = await bundle(path.join(LOADER, "t.js"), { wasm: parts.includes("targeting") ? text : usual, parts, define: { TRIBUTARY_BUILD: JSON.stringify(build) } });
        writeFileSync(path.join(OUT, fileOf(parts)), bytes);
        figures.builds[fileOf(parts)] = sizes(bytes);
        held[figureOf(parts)] = figures.builds[fileOf(parts)].brotli;
      }
      const integrity = await buildPinned(bundle, text, inspector);
      await buildPackage(bundle, text, inspector, PACKAGE);
      const { stub, csp } = await buildStub();
      writeFileSync(path.join(OUT, "stub.js"), stub);
      Object.assign(figures, { stub: stub.length, csp, integrity });
      writeFileSync(outputs.at(-1), JSON.stringify(figures));
      hold({ ...held, "sdk.stub_bytes": figures.stub });
      stamp("sdk", inputs(), version);
      return told(figures);
    },
    remedy: "put right what is said above, then `npm run build`",
  });
}

if (isEntry(import.meta.url)) await main(buildSdk);
