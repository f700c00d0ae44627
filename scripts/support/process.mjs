// Running other programs. A failure is one error that carries the command and its last words, so that no caller has to
// look at exit codes, and steps can add what to do about it.

import { spawn, spawnSync } from "node:child_process";
import { ROOT } from "./paths.mjs";

/** What a program said when it failed. `output` is complete, the message has its end. */
export class CommandFailed extends Error {
  constructor(command, code, output) {
    super(`\`${command}\` ended with ${code}\n${output.split("\n").slice(-40).join("\n").trimEnd()}`);
    this.output = output;
  }
}

/**
 * Runs a program to its end and returns what it wrote to standard output. `show: true` lets it write to the terminal
 * instead; use it for what takes minutes.
 */
export function run(program, args, { cwd = ROOT, env = {}, show = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: show ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let both = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => ((stdout += text), (both += text)));
    child.stderr?.setEncoding("utf8").on("data", (text) => (both += text));
    const command = [program, ...args].join(" ");
    child.on("error", (error) => reject(new CommandFailed(command, error.code, error.message)));
    child.on("close", (code, signal) =>
      code === 0 ? resolve(stdout) : reject(new CommandFailed(command, code ?? signal, both)),
    );
  });
}

/** What a short program prints, trimmed, or `undefined` when it is not there or fails. */
export function ask(program, args, { cwd = ROOT, env = {} } = {}) {
  const result = spawnSync(program, args, { cwd, env: { ...process.env, ...env }, encoding: "utf8" });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** Where a program lies on the PATH, or `undefined`. */
export function which(program) {
  return ask("sh", ["-c", 'command -v "$1"', "sh", program]) || undefined;
}

/** Calls `end` when the process that started this one is gone: npm, ended by a signal, does not pass it on. */
export function endWithParent(end) {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && end(), 500).unref();
}
