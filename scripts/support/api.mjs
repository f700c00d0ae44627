// The collector's API in a few functions, for the demo, the tests and the benchmark. Shapes are in /openapi.json.

/** An answer that is not 2xx: the status and what the body said. */
export class Refused extends Error {
  constructor(call, status, body) {
    super(`${call} answered ${status}: ${typeof body === "string" ? body : JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }
}

async function call(method, url, { key, body, type = "application/json" } = {}) {
  const headers = {};
  if (key) headers.authorization = `Bearer ${key}`;
  if (body !== undefined) headers["content-type"] = type;
  const response = await fetch(url, { method, headers, body: body === undefined || typeof body === "string" ? body : JSON.stringify(body) });
  const text = await response.text();
  let answer = text;
  try {
    answer = JSON.parse(text);
  } catch {
    // Not JSON: an error that did not come from the API's own code.
  }
  if (!response.ok) throw new Refused(`${method} ${new URL(url).pathname}`, response.status, answer);
  return answer;
}

/** Makes a site: `{ site, secret_key, … }`. */
export const createSite = (origin, adminKey, settings) =>
  call("POST", `${origin}/v1/sites`, { key: adminKey, body: settings });

/** The calls under one site's keys. */
export function siteApi(origin, { site, secret_key: key }) {
  const base = `${origin}/v1/sites/${site}`;
  return {
    read: () => call("GET", base, { key }),
    change: (settings) => call("PATCH", base, { key, body: settings }),
    createExperiment: (experiment) => call("POST", `${base}/experiments`, { key, body: experiment }),
    createCommunication: (communication) => call("POST", `${base}/communications`, { key, body: communication }),
    start: (experiment, at) => call("POST", `${base}/experiments/${experiment}/start`, { key, body: at === undefined ? {} : { at } }),
    stop: (experiment) => call("POST", `${base}/experiments/${experiment}/stop`, { key, body: {} }),
    /** One more of a kind: `communications`, `sequences`, … */
    make: (kind, one) => call("POST", `${base}/${kind}`, { key, body: one }),
    /** What a server does: lines of events. */
    tell: (lines) => call("POST", `${base}/import`, { key, body: lines.map((line) => `${JSON.stringify(line)}\n`).join(""), type: "application/x-ndjson" }),
    report: (query = "") => call("GET", `${base}/report${query}`, { key }),
    /** What a page does: no key, `text/plain`. Empty where there is nothing to say: every event counts. */
    send: (batch) => call("POST", `${base}/events`, { body: batch, type: "text/plain" }),
  };
}
