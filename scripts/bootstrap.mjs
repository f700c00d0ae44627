// Makes a bare clone runnable: `npm start`, `npm test` and the rest go through here.
//
// The rule: this file needs nothing but a Node of some age (18 or later) and npm. It installs what package-lock.json
// names when node_modules is missing or older than the lock, then runs the script it was given under the Node that came
// with it (devDependency `node`), because wrangler wants a newer Node than many machines have.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, "node_modules");
const bin = path.join(modules, ".bin");
const lock = path.join(root, "package-lock.json");

// npm writes this file at the end of an install, so its age is that of the last install that went through.
const installed = path.join(modules, ".package-lock.json");
const ours = path.join(bin, "node");

function installIsCurrent() {
  return existsSync(installed) && existsSync(ours) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
}

if (!installIsCurrent()) {
  console.log("· npm packages: npm ci (some 550 MB: Node, workerd, wrangler, binaryen) …");
  const started = Date.now();
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root, stdio: "inherit" });
  if (npm.status !== 0 || !existsSync(ours)) {
    console.error("✗ npm packages: `npm ci` failed; its own words are above. Put that right and run `npm ci` again.");
    process.exit(1);
  }
  console.log(`✓ npm packages: ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

const [script, ...args] = process.argv.slice(2);
if (!script) {
  console.error("usage: node scripts/bootstrap.mjs <script.mjs> [arguments]");
  process.exit(2);
}
const child = spawn(ours, [path.join(root, script), ...args], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}` },
});
// The script stops what it started; this process only waits for it, and passes on what reached it alone.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
// npm, when it is ended by a signal, leaves what it started behind.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), 500).unref();
child.on("error", (error) => {
  console.error(`✗ ${ours}: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
