// A site of a test's own, and the calls to it as their answers came: status, headers, body.

import assert from "node:assert/strict";
import { GrowthBook } from "@growthbook/growthbook";
import { NOW, ZONE } from "./batch.mjs";
import { KEYS } from "./workerd.mjs";

/** A settled report takes as many reads as a delivery needs to be through, and never this many. */
const READS = 500;

/** One call. `now` and `fault` are what only the test configuration hears. */
export async function request(origin, method, path, { key, body, type = "application/json", now = NOW, fault, headers, signal } = {}) {
  const told = { "x-test-now": String(now), ...headers };
  if (key !== undefined) told.authorization = `Bearer ${key}`;
  if (fault) told["x-test-fault"] = fault;
  if (body !== undefined) told["content-type"] = type;
  const isAsItIs = body === undefined || typeof body === "string" || ArrayBuffer.isView(body) || body instanceof ReadableStream;
  const sent = isAsItIs ? body : JSON.stringify(body);
  const response = await fetch(origin + path, { method, headers: told, body: sent, duplex: "half", redirect: "manual", signal });
  const text = await response.text();
  let answer = text;
  try {
    answer = JSON.parse(text);
  } catch {
    // A page, a script or nothing.
  }
  return { status: response.status, headers: response.headers, body: answer };
}

/** What the collector says of a batch by saying nothing (204): every event counts, for the first time, and the shift stays. */
function silent(batch) {
  const { runs, shift = 0 } = typeof batch === "string" ? JSON.parse(batch) : JSON.parse(JSON.stringify(batch));
  return { accepted: runs.flatMap(({ events }) => events).length, duplicate: 0, refused: [], shift };
}

/** Makes a site. Everything about it happens at `now` unless a call says otherwise. */
export async function siteFor(collector, { now = NOW, ...settings } = {}) {
  const body = { name: "Test", time_zone: ZONE, currency: "USD", shards: 2, ...settings };
  const made = await request(collector.origin, "POST", "/v1/sites", { key: KEYS.ADMIN_KEY, body, now });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return siteOf(collector, made.body, now);
}

/** The calls to a site. Each asks where the collector is by now: one that was started again has another port. */
function siteOf(collector, { site, secret_key: secret }, now = NOW) {
  const call = (method, path, options) =>
    request(collector.origin, method, `/v1/sites/${site}${path}`, { key: secret, now, ...options });
  const expectOk = async (answering) => {
    const answer = await answering;
    assert.ok([200, 204].includes(answer.status), `${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const send = async (batch, options) => {
    const answer = await call("POST", "/events", { key: undefined, body: batch, type: "text/plain", ...options });
    return answer.status === 204 ? { ...answer, body: silent(batch) } : answer;
  };
  return {
    key: site,
    secret,
    /** A call under the secret key. */
    call,
    /** A batch, sent as a page would. */
    send,
    /** A batch that must be taken: the answer's body. */
    take: (batch, options) => expectOk(send(batch, options)),
    /** Makes an experiment and starts it, `at` ms or a day before now. */
    async run(experiment, at = now - 24 * 3_600_000) {
      await expectOk(call("POST", "/experiments", { body: experiment }));
      return expectOk(call("POST", `/experiments/${experiment.key}/start`, { body: { at } }));
    },
    report: (query = "", options) => expectOk(call("GET", `/report${query}`, options)),
    /** The report once every acknowledged event is in it. */
    async settled(query = "", options) {
      for (let read = 0; read < READS; read += 1) {
        const report = await this.report(query, options);
        if (report.pending === 0) return report;
      }
      return assert.fail(`not settled after ${READS} reads`);
    },
    /** Has shards deliver what waits, as their alarms do: no report is read, which could decide something. */
    async deliver(shards = 2) {
      for (let shard = 0; shard < shards; shard += 1) {
        await expectOk(request(collector.origin, "POST", `/test/${site}/shard/${shard}/alarm`));
      }
    },
    /** Rows that one of its objects read and wrote since it woke: "site" or a shard's number. */
    meter: async (object) => {
      const place = object === "site" ? "site" : `shard/${object}`;
      return expectOk(request(collector.origin, "GET", `/test/${site}/${place}/meter`));
    },
  };
}

/** What a settled report must not owe to the way: all figures, without diagnostics and the moment of reading. */
export const figures = ({ totals, experiments }) => ({ totals, experiments });

/** The variant that GrowthBook's own SDK gives, or `undefined`. */
export function assigned(visitor, { key, variants, coverage }) {
  const growthbook = new GrowthBook({ attributes: { id: visitor } });
  const variations = variants.map((variant) => variant.key);
  const weights = variants.every(({ weight }) => weight !== undefined) ? variants.map(({ weight }) => weight) : undefined;
  const result = growthbook.run({ key, variations, weights, coverage, seed: key, hashVersion: 2, hashAttribute: "id" });
  growthbook.destroy();
  return result.inExperiment ? result.value : undefined;
}

/** The first visitors, of those named `name1`, `name2`, …, that get this variant (`undefined`: none). */
export function visitorsWith(variant, experiment, count, name = "v") {
  const found = [];
  for (let i = 1; found.length < count; i += 1) {
    if (assigned(`${name}${i}`, experiment) === variant) found.push(`${name}${i}`);
  }
  return found;
}
