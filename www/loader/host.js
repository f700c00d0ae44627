// What the wasm asks of the browser. The browser's own functions are taken here, when the script runs: what the page puts in
// their place later (a wrapped `fetch`, another `JSON`) changes nothing.
//
// Nothing here throws: an exception would cross the wasm without undoing anything there, and that would be its end.

const { now } = Date;
const { random: chance } = Math;
const { parse, stringify } = JSON;
const { fetch, document, location, navigator, crypto, setTimeout, clearTimeout, AbortController, Promise, Uint8Array } = self;
const { sendBeacon } = navigator;
const selected = Element.prototype.matches;

/** The longest that a request may take before it counts as failed, in ms. */
const PATIENCE = 30_000;
/** More characters than these are not kept in one turn. */
const ROOM = 1e6;
/** The collector takes no event with more bytes of properties. */
const BODY_BYTES = 8192;
/** What of an event that is too large is kept all the same, as long as it is not too large itself. */
const KEPT = ['revenue', 'currency', 'order_id'];
/** 400 days in seconds, the longest that browsers keep a cookie. */
const COOKIE_AGE = 34_560_000;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** What can happen to a communication, by the numbers of sdk/src/communication.rs. */
export const APPEARED = 0;
export const CLICKED = 1;
export const HOVERED = 2;
export const DISMISSED = 3;

/**
 * What `tributary.js` sets: where events go, what names begin with, the wasm's functions, and what was clicked. It is also
 * what `more.js` gets to know: who listens takes over the `push` of the exposures (and of the log, where there is one).
 */
export const site = { exposures: [] };

let calls = '';
let said;
let waiting = [];
let timer;

export { chance, now };

/** The function without its exceptions; where there is one, the answer is another. */
export const safely = (act, otherwise) => (...values) => {
  try {
    return act(...values);
  } catch {
    return otherwise;
  }
};

/**
 * A call of `track` as the wasm takes it, with what its properties were at that moment: the call itself costs the page two
 * strings. Nothing where it is none.
 */
export function written(name, properties) {
  let body;
  try {
    body = stringify(properties);
    for (let count = KEPT.length; count >= 0 && new TextEncoder().encode(body).length > BODY_BYTES; count--) {
      body = stringify(parse(body), KEPT.slice(0, count));
    }
  } catch {
    // A property that refers to itself, or a getter that throws: the event still happened.
  }
  // Names that begin with $ are Tributary's own.
  if (typeof name !== 'string' || !name || name[0] === '$' || calls.length > ROOM) return '';
  return `${stringify(name)},${body?.[0] === '{' ? body : '{}'}`;
}

/** Keeps an event as the wasm takes it (`"name",{…}`) until it does. True when it is the first since the last `take`. */
export function put(at, event) {
  const first = !calls;
  calls += `${at} ${event}\n`;
  return first;
}

/** What the wasm says while it is asked. */
export function ask(question, ...values) {
  said = undefined;
  question(...values);
  return said;
}

export const say = (text) => void (said = text);

export function take() {
  const taken = calls;
  calls = '';
  return taken;
}

export const random = (length) => {
  let id = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(length))) id += ALPHABET[byte & 63];
  return id;
};

export const address = safely(() => location.href, '');
export const referrer = safely(() => document.referrer, '');

/** Those that the browser understands; the wasm knows them by their number, from 1. */
const selectors = [];

export const understood = safely((text) => (document.createDocumentFragment().querySelector(text), selectors.push(text)), 0);

/** Whatever `node.matches` may be: `window` and a form can have something else under that name. */
export const matches = safely((place, selector) => selected.call(site.path[place], selectors[selector - 1]), false);

/** What storage would not take, because that is forbidden or it is full. */
const memory = {};
const storage = safely(() => localStorage)();

const load = safely((name) => (site.cookieless ? '' : storage.getItem(site.name + name)));
export const get = (name) => memory[name] ?? load(name) ?? '';

const store = safely((name, text) => !site.cookieless && (storage.setItem(site.name + name, text), true));

export function set(name, text) {
  delete memory[name];
  store(name, text) || (memory[name] = text);
}

const stored = safely((start) => Object.keys(storage).filter((key) => key.startsWith(site.name + start)), []);

export const names = (start) => stored(start).sort().map((key) => `${key.slice(site.name.length)}\n`).join('');

export const remove = safely((start) => {
  for (const name in memory) if (name.startsWith(start)) delete memory[name];
  for (const key of stored(start)) storage.removeItem(key);
});

const read = (name) => document.cookie.split('; ').find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);

export const cookie = safely(() => (!site.cookieless && read(site.cookie)) || '', '');

const write = (name, value, age, domain) => {
  const safe = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `${name}=${value}; Path=/; SameSite=Lax; Max-Age=${age}${domain ? `; Domain=${domain}` : ''}${safe}`;
};

/** The domains that this host is in, the widest first; an address of numbers is in none. */
const around = () => {
  const labels = location.hostname.split('.');
  return labels[labels.length - 1] >= 0 ? [] : labels.map((_, index) => labels.slice(-1 - index).join('.')).slice(1);
};

/** The widest domain for which the browser takes a cookie, so that all hosts of the shop know the visitor; if none, nothing. */
let domain;
const findDomain = () => {
  const trial = `${site.cookie}_trial`;
  return around().find((domain) => {
    write(trial, 1, 9, domain);
    const taken = read(trial);
    write(trial, '', 0, domain);
    return taken;
  }) ?? '';
};

export const setCookie = safely((value) => {
  if (value) site.cookieless || write(site.cookie, value, COOKIE_AGE, (domain ??= findDomain()));
  // Nothing is tried out, and so nothing kept, for somebody who refused.
  else for (const domain of ['', ...around()]) write(site.cookie, '', 0, domain);
});

/** Where events go: on the shop's own origin the collector is told which domain the cookie is of, and keeps it alive. */
const endpoint = () => site.endpoint + (site.own && !site.cookieless ? `?domain=${domain ?? ''}` : '');

/** The timers that the browser has, whatever the page puts in their place. */
export const later = (act, ms) => setTimeout(act, ms);
export const never = safely((timer) => clearTimeout(timer));

/** What conditions ask of the visitor and of JavaScript itself: see sdk/src/targeting.rs. */
export function attributes() {
  return safely(() => site.form(), '')();
}
export const numberOf = (text) => Number(text);
export const textOf = (number) => String(number);
export const lower = (text) => text.toLowerCase();
const patterns = [];
export const learn = (source, ignoresCase) => patterns.push(safely(() => new RegExp(source, ignoresCase ? 'i' : ''))()) - 1;
export const hasMatch = (pattern, text) => patterns[pattern]?.test(text) ?? false;

let request;

/** Ends the request that is under way: its answer must not set the cookie of a visitor who is another one by now, or nobody. */
export const cancel = safely(() => request?.abort());

/** Something is measured from here on, or nothing any more, and then what was is forgotten. */
export function measure(is) {
  site.measures = is;
  if (is) return;
  cancel();
  site.exposures.length = 0;
  // Another list: what ends now would be noted in the one before.
  if (site.log) site.log = [];
}

export async function post(body, keepalive) {
  const { log } = site;
  let status = 0;
  let told;
  request = AbortController && new AbortController();
  const patience = later(cancel, PATIENCE);
  try {
    const answer = await fetch(endpoint(), {
      method: 'POST',
      // As text/plain it needs no preflight.
      body,
      keepalive,
      credentials: 'same-origin',
      signal: request?.signal,
    });
    ({ status } = answer);
    told = await answer.json();
  } catch {
    // No network, no answer in time, or none that can be read: the status says which.
  }
  // Somebody else's 404, on the way to us or in our place, says nothing about the site.
  if (status === 404 && !told?.error?.code) status = 0;
  never(patience);
  log?.push([body, status, told]);
  site.answered(status, told?.shift);
}

export const beacon = safely((body) => (site.log?.push([body]), sendBeacon.call(navigator, endpoint(), body)), false);

/** Who comes to listen later hears of the last hundred. */
export const exposed = (event) => void (site.exposures.push(event) > 100 && site.exposures.shift());

/** Sends when so many ms are over, and not at any time that was said before; 0 is never. */
export const wait = safely((ms) => {
  never(timer);
  if (ms) timer = later(site.send, ms);
});

/** A promise that `idle` settles. */
export const flushed = () => new Promise((settle) => waiting.push(settle));

export function idle() {
  for (const settle of waiting) settle();
  waiting = [];
}
