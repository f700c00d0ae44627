// The second way to Rust: Debian's packages, for a machine without rustup or one whose rustup cannot download.
//
// Debian's plain `rustc` is years behind the pinned release; `rustc-web`, which Debian keeps for building browsers, is not.
// It comes without a standard library for wasm, so that is built once in a scratch crate and put where rustc looks.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ask, run, which } from "../support/process.mjs";
import { PINNED, WASM, adoptDebian } from "../support/rust.mjs";

const PACKAGES = ["rustc-web", "cargo-web", "rust-web-src"];
const PACKAGES_FOR_TESTS = ["rust-web-clippy", "rustfmt-web"];

/** The release that apt would install, `undefined` when it knows none. */
function candidate() {
  return /Candidate: (\d+\.\d+)/.exec(ask("apt-cache", ["policy", "rustc-web"]) ?? "")?.[1];
}

/** The newest linker that Debian has, such as `lld-22`: objects of a new rustc are not for an old one. */
function linker() {
  const names = (ask("apt-cache", ["search", "--names-only", "^lld-[0-9]+$"]) ?? "").match(/^lld-\d+/gm) ?? [];
  if (names.length === 0) throw new Error("this Debian has no package lld-<number>: only rustup will do");
  return names.sort((a, b) => b.slice(4) - a.slice(4))[0];
}

function check() {
  if (!which("apt-get")) throw new Error("no apt-get here: this way is Debian's");
  if (process.getuid?.() !== 0) throw new Error(`not root: run \`sudo apt-get install ${PACKAGES.join(" ")}\` and come back`);
  const found = candidate();
  const [major, minor] = PINNED.split(".").map(Number);
  const [a, b] = (found ?? "0.0").split(".").map(Number);
  if (a < major || (a === major && b < minor)) {
    throw new Error(`this Debian has rustc-web ${found ?? "not at all"}, and ${PINNED} or later is wanted: only rustup will do`);
  }
}

/** Builds the standard library for wasm and puts it into the sysroot. */
async function addWasm(sysroot) {
  const scratch = mkdtempSync(path.join(tmpdir(), "tributary-std-"));
  try {
    mkdirSync(path.join(scratch, "src"));
    writeFileSync(path.join(scratch, "Cargo.toml"), '[package]\nname = "scratch"\nversion = "0.0.0"\nedition = "2021"\n');
    writeFileSync(path.join(scratch, "src/lib.rs"), "");
    const args = ["build", "--release", "--target", WASM, "-Zbuild-std=std,panic_abort"];
    await run("/usr/bin/cargo", args, { cwd: scratch, env: { RUSTC_BOOTSTRAP: "1", CARGO_TARGET_DIR: scratch } });
    const built = path.join(scratch, WASM, "release/deps");
    const into = path.join(sysroot, "lib/rustlib", WASM, "lib");
    mkdirSync(into, { recursive: true });
    for (const file of readdirSync(built)) {
      if (/^lib.*\.rlib$/.test(file) && !file.startsWith("libscratch")) cpSync(path.join(built, file), path.join(into, file));
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Installs Debian's Rust and makes this process and all it starts use it. */
export async function debianRust({ tests }) {
  check();
  const lld = linker();
  const packages = [...PACKAGES, lld, ...(tests ? PACKAGES_FOR_TESTS : [])];
  await run("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { env: { DEBIAN_FRONTEND: "noninteractive" } });
  adoptDebian();
  const sysroot = ask("/usr/bin/rustc", ["--print", "sysroot"]);
  linkSource(sysroot);
  linkLinker(sysroot, `/usr/lib/llvm-${lld.slice(4)}/bin/lld`);
  if (!existsSync(path.join(sysroot, "lib/rustlib", WASM, "lib"))) await addWasm(sysroot);
}

/** Cargo looks for the source below the sysroot; Debian keeps it under /usr/src. */
function linkSource(sysroot) {
  const wanted = path.join(sysroot, "lib/rustlib/src/rust");
  const source = readdirSync("/usr/src").find((name) => /^rustc-web-|^rustc-\d/.test(name));
  if (existsSync(path.join(wanted, "library")) || !source) return;
  mkdirSync(path.dirname(wanted), { recursive: true });
  symlinkSync(path.join("/usr/src", source), wanted);
}

/** rustc looks for a linker of its own for wasm, which Debian leaves out. */
function linkLinker(sysroot, lld) {
  const host = /^host: (.+)$/m.exec(ask("/usr/bin/rustc", ["-vV"]))[1];
  const wanted = path.join(sysroot, "lib/rustlib", host, "bin/rust-lld");
  if (existsSync(wanted)) return;
  mkdirSync(path.dirname(wanted), { recursive: true });
  symlinkSync(lld, wanted);
}
