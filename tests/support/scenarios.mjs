// The timelines of tests/fixtures/scenarios.json, and where a report is not what one of them expects.

import { readFileSync } from "node:fs";
import { DAY, HOUR, MINUTE, SECOND } from "./batch.mjs";

export const TABLE = JSON.parse(readFileSync(new URL("../fixtures/scenarios.json", import.meta.url), "utf8"));
/** When everything is received that is not older than a page may tell. */
export const NOW = Date.parse(TABLE.now);

const UNITS = { d: DAY, h: HOUR, m: MINUTE, s: SECOND, ms: 1 };

/** `"1d 5ms"` in ms; `"-2h"` is negative. */
export function millis(text) {
  if (text.startsWith("-")) return -millis(text.slice(1));
  return text.split(" ").reduce((sum, part) => {
    const [, count, unit] = /^(\d+)([a-z]+)$/.exec(part);
    return sum + Number(count) * UNITS[unit];
  }, 0);
}

/** A scenario's calls, the table's before its own: `{ method, path, body, now }`. */
export function callsOf(scenario) {
  const start = startOf(scenario);
  return [...TABLE.calls, ...(scenario.calls ?? [])].map(({ call, body = {}, when }) => {
    const [method, name] = call.split(" ");
    const timed = typeof body.at === "string" ? { ...body, at: start + millis(body.at) } : body;
    return { method, path: name === "site" ? "" : `/${name}`, body: timed, now: when === undefined ? NOW : start + millis(when) };
  });
}

/** What is sent, in order: a page's `{ batch, now }` or a server's `{ line, now }`. */
export function sendingsOf(scenario) {
  const start = startOf(scenario);
  return scenario.events.flatMap(({ page, server, profile, at: since, name, body = {}, times = 1 }, place) => {
    const at = start + millis(since);
    if (server) return Array(times).fill({ line: { ...server, id: `s${place}`, at, name, properties: body }, now: NOW });
    const now = at < NOW - 7 * DAY ? at : NOW;
    const run = { load: "load", first: place, at, events: [[0, name, body]], ...(profile && { profile }) };
    return Array(times).fill({ batch: { visitor: page, sent_at: now, runs: [run] }, now });
  });
}

const startOf = ({ began = "2h" }) => NOW - millis(began);

/** What tells the elements of a list apart. */
const NAMES = ["key", "variant", "currency", "window_ms", "day", "type"];

/**
 * Where `actual` is not what is expected. An object may hold more; so may a list of named things, but not one of money.
 * `null` is absent.
 */
export function differences(expected, actual, path = "") {
  const differs = () => [`${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`];
  if (typeof expected === "number" && typeof actual === "number") return Math.abs(expected - actual) < 1e-9 ? [] : differs();
  if (expected === null || typeof expected !== "object") return (actual ?? null) === expected ? [] : differs();
  if (actual === null || typeof actual !== "object" || Array.isArray(actual) !== Array.isArray(expected)) return differs();
  if (!Array.isArray(expected)) {
    return Object.entries(expected).flatMap(([key, value]) => differences(value, actual[key], `${path}.${key}`));
  }
  const namesOf = (value) => NAMES.filter((name) => value?.[name] !== undefined);
  const isNamed = expected.length > 0 && expected.every((one) => namesOf(one).length > 0 && one.currency === undefined);
  if (!isNamed && expected.length !== actual.length) return differs();
  return expected.flatMap((one, place) => {
    const names = namesOf(one);
    const isAlike = (other) => names.every((name) => other[name] === one[name]);
    const other = names.length === 0 ? actual[place] : actual.find(isAlike);
    return differences(one, other, `${path}[${names.map((name) => one[name]).join(" ")}]`);
  });
}
