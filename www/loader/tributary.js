// The public functions, around the wasm. None of them throws into the page; where anything fails the visitor sees control.

// What is in some builds only has something lesser in the others: see scripts/build-sdk.mjs.
import * as communication from 'tributary-communication';
import * as host from 'tributary-host';
import { safely } from 'tributary-host';
import * as targeting from 'tributary-targeting';
import * as variants from 'tributary-variants';
import * as sdk from 'tributary-wasm';

const { history, location, Promise, queueMicrotask, URL } = self;
const settled = Promise.resolve();

/** What a function answers where it cannot do its work. */
const control = { getVariant: null, getAssignments: {}, ready: settled, flush: settled };

const drain = safely(sdk.drain);

/** Keeps an event; the first of a turn sees to it that the wasm takes them all in when the turn ends. */
const put = (at, event) => host.put(at, event) && queueMicrotask(drain);

/** What waits until somebody sees the page, in the order in which it was said: an order is of who was identified before it. */
const held = [];
/** More is not kept. */
const HELD = 1_000;
const hold = (act) => void (held.length < HELD && held.push(act));

function track(at, name, properties) {
  const event = host.written(name, properties);
  if (!event) return;
  if (document.prerendering) hold(() => put(host.now(), event));
  else put(at, event);
}

/** What the page says of the visitor, and of communications: in a page that nobody has seen yet it waits until that is shown. */
const deeds = {
  identify(profile) {
    sdk.identify(`${profile ?? ''}`);
    variants.refresh();
  },
  // Whatever is not true is no consent. What the visitor sees when they agree counts from then on.
  consent(given) {
    if (sdk.consent(given === true)) communication.again();
    variants.refresh();
  },
  clear() {
    sdk.clear();
    variants.refresh();
  },
  // Communications that code shows.
  appeared: (key) => sdk.communicated(host.APPEARED, `${key}`),
  clicked: (key) => sdk.communicated(host.CLICKED, `${key}`),
  hovered: (key) => sdk.communicated(host.HOVERED, `${key}`),
  dismissed: (key) => communication.dismissed(`${key}`),
};

const functions = {
  // Options count before the start: in the tag, or in a call that the stub kept.
  init() {},
  track: (name, properties) => track(host.now(), name, properties),
  ready: () => settled,
  getVariant: (key) => variants.give(`${key}`),
  getAssignments: () => variants.assignments(),
  setAttributes(attributes) {
    targeting.setAttributes(attributes);
    variants.refresh();
  },
  // Shadow roots that cannot be found.
  observe: communication.observe,
  flush() {
    const done = host.flushed();
    sdk.flush();
    return done;
  },
  on: (...values) => more('on', values),
  off: (...values) => more('off', values),
  inspect: () => more('inspect', []),
};

for (const name in deeds) {
  functions[name] = (...values) => {
    const act = safely(() => deeds[name](...values));
    if (!document.prerendering) return act();
    // A refusal holds from now on: nothing may begin when the page is shown.
    if (name === 'consent' && values[0] !== true) sdk.happened(7);
    hold(act);
  };
}

let file;

/**
 * What only some pages ask for is in a file of its own (www/loader/more.js). One promise of it, so that calls are made in the
 * order in which they came.
 */
const more = (name, values) => (file ??= host.site.load('more')).then((file) => file[name](host.site, ...values)).catch(() => {});

/**
 * Starts in this page. Where that fails the functions are there and give control.
 *
 * @param {WebAssembly.Module} module
 * @param {{site: string, config: string}} given what the collector put in front of the script
 * @param {HTMLScriptElement} tag the script's own element
 * @param {(file: string) => Promise<object>} load fetches a file that only some pages ask for
 */
export function run(module, given, tag, load) {
  const name = tag.dataset.global || 'tributary';
  const before = self.tributary;
  const api = (self[name] = self.tributary = before?.track ? before : {});
  // A second tag counts nothing twice; it may add a name.
  if (api === before && !before.q) return;
  const early = api.q ?? [];
  delete api.q;

  const options = { ...tag.dataset };
  const started = safely(() => start(module, given, tag, early, options))();
  for (const name in functions) {
    api[name] = started ? safely(functions[name], control[name]) : () => control[name];
  }
  Object.assign(host.site, { api, given, load, get: host.get, names: host.names });
  if (started && isOn(options.datalayer)) more('bridge', [options.datalayer]);
  // From here on a log is kept, so that nothing is missed until the inspector is there.
  if (started && /[?&]tributary_inspect\b/.test(location.search)) {
    host.site.log = [];
    more('inspect', []);
  }
  for (const [at, name, values, settle] of early) {
    settle?.(name === 'track' ? started && safely(track)(at, ...values) : api[name]?.(...values));
  }
}

/** An attribute that is there, or an option that is true. */
const isOn = (option) => option === '' || (option && option !== 'false');

function start(module, given, tag, early, options) {
  const { site, config } = given;
  for (const [, name, [value]] of early) {
    if (name === 'init') Object.assign(options, value);
    // It was refused before we came: nothing may begin.
    if (name === 'consent' && value !== true) options.consent = 'required';
  }
  sdk.initSync(module);
  // Beside the script, wherever the collector is mounted, unless the tag names it.
  const { href, origin } = new URL(`v1/sites/${site}/events`, options.collector ?? tag.src);
  Object.assign(host.site, {
    endpoint: href,
    own: origin === location.origin,
    key: site,
    name: `tributary.${site}.`,
    cookie: `tributary_${site}`,
    answered: safely(sdk.answered),
    send: safely(sdk.flush),
  });
  const found = [
    options.consent === 'required',
    navigator.globalPrivacyControl || navigator.doNotTrack === '1',
    navigator.webdriver,
    document.prerendering,
    isOn(options.hashRoutes),
    isOn(options.cookieless),
    host.site.own,
  ];
  host.site.cookieless = found[5];
  // The bits of one number, as sdk/src/page.rs lists them.
  host.site.found = found.reduce((bits, is, place) => bits + (is ? 1 << place : 0), 0);
  targeting.begin(given, options);
  const looks = sdk.start(config, host.site.found, given.targeting);
  if (looks) {
    listen(looks > 1 && options);
    variants.begin(given, options, on);
  }
  return looks;
}

/** Every listener there is: passive, in the capture phase, so that no handler of the page comes before them. */
const on = (target, name, react) => target.addEventListener(name, safely(react), { capture: true, passive: true });

function listen(watching) {
  // Named by itself: an object of all of the wasm's functions would bring those along that nobody calls.
  const happened = (what) => sdk.happened(what);
  const interacted = (submit, path, communication) => {
    host.site.path = path;
    sdk.interacted(submit, path.length, communication);
    queueMicrotask(drain);
  };
  // An open shadow root is in the path; what is in a closed one counts as its host. Document and window end it, and match nothing.
  on(self, 'click', (event) => {
    const path = event.composedPath().slice(0, -2);
    interacted(false, path, watching ? communication.clicked(event, path) : '');
  });
  // An invalid form is never submitted, and one that a script only pretends to submit is none either.
  const submits = (root) => on(root, 'submit', (event) => event.isTrusted && interacted(true, [event.target], ''));
  submits(self);

  const moved = safely(() => happened(0) && variants.viewed());
  on(self, 'popstate', moved);
  on(self, 'online', () => happened(1));
  // What was given to the visitor before goes, and what is kept in this tab where there is none any more.
  const met = (what) => happened(what) && variants.refresh();
  on(self, 'storage', ({ key, newValue }) => met(newValue && key === `${host.site.name}withdrawn` ? 7 : 2));
  on(self, 'pageshow', (event) => {
    met(event.persisted ? 3 : 6);
    if (event.persisted) {
      communication.again();
      variants.viewed();
    }
  });
  on(self, 'pagehide', () => happened(4));
  // Safari may skip this on a link navigation, and a phone that kills the page skips pagehide: both are needed.
  on(document, 'visibilitychange', () => met(document.hidden ? 5 : 6));
  on(document, 'prerenderingchange', () => {
    happened(8);
    for (const act of held.splice(0)) act();
  });
  for (const name of ['pushState', 'replaceState']) {
    const original = history[name];
    history[name] = function (...values) {
      const outcome = original.apply(this, values);
      moved();
      return outcome;
    };
  }
  // The event of a submit does not leave a shadow root.
  if (watching) communication.watch(watching, on, submits);
}
