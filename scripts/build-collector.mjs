// The collector's build: worker-build in release, with panics that unwind.
//
// A panic in wasm that aborts would hang every request of the isolate; one that unwinds is a 500 for its own request.
// `worker-build --panic-unwind` asks for `cargo +nightly`, because it rebuilds the standard library. The pinned stable
// release can do that too when RUSTC_BOOTSTRAP is set, so small wrappers stand first on the PATH and drop `+nightly`.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { COLLECTOR_BUILD, DIST, NPM_BIN, ROOT, TARGET, npmBin, tool } from "./support/paths.mjs";
import { ask, run, which } from "./support/process.mjs";
import { filesUnder, stamp, unstamp, upToDate } from "./support/stamp.mjs";
import { step } from "./support/step.mjs";

/** A folder of its own: its flags differ from those of tests, and cargo locks a folder while it builds. */
const WORKER_TARGET = path.join(TARGET, "collector");

/** The standard library's small forms: its sorts, instantiated some thirty times, were 75 KB of wasm. */
const STD = "-Zbuild-std-features=panic-unwind,optimize_for_size";

const OUTPUTS = ["index.js", "index_bg.wasm"].map((name) => path.join(COLLECTOR_BUILD, name));

function writeWrappers() {
  const folder = path.join(DIST, "toolchain");
  mkdirSync(folder, { recursive: true });
  for (const program of ["cargo", "rustc"]) {
    const file = path.join(folder, program);
    const real = (program === "rustc" && process.env.RUSTC) || which(program);
    writeFileSync(file, `#!/bin/sh\n[ "$1" = +nightly ] && shift\nexec "${real}" "$@"\n`);
    chmodSync(file, 0o755);
  }
  // worker-build asks rustup whether nightly has the standard library's source. Set-up saw to it for the release in use,
  // and a machine may have neither nightly nor rustup.
  const rustup = path.join(folder, "rustup");
  writeFileSync(rustup, '#!/bin/sh\n[ "$1 $2" = "component list" ] && echo "rust-src (installed)"\n');
  chmodSync(rustup, 0o755);
  return folder;
}

/**
 * worker-build keeps the names of functions, which are 45 KB of what is uploaded: a panic tells its file and line without
 * them. Another pass for size takes 2 KB off what is sent. What rustc assumes of a Worker, and the exceptions that panics unwind by, have to be named.
 */
async function stripNames() {
  const file = path.join(COLLECTOR_BUILD, "index_bg.wasm");
  const features = ["mutable-globals", "sign-ext", "nontrapping-float-to-int", "bulk-memory", "multivalue", "reference-types", "exception-handling"];
  await run(npmBin("wasm-opt"), [file, "-o", file, "-Os", "--strip-debug", "--strip-producers", ...features.map((name) => `--enable-${name}`)]);
}

/** The sources that cargo says it read, manifests and lock file, and this script. */
function inputs() {
  const listed = readFileSync(path.join(WORKER_TARGET, "wasm32-unknown-unknown/release/tributary_collector.d"), "utf8")
    .split("\n")
    .flatMap((line) => line.slice(line.indexOf(": ") + 2).split(/(?<!\\) /))
    .map((file) => path.resolve(ROOT, file.replaceAll("\\ ", " ").trim()))
    .filter((file) => file.startsWith(ROOT + path.sep) && !file.startsWith(TARGET));
  const manifests = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "core/Cargo.toml", "collector/Cargo.toml"];
  return [...new Set([...listed, ...manifests.map((file) => path.join(ROOT, file)), ...filesUnder(import.meta.filename)])];
}

/** The step. */
export async function buildCollector() {
  const version = `${ask("rustc", ["--version"])}, ${process.env.RUSTFLAGS ?? ""}`;
  await step("collector", {
    ready: () => upToDate("collector", OUTPUTS, version) && "up to date",
    doing: "worker-build --release --panic-unwind, the first time with a standard library of its own",
    work: async () => {
      unstamp("collector");
      const env = {
        PATH: [writeWrappers(), NPM_BIN, process.env.PATH].join(path.delimiter),
        RUSTC_BOOTSTRAP: "1",
        CARGO_TARGET_DIR: WORKER_TARGET,
        WASM_BINDGEN_BIN: tool("wasm-bindgen"),
        WASM_OPT_BIN: npmBin("wasm-opt"),
        ESBUILD_BIN: npmBin("esbuild"),
      };
      await run(tool("worker-build"), ["--release", "--panic-unwind", ".", STD], { cwd: path.join(ROOT, "collector"), env });
      await stripNames();
      stamp("collector", inputs(), version);
    },
    remedy: "put right what the compiler says above, then `npm run build`",
  });
}
