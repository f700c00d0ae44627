// The description of the API at /openapi.json: it is well-formed, every call in it is there and no other is, what it says is
// taken is taken and what it forbids is refused, and real answers of every kind are what it says.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { HOUR, NOW, batch } from "../support/batch.mjs";
import { atLimits, validators } from "../support/openapi.mjs";
import { TABLE, callsOf, sendingsOf } from "../support/scenarios.mjs";
import { request, siteFor } from "../support/site.mjs";
import { won } from "../support/winner.mjs";
import { KEYS, collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });
const served = await request(on.origin, "GET", "/openapi.json");
const document = served.body;
const { sent, answered } = validators(document);

/** Every call: `{ method, path, operation }`. */
const CALLS = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
);
const callOf = (id) => CALLS.find(({ operation }) => operation.operationId === id);
const contentOf = ({ operation }) => Object.entries(operation.requestBody.content)[0];
const EXAMPLES = Object.fromEntries(
  CALLS.filter(({ operation }) => operation.requestBody).map((call) => [call.operation.operationId, contentOf(call)[1].example]),
);

/** One documented call about a site, checked against the document. */
async function call(site, id, { values = {}, query = "", body, now = NOW, ...options } = {}) {
  const { method, path, operation } = callOf(id);
  const named = { site: site.key, key: "hero", id: "9f1c", webhook: site.webhook, notice: site.notice, ...values };
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => named[name]);
  const [scheme] = operation.security.flatMap(Object.keys);
  const key = { adminKey: KEYS.ADMIN_KEY, secretKey: site.secret }[scheme];
  const type = operation.requestBody ? contentOf({ operation })[0] : undefined;
  const answer = await request(on.origin, method, filled + query, { key, body, type, now, ...options });
  assert.deepEqual(answered(method, path, answer), [], `${method} ${filled}: ${JSON.stringify(answer.body).slice(0, 600)}`);
  return answer;
}

const isTaken = ({ status, body }) => status < 300 && (body.refused ?? []).length === 0;
/** Documented examples tell times around this one. */
const EXAMPLE_NOW = 1_790_000_000_000 + HOUR;

test("it is OpenAPI 3.1, and tools of any origin may read it", async () => {
  assert.equal(served.status, 200);
  assert.equal(served.headers.get("content-type"), "application/json");
  assert.equal(served.headers.get("access-control-allow-origin"), "*");
  assert.match(document.openapi, /^3\.1\./);
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.equal(valid, true, JSON.stringify(errors));
});

test("what is posted to webhooks is described for every event that one can ask for", () => {
  const events = document.components.schemas.WebhookEvent.oneOf.map(({ const: name }) => name);
  assert.deepEqual(Object.keys(document.webhooks).sort(), events.sort());
});

test("every schema has a description or is part of one that has, and every call a summary", () => {
  for (const { operation } of CALLS) assert.ok(operation.summary && operation.operationId, JSON.stringify(operation).slice(0, 200));
  for (const [name, schema] of Object.entries(document.components.schemas)) assert.ok(schema.description || name.startsWith("New"), name);
});

test("a text of several lines has no gaps where they were joined", () => {
  assert.deepEqual(JSON.stringify(document).match(/.{20} {3,}.{20}/g), null);
});

describe("a documented address takes its methods and no other", () => {
  const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
  for (const path of Object.keys(document.paths)) {
    test(path, async () => {
      const allowed = CALLS.filter((call) => call.path === path).map(({ method }) => method).sort();
      const filled = path.replaceAll(/\{\w+\}/g, "x");
      for (const method of METHODS) {
        const answer = await request(on.origin, method, filled, { body: method === "GET" ? undefined : "{}" });
        if (allowed.includes(method)) {
          assert.notEqual(answer.status, 405, method);
          assert.notEqual(answer.body.error?.code, "not_found", method);
        } else {
          assert.deepEqual([answer.status, answer.headers.get("allow")?.split(", ").sort()], [405, allowed], method);
          assert.deepEqual(answered(allowed[0], path, answer), []);
        }
      }
    });
  }
  test("an address that is not documented is none", async () => {
    for (const path of ["/v1", "/v1/sites/x/nothing", "/v1/sites/x/experiments/y/z", "/openapi.yaml"]) {
      const { status, body } = await request(on.origin, "GET", path);
      assert.deepEqual([status, body.error.code], [404, "not_found"], path);
    }
  });
});

describe("what the document shows is taken, and what is answered is what it says", () => {
  let site;
  before(async () => {
    const made = await call({}, "makeSite", { body: EXAMPLES.makeSite });
    site = { key: made.body.site, secret: made.body.secret_key };
  });
  const taken = async (id, options) => {
    const body = EXAMPLES[id];
    if (body !== undefined) assert.deepEqual(sent(callOf(id).method, callOf(id).path, body), [], id);
    const answer = await call(site, id, { body, now: EXAMPLE_NOW, ...options });
    assert.ok(isTaken(answer), `${id}: ${JSON.stringify(answer.body)}`);
    return answer;
  };

  test("each call in the order of a site's life", async () => {
    const order = ["changeSite", "readSite", "makeExperiment", "changeExperiment", "startExperiment", "pauseExperiment", "resumeExperiment", "decideExperiment", "listDecisions"];
    order.push("makeCommunication", "makeSequence", "makeCampaign", "makeExperience", "makeGoal", "makeJourney", "sendEvents", "import");
    for (const id of order) await taken(id);
    // Nobody listens there: no name is looked up for a test.
    site.webhook = (await taken("makeWebhook", { body: { ...EXAMPLES.makeWebhook, url: "http://127.0.0.1:9/" } })).body.id;
    site.notice = (await taken("testWebhook")).body.id;
    const about = ["listWebhooks", "readWebhook", "rotateWebhookSecret", "listNotices", "replayNotice", "changeWebhook", "deleteWebhook"];
    for (const id of about) await taken(id);
    for (const query of ["", "?days=7", "?from=2026-09-01&to=2026-09-30"]) await taken("report", { query });
    await taken("exportVisitor");
    await taken("eraseVisitor");
    await taken("eraseProfile", { values: { id: "crm%2017" } });
    await taken("report");
    await taken("stopExperiment");
    await taken("script", { query: `?site=${site.key}` });
    await taken("pinnedConfiguration", { query: `?site=${site.key}`, values: { version: document.info.version } });
    for (const id of ["document", "health"]) await taken(id);
    const never = CALLS.map(({ operation }) => operation.operationId).filter((id) => !order.includes(id));
    const others = ["undoDecision", "makeSite", "report", "exportVisitor", "eraseVisitor", "eraseProfile", "stopExperiment", "script", "pinnedConfiguration", "document", "health"];
    assert.deepEqual(never.sort(), [...others, ...about, "makeWebhook", "testWebhook", "exportProfile"].sort(), "a call that no test makes");
  });

  test("all that a script of one version may be given", async () => {
    const given = await siteFor(on);
    const variants = [{ key: "control" }, { key: "b", changes: [{ type: "text", selector: "h1", value: "New" }] }];
    const goals = [{ key: "order", type: "revenue", event: "purchase" }];
    await given.run({ key: "hero", condition: { country: "DE" }, variants, goals });
    const query = { query: `?site=${given.key}`, values: { version: document.info.version } };
    const { body } = await call(given, "pinnedConfiguration", query);
    assert.deepEqual(Object.keys(body).sort(), ["changes", "config", "site", "targeting"]);
    const { properties } = callOf("pinnedConfiguration").operation.responses[200].content["application/json"].schema;
    assert.deepEqual(Object.keys(body).filter((field) => !properties[field]?.description), []);
  });

  test("what becomes of a decision", async () => {
    const winning = await siteFor(on);
    await won(winning, { after: "all_to_winner" });
    assert.equal((await call(winning, "decideExperiment")).body.latest.found.decision.state, "winner");
    assert.equal((await call(winning, "listDecisions")).body.findings.length, 1);
    await call(winning, "report");
    assert.equal((await call(winning, "undoDecision")).body.outcome.winner, "b");
    const following = await siteFor(on);
    await won(following, { bandit: {} });
    assert.equal((await call(following, "decideExperiment")).body.latest.found.shares.version, 2);
    await call(following, "listDecisions");
  });

  const events = (schema) => resolveEvents(document.components.schemas[schema]);
  test("each kind of event from a page", async () => {
    for (const [place, { example }] of events("PageEvent").entries()) {
      const run = { load: `page${place}`, first: 0, at: EXAMPLE_NOW - 5_000, events: [example] };
      const answer = await taken("sendEvents", { body: { visitor: `p${place}`, sent_at: EXAMPLE_NOW, runs: [run] } });
      assert.equal(answer.status, 204, JSON.stringify(example));
    }
  });
  test("each kind of event from a server, and its export", async () => {
    for (const [place, { example }] of events("ServerEvent").entries()) {
      const line = { ...example, id: `server-${place}x` };
      assert.deepEqual(sent("POST", "/v1/sites/{site}/import", JSON.stringify(line)), []);
      const answer = await taken("import", { body: `${JSON.stringify(line)}\n` });
      assert.equal(answer.body.accepted, 1, JSON.stringify(line));
    }
    await call(site, "report", { now: EXAMPLE_NOW });
    await call(site, "exportVisitor", { now: EXAMPLE_NOW });
    await taken("exportProfile", { values: { id: "crm-17" } });
  });
});

const resolveEvents = ({ oneOf }) => oneOf.map((schema) => ({ schema, example: schema.examples[0] }));

describe("each limit that the document tells holds: at it is taken, beyond it is refused by name", () => {
  let number = 0;
  const MAKES = ["makeExperiment", "makeCommunication", "makeSequence", "makeCampaign", "makeExperience", "makeGoal", "makeJourney"];
  /** What makes another one of the same kind possible. */
  async function fresh(site, id, { path, body }) {
    number += 1;
    const renamed = path !== "key" && body.key !== undefined ? { ...body, key: `k${number}` } : body;
    if (id !== "makeJourney" || path.startsWith("treatments")) return renamed;
    await call(site, "makeCommunication", { body: { key: `c${number}`, type: "block" } });
    return { ...renamed, treatments: [{ communication: `c${number}` }] };
  }

  for (const id of ["makeSite", "changeSite", "changeExperiment", "startExperiment", "makeWebhook", "changeWebhook", ...MAKES]) {
    test(id, async () => {
      const site = await siteFor(on);
      if (id !== "changeSite") for (const make of MAKES) await call(site, make, { body: EXAMPLES[make] });
      if (id === "changeWebhook") site.webhook = (await call(site, "makeWebhook", { body: EXAMPLES.makeWebhook })).body.id;
      const changes = atLimits(document, contentOf(callOf(id))[1].schema, EXAMPLES[id]).filter(({ path, holds }) => !(holds && TIED.some((tied) => path.startsWith(tied))));
      assert.ok(changes.length > 0);
      for (const change of changes) {
        const body = MAKES.includes(id) ? await fresh(site, id, change) : change.body;
        const answer = await call(site, id, { body });
        const told = `${change.path}: ${change.what}: ${JSON.stringify(answer.body).slice(0, 300)}`;
        if (change.holds) assert.ok(isTaken(answer), told);
        else assert.deepEqual([answer.status, named(answer, change.path)], [400, true], told);
      }
    });
  }
  /** What hangs together with other fields: these limits alone do not make it right. */
  const TIED = ["variants[0].weight", "goal", "treatments[0]."];
  /** The error names the field, an item of it, or the object that it is part of where a choice hides it. */
  const named = ({ body: { error } }, path) =>
    [path, "body"].includes(error.field) ? error.field === path || path === "property" : path.startsWith(`${error.field}.`) || error.field.startsWith(`${path}[`);

  test("sendEvents", async () => {
    const site = await siteFor(on);
    const { schema, example } = contentOf(callOf("sendEvents"))[1];
    for (const change of atLimits(document, schema, example)) {
      const answer = await call(site, "sendEvents", { body: change.body, now: EXAMPLE_NOW });
      assert.equal(isTaken(answer), change.holds, `${change.path}: ${change.what}: ${JSON.stringify(answer.body)}`);
    }
    for (const { schema: event, example: [after, name, body] } of resolveEvents(document.components.schemas.PageEvent)) {
      const [, nameOf, bodyOf] = event.prefixItems;
      const bodies = atLimits(document, bodyOf, body).map((change) => ({ ...change, event: [after, name, change.body] }));
      const names = atLimits(document, { properties: { name: nameOf } }, { name }).map((change) => ({ ...change, event: [after, change.body.name, body] }));
      for (const change of [...bodies, ...names]) {
        const run = { load: `l${(number += 1)}`, first: 0, at: EXAMPLE_NOW - 5_000, events: [change.event] };
        const answer = await call(site, "sendEvents", { body: { visitor: "ann", sent_at: EXAMPLE_NOW, runs: [run] }, now: EXAMPLE_NOW });
        assert.equal(isTaken(answer), change.holds, `${name} ${change.path}: ${change.what}: ${JSON.stringify(answer.body)}`);
      }
    }
  });

  test("import", async () => {
    const site = await siteFor(on);
    const whole = document.components.schemas.ServerEvent;
    for (const { schema, example } of resolveEvents(whole)) {
      const bodies = atLimits(document, schema.properties.properties, example.properties).map((change) => ({ ...change, line: { ...example, properties: change.body } }));
      const { oneOf: _, ...envelope } = whole;
      const lines = atLimits(document, envelope, { ...example, profile: "crm-17" }).filter(({ path, holds }) => !(path === "name" && holds)).map((change) => ({ ...change, line: change.body }));
      for (const change of [...bodies, ...lines]) {
        const line = change.path === "id" ? change.line : { ...change.line, id: `line${(number += 1)}` };
        const answer = await call(site, "import", { body: `${JSON.stringify(line)}\n`, now: EXAMPLE_NOW });
        const isKnown = answer.body.duplicate === 1;
        assert.equal(isTaken(answer) || isKnown, change.holds, `${example.name} ${change.path}: ${change.what}: ${JSON.stringify(answer.body)}`);
      }
    }
  });
});

test("errors of every kind are what the document says", async () => {
  const site = await siteFor(on);
  const nobody = { key: "0".repeat(24), secret: site.secret };
  await call(site, "makeExperiment", { body: EXAMPLES.makeExperiment });
  const rows = [
    [400, "malformed", await call(site, "changeSite", { body: "{" })],
    [400, "malformed", await call(site, "sendEvents", { body: "[]" })],
    [400, "bad_field", await call(site, "sendEvents", { body: { ...batch("a b").toJSON() } })],
    [400, "bad_field", await call(site, "report", { query: "?days=0" })],
    [400, "bad_field", await call(site, "report", { query: "?from=yesterday" })],
    [400, "bad_field", await call(site, "exportVisitor", { values: { id: "%ff" } })],
    [401, "unauthorized", await call({ ...site, secret: "sk_wrong" }, "readSite")],
    [401, "unauthorized", await call(site, "makeSite", { body: EXAMPLES.makeSite, key: "wrong" })],
    [401, "unauthorized", await call({ ...site, secret: "sk_wrong" }, "import", { body: "" })],
    [404, "unknown_site", await call(nobody, "sendEvents", { body: batch("ann").view() })],
    [404, "unknown_site", await call(nobody, "report")],
    [404, "unknown_experiment", await call(site, "stopExperiment", { values: { key: "nope" } })],
    [404, "unknown_webhook", await call(site, "readWebhook", { values: { webhook: "wh_nope" } })],
    [404, "unknown_webhook", await call(site, "replayNotice", { values: { webhook: "wh_nope", notice: "msg_nope" } })],
    [404, "not_found", await call(site, "exportVisitor", { values: { id: "nobody" } })],
    [409, "conflict", await call(site, "makeExperiment", { body: EXAMPLES.makeExperiment })],
    [409, "conflict", await call(site, "stopExperiment")],
    [413, "body_too_large", await call(site, "sendEvents", { body: " ".repeat(70_000) })],
    [413, "body_too_large", await call(site, "changeSite", { body: " ".repeat(300_000) })],
    [500, "internal", await call(site, "sendEvents", { body: batch("ann").view(), fault: "fail-in-turn" })],
  ];
  for (const [status, code, answer] of rows) assert.deepEqual([answer.status, answer.body.error?.code], [status, code]);
  const { status, body } = await call(nobody, "script", { query: `?site=${nobody.key}` });
  assert.equal(status, 404);
  assert.match(body, /^console\.warn\("Tributary: no site has the key/);
});

test("a collector without its keys says so as the document has it", async (t) => {
  const bare = await collectorFor(t, { vars: { SIGNING_KEY: "", ADMIN_KEY: "" } });
  for (const [method, path, template] of [["POST", "/v1/sites", "/v1/sites"], ["GET", "/v1/sites/x/report", "/v1/sites/{site}/report"]]) {
    const answer = await request(bare.origin, method, path, { body: method === "POST" ? EXAMPLES.makeSite : undefined });
    assert.deepEqual([answer.status, answered(method, template, answer)], [503, []]);
  }
});

test("the timelines of the fixtures are sent as the document says", () => {
  const templates = Object.keys(document.paths).map((path) => [path, new RegExp(`^${path.replace("{site}", "[^/]+").replaceAll(/\{\w+\}/g, "[^/]+")}$`)]);
  let checked = 0;
  for (const scenario of TABLE.scenarios) {
    for (const { method, path, body } of callsOf(scenario)) {
      const [template] = templates.find(([, pattern]) => pattern.test(`/v1/sites/x${path}`));
      if (!document.paths[template][method.toLowerCase()].requestBody) continue;
      assert.deepEqual(sent(method, template, body), [], `${scenario.name}: ${method} ${path} ${JSON.stringify(body)}`);
      checked += 1;
    }
    for (const { batch: told, line } of sendingsOf(scenario)) {
      const [template, body] = told ? ["/v1/sites/{site}/events", told] : ["/v1/sites/{site}/import", JSON.stringify(line)];
      assert.deepEqual(sent("POST", template, body), [], `${scenario.name}: ${JSON.stringify(body)}`);
      checked += 1;
    }
  }
  assert.ok(checked > 300, `${checked}`);
});
