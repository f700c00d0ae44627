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

/** The release of a rustc, when it is the pinned one or later. */
function releaseOf(rustc) {
  const version = /^rustc (\d+\.\d+\.\d+)/.exec(ask(rustc, ["--version"]) ?? "")?.[1];
  return version && atLeast(version, PINNED) ? version : undefined;
}

/**
 * What the Rust in force is and what it lacks: `{ version, sysroot, missing: [names] }`, or `undefined` when there is none
 * of the pinned release or later. Asks rustc once; the rest are looks at the file system.
 */
export function inspectRust({ tests = false } = {}) {
  const version = releaseOf("rustc");
  if (!version) return undefined;
  const sysroot = ask("rustc", ["--print", "sysroot"]);
  const needed = { ...NEEDED, ...(tests ? NEEDED_FOR_TESTS : {}) };
  return { version, sysroot, missing: Object.keys(needed).filter((name) => !needed[name](sysroot)) };
}

/** This process and all it starts use Debian's Rust, whatever rustup puts before it on the PATH. */
export function adoptDebian() {
  Object.assign(process.env, { RUSTC: "/usr/bin/rustc", PATH: `/usr/bin:${process.env.PATH}` });
  delete process.env.RUSTUP_TOOLCHAIN;
}

/**
 * A machine may have the pinned release under the name `stable` alone, or a rustup that cannot download and Debian's Rust
 * beside it. Then this process and all it starts use what is there.
 */
export function adopt() {
  if (process.env.RUSTUP_TOOLCHAIN || ask("rustc", ["--version"])) return;
  const stable = ask("rustup", ["run", "stable", "rustc", "--version"]) ?? "";
  if (stable.startsWith(`rustc ${PINNED} `)) process.env.RUSTUP_TOOLCHAIN = "stable";
  else if (releaseOf("/usr/bin/rustc")) adoptDebian();
}
