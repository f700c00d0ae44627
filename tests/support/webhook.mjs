// A site's webhooks, and what was told to them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { until } from "./mortal.mjs";
import { request } from "./site.mjs";

const DOCS = readFileSync(new URL("../../docs/webhooks.md", import.meta.url), "utf8");
const [, SNIPPET] = /```js\n(.*?)```/s.exec(DOCS);

/** What the documentation tells receivers to do. */
export const { verify } = await import(`data:text/javascript,${encodeURIComponent(SNIPPET)}`);

/** Makes a webhook: its calls, of which each must be answered as it is wanted. */
export async function webhookFor(collector, site, url, fields = {}) {
  const made = await site.call("POST", "/webhooks", { body: { url, ...fields } });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id, secret } = made.body;
  const call = async (method, path, { status = 200, ...options } = {}) => {
    const answer = await site.call(method, `/webhooks/${id}${path}`, options);
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return {
    id,
    secret,
    made: made.body,
    call,
    read: () => call("GET", ""),
    change: (body, options) => call("PATCH", "", { body, ...options }),
    test: (options) => call("POST", "/test", { status: 202, ...options }),
    replay: (notice, options) => call("POST", `/notices/${notice}/replay`, { status: 202, ...options }),
    rotate: (options) => call("POST", "/rotate", options),
    log: async (query = "?limit=100") => (await call("GET", `/notices${query}`)).notices,
    /** The log once all of it is as wanted. */
    logged: (isThere) => until(async () => (await call("GET", "/notices?limit=100")).notices, isThere),
    /** What its alarm does, so many ms from now. */
    ring: async (ahead = 0) => {
      const path = `/test/${site.key}/courier/${id}/alarm`;
      const answer = await request(collector.origin, "POST", path, { now: Date.now() + ahead });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    },
  };
}
