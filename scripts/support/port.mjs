// Which port `npm start` takes.

import { createServer } from "node:net";
import { StepFailed } from "./step.mjs";

const FIRST = 8787;
const TRIES = 20;

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** The port that was asked for, or an error when it is taken; unasked, the first free one from 8787 on. */
export async function choosePort(asked) {
  if (asked) {
    const port = Number(asked);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new StepFailed(`PORT=${asked} is no port`, "PORT=8787 npm start");
    if (!(await isFree(port))) throw new StepFailed(`port ${port} is in use`, `end what uses it, or choose another: PORT=${port + 1} npm start`);
    return port;
  }
  for (let port = FIRST; port < FIRST + TRIES; port += 1) {
    if (await isFree(port)) {
      if (port !== FIRST) console.log(`· port ${FIRST} is in use, taking ${port}`);
      return port;
    }
  }
  throw new StepFailed(`ports ${FIRST} to ${FIRST + TRIES - 1} are all in use`, "choose one yourself: PORT=9000 npm start");
}
