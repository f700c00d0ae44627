// Collectors whose power goes, and what is waited for meanwhile.

import assert from "node:assert/strict";
import { collectorFor, storageFor } from "./workerd.mjs";

/** A collector whose power can go: `current` is the one that runs, `returned` resolves when there is one again. */
export async function mortal(t, vars) {
  const storage = storageFor(t);
  const start = () => collectorFor(t, { storage, vars });
  return {
    current: await start(),
    returned: Promise.resolve(),
    get origin() {
      return this.current.origin;
    },
    async die() {
      await this.current.kill9();
      this.current = await start();
    },
    dieAndReturn() {
      this.returned = this.die();
      return this.returned;
    },
  };
}

/** Asks until the answer is what is waited for. */
export async function until(ask, isThere) {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    const answer = await ask();
    if (isThere(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return assert.fail("waited 30 s");
}
