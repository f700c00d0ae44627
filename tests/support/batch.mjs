// Batches as pages send them, written as a timeline.
//
//   batch("ann").at(-10 * MINUTE).view("/p/1").after(4).exposure("hero", "b").after(2 * SECOND).track("purchase", { revenue: 40 })

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The zone of tests' sites, a quarter of an hour off everybody else's. */
export const ZONE = "Pacific/Chatham";
/** When tests happen, by `x-test-now`: at 23:59:59.900 in their sites' zone, where a day is easily missed. */
export const NOW = Date.parse("2026-07-01T11:14:59.900Z");
/** The same, as the day it is there. */
export const TODAY = "2026-07-01";

let loads = 0;

/** A timeline of one visitor. `load` is its first page load; one that nobody used before unless given. */
export const batch = (visitor, { now = NOW, load } = {}) => new Timeline(visitor, now, load);

class Timeline {
  #now;
  #time;
  #load;
  #number = 0;
  #envelope = {};

  constructor(visitor, now, load) {
    this.visitor = visitor;
    this.#now = this.#time = now;
    this.events = [];
    this.load(load);
  }

  /** Moves to a time, ms from now: the past is negative. */
  at(offset) {
    this.#time = this.#now + offset;
    return this;
  }

  /** Moves on. */
  after(time) {
    this.#time += time;
    return this;
  }

  /** The page loads anew: sequence numbers start over. */
  load(id = `load${(loads += 1)}`) {
    this.#load = id;
    this.#number = 0;
    return this;
  }

  /** An event as it stands on the wire after its time; `raw` is put there as it is. */
  event(name, body, raw) {
    const [load, number, at] = [this.#load, this.#number, this.#time];
    this.events.push({ visitor: this.visitor, load, number, at, name, body, raw });
    this.#number += 1;
    return this;
  }

  raw(raw) {
    return this.event(undefined, undefined, raw);
  }

  view(url = "https://shop.example/") {
    return this.event("$page_view", { url });
  }

  exposure(experiment, variant, version = 1) {
    return this.event("$exposure", { experiment, variant, version });
  }

  click(...goals) {
    return this.event("$click", { goals });
  }

  submit(...goals) {
    return this.event("$form_submit", { goals });
  }

  identify(profile) {
    return this.event("$identify", { profile });
  }

  track(name, properties = {}) {
    return this.event(name, properties);
  }

  /** Another `sent_at`, `shift` or `automated`. */
  envelope(fields) {
    Object.assign(this.#envelope, fields);
    return this;
  }

  toJSON() {
    return { ...batchOf(this.visitor, this.events, this.#now), ...this.#envelope };
  }
}

/** One batch of any events of a visitor, in the order given. */
export function batchOf(visitor, events, now = NOW) {
  const runs = [];
  for (const { load, number, at, name, body, raw } of events) {
    let run = runs.at(-1);
    if (run?.load !== load || run.first + run.events.length !== number) {
      run = { load, first: number, at, events: [] };
      runs.push(run);
    }
    run.events.push(raw === undefined ? [at - run.at, name, body] : raw);
  }
  return { visitor, sent_at: now, shift: 0, automated: false, runs };
}
