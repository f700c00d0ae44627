// Which Rust the scripts use: the release that rust-toolchain.toml pins, by rustup when there is one, else any newer one
// on the PATH (Debian's, say). Nothing here changes the machine; set-up does.

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./paths.mjs";
import { ask } from "./process.mjs";

/** The pinned release, such as `1.95.0`. */
export const PINNED = /channel = "([\d.]+)"/.exec(readFileSync(path.join(ROOT, "rust-toolchain.toml"), "utf8"))[1];

export const WASM = "wasm32-unknown-unknown";

const NEEDED = {
  [WASM]: (sysroot) => existsSync(path.join(sysroot, "lib/rustlib", WASM, "lib")),
  "rust-src": (sysroot) => existsSync(path.join(sysroot, "lib/rustlib/src/rust/library/std/Cargo.toml")),
};
const NEEDED_FOR_TESTS = {
  clippy: () => ask("cargo", ["clippy", "--version"]) !== undefined,
  rustfmt: () => ask("cargo", ["fmt", "--version"]) !== undefined,
};

const atLeast = (version, wanted) => {
  const [a, b] = [version, wanted].map((text) => text.split(".").map(Number));
  return (a[0] - b[0] || a[1] - b[1] || a[2] - b[2]) >= 0;
};

/**
 * What the Rust in force is and what it lacks: `{ version, sysroot, missing: [names] }`, or `undefined` when there is none
 * of the pinned release or later. Asks rustc once; the rest are looks at the file system.
 */
export function inspectRust({ tests = false } = {}) {
  const version = /^rustc (\d+\.\d+\.\d+)/.exec(ask("rustc", ["--version"]) ?? "")?.[1];
  if (!version || !atLeast(version, PINNED)) return undefined;
  const sysroot = ask("rustc", ["--print", "sysroot"]);
  const needed = { ...NEEDED, ...(tests ? NEEDED_FOR_TESTS : {}) };
  return { version, sysroot, missing: Object.keys(needed).filter((name) => !needed[name](sysroot)) };
}

/**
 * A machine may have the pinned release under the name `stable` alone, and no way to fetch it under its own name. Then
 * this process and all it starts use `stable`.
 */
export function adoptStable() {
  if (process.env.RUSTUP_TOOLCHAIN || ask("rustc", ["--version"])) return;
  const stable = ask("rustup", ["run", "stable", "rustc", "--version"]) ?? "";
  if (stable.startsWith(`rustc ${PINNED} `)) process.env.RUSTUP_TOOLCHAIN = "stable";
}
