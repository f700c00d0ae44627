// Whom experiments are for: what is known of the visitor, for the conditions that the wasm evaluates. Nothing of this leaves
// the page.

import { get, safely, site } from 'tributary-host';
import * as sdk from 'tributary-wasm';
import { keep, recall } from './tab.js';

const { parse, stringify } = JSON;
const { document, location, navigator, BigInt64Array, Float64Array, URLSearchParams } = self;

/** Objects and lists in one another; what is deeper is left out. */
const DEPTH = 16;
const UTM = ['Source', 'Medium', 'Campaign', 'Term', 'Content'];

/** What the page says of the visitor. */
const own = {};
let country;

/** A tablet says that it is one, or is a Mac that can be touched; Android without `Mobile` is one too. */
function deviceType({ userAgent, maxTouchPoints }) {
  if (/iPad|Tablet|Android(?!.*Mobile)/i.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)) return 'tablet';
  return /Mobi|iPhone|iPod/i.test(userAgent) ? 'mobile' : 'desktop';
}

/** What led to the shop. The address loses it with the next page, so it stays known in this tab. */
function utm() {
  const asked = new URLSearchParams(location.search);
  const here = UTM.map((part) => [`utm${part}`, asked.get(`utm_${part.toLowerCase()}`)]).filter(([, value]) => value !== null);
  if (here.length) keep('utm', stringify(here));
  return Object.fromEntries(here.length ? here : parse(recall('utm') ?? '[]'));
}

const known = () => ({
  id: get('visitor'),
  profile: get('profile') || null,
  returning: sdk.is_returning(),
  url: location.href,
  path: location.pathname,
  host: location.host,
  query: location.search,
  referrer: document.referrer,
  language: navigator.language?.split('-')[0].toLowerCase(),
  locale: navigator.language,
  deviceType: deviceType(navigator),
  country,
  ...utm(),
  ...own,
});

const escaped = (text) => text.replace(/[\\\n\r]/g, (letter) => ({ '\n': '\\n', '\r': '\\r' })[letter] ?? '\\\\');

/** A JSON value in the form that core/src/condition/form.rs reads. */
function form(value, depth = 0) {
  switch (typeof value) {
    case 'boolean':
      return value ? '2\n' : '1\n';
    case 'number':
      return `3\n${new BigInt64Array(new Float64Array([value]).buffer)[0]}\n`;
    case 'string':
      return `4\n${escaped(value)}\n`;
  }
  if (!value || depth > DEPTH) return '0\n';
  if (Array.isArray(value)) return `5\n${value.length}\n${value.map((one) => form(one, depth + 1)).join('')}`;
  const entries = Object.entries(value);
  return `6\n${entries.length}\n${entries.map(([key, one]) => `${escaped(key)}\n${form(one, depth + 1)}`).join('')}`;
}

/** The page says more of the visitor; `null` is nothing known. */
export const setAttributes = safely((attributes) => void Object.assign(own, parse(stringify(attributes))));

/** Is ready to say what is known. */
export const begin = safely(({ country: seen }, { attributes }) => {
  country = seen;
  site.attributes = () => stringify(known());
  site.form = () => form(parse(site.attributes()));
  setAttributes(typeof attributes === 'string' ? safely(parse, {})(attributes) : attributes);
});
