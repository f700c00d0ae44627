// The inspector's page side: gathers what the SDK knows. What there is to say about it is the wasm's own (inspector/).

import { compile } from 'tributary-compile';
import { initSync, open as show } from 'tributary-inspector';

/** Batches that are remembered. */
const BATCHES = 100;
const MARKUP = 'data-trib-experiment';

/** Experiments that the page asked for. */
const asked = new Set();

function look({ key, given, get, names, found, exposures, faults, log, attributes }) {
  log.splice(0, log.length - BATCHES);
  for (const element of document.querySelectorAll(`[${MARKUP}]`)) asked.add(element.getAttribute(MARKUP));
  const all = (start, of) => names(start).split('\n').filter(Boolean).map(of);
  const run = (name) => get(name).split(' ').slice(2).join(' ');
  return {
    site: key,
    config: given.config,
    targeting: given.targeting ?? '',
    attributes: given.targeting && attributes ? attributes() : '',
    must_ask: Boolean(found & 1),
    refuses: Boolean(found & 2),
    is_automated: Boolean(found & 4),
    is_cookieless: Boolean(found & 32),
    has_consent: get('consent') !== '',
    visitor: get('visitor'),
    profile: get('profile'),
    given: Object.fromEntries(all('variant.', (name) => [name.slice('variant.'.length), get(name)])),
    asked: [...asked],
    exposures: [...exposures],
    faults: { ...faults },
    waiting: all('run.', run),
    sent: log.map(([body, status, answer]) => ({ body, status, answer })),
  };
}

/** Opens the panel, and answers what it shows. */
export function open(site) {
  if (!asked.heard) {
    asked.heard = true;
    initSync({ module: compile() });
    const { getVariant } = site.api;
    site.api.getVariant = (experiment) => {
      asked.add(`${experiment}`);
      return getVariant(experiment);
    };
  }
  return show(() => look(site));
}
