// A collector on this machine: workerd alone, without wrangler's development server, whose proxy costs throughput and
// hides crashes. `npm start`, the tests and the benchmark start it here.

import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { DIST_WWW, ROOT } from "./paths.mjs";
import { ENVIRONMENT, description, workerdConfig } from "./workerd-config.mjs";

// The program itself and not the npm package's start script, which would stand between it and our signals.
const WORKERD = createRequire(import.meta.url)("workerd").default;

/** How long a start may take on a busy machine. */
const PATIENCE_MS = 30_000;

/**
 * Text bindings: wrangler.toml's own, then the caller's; `TEST_MODE` exists only where a test asks for it, and has receivers
 * of webhooks on this machine. No edge compresses on the way, so the Worker is told to; and there is a shop to try it in.
 */
function bindings({ vars, test }) {
  const tested = test ? { TEST_MODE: "1", WEBHOOK_LOCALHOST: "1" } : {};
  return { COMPRESS: "1", DEMO_SHOP: "1", ...description().vars, ...tested, ...vars };
}

/** Where webhooks may be posted to: tests reach this machine and nothing else, others the public internet and no more. */
function networksOf({ TEST_MODE: test, WEBHOOK_LOCALHOST: localhost }) {
  return [...(test ? [] : ["public"]), ...(localhost === "1" ? ["local"] : [])];
}

/** Resolves to the port once workerd listens; rejects when it ends before. */
function listening(child, logs) {
  return new Promise((resolve, reject) => {
    let heard = "";
    child.stdio[3].setEncoding("utf8").on("data", (chunk) => {
      heard += chunk;
      for (const line of heard.split("\n").filter((text) => text.endsWith("}"))) {
        const message = JSON.parse(line);
        if (message.event === "listen" && message.socket === "http") resolve(message.port);
      }
    });
    child.on("exit", (code, signal) => reject(new Error(`workerd ended with ${code ?? signal} at its start:\n${logs()}`)));
    child.on("error", reject);
  });
}

async function answering(origin, child, logs) {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    try {
      await (await fetch(`${origin}/health`, { signal: AbortSignal.timeout(5000) })).arrayBuffer();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error(`the collector did not answer within ${PATIENCE_MS / 1000} s:\n${logs()}`);
}

/**
 * Starts a collector and resolves when it answers.
 *
 * - `storage`: the folder of its Durable Objects. A second start on it goes on where the first ended; two at once must not be.
 * - `port`: 0, the default, takes a free one.
 * - `vars`: text bindings, `SIGNING_KEY` and `ADMIN_KEY` among them.
 * - `test`: adds `TEST_MODE`.
 * - `networks`: where webhooks may be posted to, where that is not what the variables say.
 *
 * The answer: `origin`, `pid`, `exited` (a promise of the exit code or signal), `stop()` (asks it to end), `kill9()` (the
 * power goes), `logs()` (what it wrote so far).
 */
export async function startCollector({ storage, port = 0, vars = {}, test = false, show = false, networks }) {
  const objects = path.join(storage, "objects");
  mkdirSync(objects, { recursive: true });
  const values = bindings({ vars, test });
  const config = path.join(storage, "collector.capnp");
  writeFileSync(config, workerdConfig({ names: Object.keys(values), folder: storage, networks: networks ?? networksOf(values) }));

  const args = ["serve", config, `--socket-addr=http=127.0.0.1:${port}`, "--control-fd=3"];
  args.push(`--directory-path=assets=${DIST_WWW}`, `--directory-path=storage=${objects}`);
  const env = { PATH: process.env.PATH, TZ: "UTC" };
  for (const [name, value] of Object.entries(values)) env[ENVIRONMENT + name] = String(value);

  const written = [];
  const logs = () => written.join("");
  const child = spawn(WORKERD, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => {
      written.push(chunk);
      if (show) process.stderr.write(chunk);
    });
  }
  const exited = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)));
  const end = (signal) => async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return exited;
  };
  const kill9 = end("SIGKILL");
  // A test that fails must not leave a server behind.
  const onExit = () => child.kill("SIGKILL");
  process.on("exit", onExit);
  exited.then(() => process.off("exit", onExit));

  try {
    const origin = `http://127.0.0.1:${await listening(child, logs)}`;
    await answering(origin, child, logs);
    return { origin, pid: child.pid, exited, stop: end("SIGTERM"), kill9, logs };
  } catch (error) {
    await kill9();
    throw error;
  }
}
