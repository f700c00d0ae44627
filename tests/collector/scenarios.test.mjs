// The timelines of tests/fixtures/scenarios.json: events in over HTTP, figures out of the report.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { NOW, TABLE, callsOf, differences, sendingsOf } from "../support/scenarios.mjs";
import { siteFor } from "../support/site.mjs";
import { collectorFor } from "../support/workerd.mjs";

const on = await collectorFor({ after });

describe("the report says of each timeline what the rules say", () => {
  for (const scenario of TABLE.scenarios) {
    test(scenario.name, async () => {
      const site = await siteFor(on, { ...TABLE.site, ...scenario.site, now: NOW });
      for (const { method, path, body, now } of callsOf(scenario)) {
        const { status, body: answer } = await site.call(method, path, { body, now });
        assert.equal(status, 200, `${method} ${path}: ${JSON.stringify(answer)}`);
      }
      for (const { batch, line, now } of sendingsOf(scenario)) {
        const answer = batch ? await site.take(batch, { now }) : await told(site, line, now);
        assert.deepEqual(answer.refused, []);
      }
      const found = differences(scenario.expect, await site.settled());
      if (scenario.today) found.push(...differences(scenario.today, await site.settled("?days=1"), "today"));
      assert.deepEqual(found, []);
    });
  }
});

/** A line that a server tells: the answer's body. */
async function told(site, line, now) {
  const type = "application/x-ndjson";
  const { status, body } = await site.call("POST", "/import", { body: `${JSON.stringify(line)}\n`, type, now });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}
