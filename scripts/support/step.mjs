// Steps of set-up and build: each says what it does before it does it, how long it took, and on failure what to do.

/** A failure for the person at the terminal: what went wrong and the command that puts it right. */
export class StepFailed extends Error {
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/**
 * One step. `ready` says in a word that there is nothing to do (then `work` is not called), anything falsy that there
 * is. `doing` tells what is done, in words that let a person judge a wait.
 */
export async function step(name, { ready, doing, work, remedy }) {
  const started = performance.now();
  const already = await ready?.();
  if (already) {
    console.log(`✓ ${name}: ${already}`);
    return;
  }
  console.log(`· ${name}: ${typeof doing === "function" ? doing() : doing} …`);
  try {
    const done = await work();
    console.log(`✓ ${name}: ${done ? `${done}, ` : ""}${seconds(started)}`);
  } catch (error) {
    throw error instanceof StepFailed ? error : new StepFailed(`${name}: ${error.message}`, remedy);
  }
}

/** Runs a script's `main` and turns a failed step into a few lines and exit code 1. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(`\n✗ ${error.message}`);
    if (error.remedy) console.error(`\nWhat to do: ${error.remedy}`);
    process.exit(1);
  }
}

/** Is the module at `url` the script that node was started with? */
export function isEntry(url) {
  return process.argv[1] !== undefined && new URL(url).pathname === process.argv[1];
}
