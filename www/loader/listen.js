// `on("exposure", …)` and `on("assignment", …)`. Whoever comes late hears of what there was in this page load, in its order,
// so it does not matter when a page's own scripts run.

/** After these an assignment may be another: a visitor is there, or another one. */
const CHANGING = ['consent', 'identify', 'clear', 'setAttributes'];

/** Each with the name of what it hears of. */
let listeners = [];
let assignments = {};
let listening = false;

/** A listener that throws costs the others nothing; its error is seen where the page's errors are. */
function tell([, listener], detail) {
  try {
    listener(detail);
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}

const tellAll = (name, detail) => listeners.filter(([of]) => of === name).forEach((one) => tell(one, detail));

const detailOf = (exposure) => JSON.parse(`[${exposure}]`)[1];
const each = (assignments) => Object.entries(assignments).map(([experiment, variant]) => ({ experiment, variant }));

/** Tells of the assignments that are others than before. */
function look(api) {
  // Nobody has seen the page, and who does may be another visitor.
  if (document.prerendering) return;
  const now = api.getAssignments();
  const before = assignments;
  assignments = now;
  for (const detail of each(now)) if (before[detail.experiment] !== detail.variant) tellAll('assignment', detail);
}

function listen(site) {
  const { api, exposures } = site;
  listening = true;
  look(api);
  // Told when the wasm is done: within it nothing that a listener calls would do anything.
  exposures.push = (exposure) => {
    queueMicrotask(() => {
      // Withdrawn in the same turn.
      if (!site.measures) return;
      Array.prototype.push.call(exposures, exposure);
      tellAll('exposure', detailOf(exposure));
    });
    return exposures.length + 1;
  };
  for (const name of CHANGING.filter((name) => api[name])) {
    const act = api[name];
    api[name] = (...values) => {
      const outcome = act(...values);
      look(api);
      return outcome;
    };
  }
  // Another tab may have made the visitor another one, which the script finds out first.
  for (const name of ['visibilitychange', 'prerenderingchange']) addEventListener(name, () => setTimeout(look, 0, api), true);
}

/**
 * Calls `listener` with each `{ experiment, variant, version }` that is exposed, or each `{ experiment, variant }` that the
 * visitor is in; first with those that there are. The answer takes it away again.
 */
export function on(site, name, listener) {
  if (!listening) listen(site);
  const one = [name, listener];
  const known = { exposure: site.exposures.map(detailOf), assignment: each(assignments) }[name];
  if (!known || typeof listener !== 'function') return () => {};
  listeners.push(one);
  for (const detail of known) if (listeners.includes(one)) tell(one, detail);
  return () => void (listeners = listeners.filter((other) => other !== one));
}

/** Takes a listener away. */
export function off(site, name, listener) {
  listeners = listeners.filter(([of, other]) => of !== name || other !== listener);
}
