// `npm start`: set-up, build, a collector on this machine, and a demo shop with two days of visitors behind it.
//
// Keys, storage and the demo's site are kept in .tributary/ between starts; remove that folder to begin anew. PORT chooses
// the port; without it the first free one from 8787 on is taken.

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build } from "./build.mjs";
import { demo } from "./demo.mjs";
import { setUp } from "./setup.mjs";
import { startCollector } from "./support/collector.mjs";
import { STATE } from "./support/paths.mjs";
import { choosePort } from "./support/port.mjs";
import { ask, endWithParent } from "./support/process.mjs";
import { StepFailed, main } from "./support/step.mjs";

/** A small file of secrets in STATE that only its owner reads. */
const stored = (name) => {
  const file = path.join(STATE, `${name}.json`);
  return {
    read: () => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined),
    write: (value) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 }),
    remove: () => rmSync(file, { force: true }),
  };
};
const keysFile = stored("keys");
const demoFile = stored("demo");
const runningFile = stored("running");

function keys() {
  const known = keysFile.read();
  if (known) return known;
  const made = { SIGNING_KEY: randomBytes(32).toString("hex"), ADMIN_KEY: `ak_${randomBytes(24).toString("hex")}` };
  keysFile.write(made);
  return made;
}

/** Two processes on one storage would each believe that they own the objects in it. */
function refuseSecond() {
  const running = runningFile.read();
  if (running && ask("ps", ["-p", running.pid, "-o", "command="])?.includes(STATE)) {
    throw new StepFailed(`Tributary runs already: ${running.origin} (process ${running.pid})`, `use that one, or end it: kill ${running.pid}`);
  }
}

function welcome({ origin, site, secret_key: secret }) {
  console.log(`
Tributary runs. Ctrl-C ends it; what it knows stays in .tributary/

  Demo shop        ${origin}/shop/${site}/
  Merchant's page  ${origin}/
    site key       ${site}
    secret key     ${secret}
`);
}

await main(async () => {
  mkdirSync(STATE, { recursive: true, mode: 0o700 });
  refuseSecond();
  await setUp();
  await build();
  const port = await choosePort(process.env.PORT);
  // Here a developer tries things out, a receiver of webhooks on this machine among them.
  const vars = { WEBHOOK_LOCALHOST: "1", ...keys() };
  let collector;
  try {
    collector = await startCollector({ storage: STATE, port, vars, show: true });
  } catch (error) {
    throw new StepFailed(error.message, "look at what workerd says above; if the storage is damaged, remove .tributary/ and start again");
  }
  runningFile.write({ pid: collector.pid, origin: collector.origin });

  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    await collector.stop();
    runningFile.remove();
    process.exit(0);
  };
  endWithParent(end);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, end);
  collector.exited.then(async (how) => {
    // Ctrl-C reaches workerd as well, and may reach it first.
    await new Promise((resolve) => setTimeout(resolve, 200));
    if (ending) return;
    runningFile.remove();
    console.error(`\n✗ workerd ended by itself (${how})`);
    process.exit(1);
  });

  const known = demoFile.read();
  const site = await demo({ origin: collector.origin, adminKey: vars.ADMIN_KEY, known, save: demoFile.write }).catch(async (error) => {
    if (ending) return new Promise(() => {});
    ending = true;
    await collector.stop();
    runningFile.remove();
    throw new StepFailed(`demo: ${error.message}`, "remove .tributary/ and start again; if it fails again, it is a fault of this build");
  });
  welcome({ origin: collector.origin, ...site });
});
