// A collector for a test: its own folder, its own port, its own keys, gone at the end of the test.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startCollector } from "../../scripts/support/collector.mjs";

export { startCollector };

/** Keys of tests; any will do. */
export const KEYS = { SIGNING_KEY: "5".repeat(64), ADMIN_KEY: "test-admin-key" };

/** What runs on which folder, so that a folder goes after what runs on it. */
const running = new Map();

/** A storage folder that is removed when the test `t` (or a file's `{ after }`) ends. */
export function storageFor(t) {
  const storage = mkdtempSync(path.join(tmpdir(), "tributary-test-"));
  running.set(storage, []);
  t.after(async () => {
    await Promise.all(running.get(storage).map((collector) => collector.kill9()));
    rmSync(storage, { recursive: true, force: true, maxRetries: 3 });
  });
  return storage;
}

/**
 * A collector in test mode that is killed when the test ends. `t` is node:test's context, or `{ after }` of node:test for a
 * whole file. A test that kills its collector starts the next one with the same `storage`, a folder of `storageFor`.
 */
export async function collectorFor(t, { storage = storageFor(t), vars = {}, test = true, port = 0, networks } = {}) {
  const collector = await startCollector({ storage, port, vars: { ...KEYS, ...vars }, test, networks });
  running.get(storage).push(collector);
  return { ...collector, storage };
}
