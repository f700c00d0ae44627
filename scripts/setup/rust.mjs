// Rust: the pinned release with the wasm target and the standard library's source (the collector is built with unwinding
// panics, the page without panic messages; both need a standard library of their own).
//
// The first way is rustup. Where there is none, or it cannot download, Debian's own packages do (debian-rust.mjs).

import { PINNED, WASM, adopt, inspectRust } from "../support/rust.mjs";
import { run, which } from "../support/process.mjs";
import { StepFailed, step } from "../support/step.mjs";
import { debianRust } from "./debian-rust.mjs";

// What rustup calls what inspectRust calls otherwise.
const addArguments = (name, toolchain) =>
  name === WASM ? ["target", "add", "--toolchain", toolchain, name] : ["component", "add", "--toolchain", toolchain, name];

/** Without --no-self-update an install may replace rustup itself, which is none of this project's business. */
const INSTALL = ["toolchain", "install", PINNED, "--profile", "minimal", "--no-self-update"];

async function byRustup({ tests }) {
  adopt();
  if (!inspectRust({ tests })) {
    await run("rustup", INSTALL, { show: true }).catch((error) => {
      throw new StepFailed(`Rust ${PINNED}: ${error.message}`, `rustup ${INSTALL.join(" ")}`);
    });
  }
  const rust = inspectRust({ tests });
  if (!rust) throw new Error(`rustup is there, but \`rustc --version\` is not ${PINNED} or later`);
  for (const name of rust.missing) {
    await run("rustup", addArguments(name, process.env.RUSTUP_TOOLCHAIN ?? PINNED), { show: true });
  }
}

/** The step. */
export async function setUpRust({ tests = false } = {}) {
  adopt();
  await step("Rust", {
    ready: () => {
      const rust = inspectRust({ tests });
      return rust && rust.missing.length === 0 && `${rust.version} with ${WASM}`;
    },
    doing: () => {
      const missing = inspectRust({ tests })?.missing;
      return missing ? `adding ${missing.join(", ")}` : `installing ${PINNED} with ${WASM} and its source (some 300 MB)`;
    },
    work: async () => {
      if (which("rustup")) {
        try {
          await byRustup({ tests });
        } catch (error) {
          console.log(`  rustup could not: ${error.message.split("\n")[0]}; trying Debian's packages`);
          await debianRust({ tests }).catch((second) => {
            throw new StepFailed(`${error.message}\n${second.message}`, remedy);
          });
        }
      } else {
        await debianRust({ tests });
      }
      const rust = inspectRust({ tests });
      if (!rust || rust.missing.length > 0) throw new Error(`still missing: ${rust?.missing.join(", ") ?? `Rust ${PINNED}`}`);
      return rust.version;
    },
    remedy,
  });
}

const remedy =
  `install rustup (https://rustup.rs), then \`rustup ${INSTALL.join(" ")} --component clippy,rustfmt,rust-src ` +
  `--target ${WASM}\`, and start this again.`;
