// A site's public configuration in the form that core's `PageConfig::encode` writes (core/src/page_config.rs), so that a
// test can give the SDK any. tests/fixtures/page-config.json holds both writers to the same text.

/** The lines: texts as they are, numbers in decimal, before a list its length, a point at the end. */
export function lines(config) {
  const out = [];
  const list = (items = [], write) => {
    out.push(items.length);
    items.forEach(write);
  };
  list(config.queryParameters, (name) => out.push(name));
  out.push(config.respectPrivacySignals ? 1 : 0, config.holdout ?? 0);
  list(config.experiments, ({ key, seed, version = 1, coverage = 10_000, namespace = ["", 0, 0], variants }) => {
    out.push(key, seed ?? key, version, coverage, ...namespace);
    list(variants, ([name, weight]) => out.push(name, weight));
  });
  for (const goals of [config.clicks, config.submits]) {
    list(goals, ({ experiment = 1, goal, selector }) => out.push(experiment, goal, selector));
  }
  out.push(config.hasCommunications ? 1 : 0);
  list(config.groups, ({ isCampaign, key, communications }) => {
    out.push(isCampaign ? 1 : 0, key);
    list(communications, (name) => out.push(name));
  });
  return `${out.map((value) => `${value}\n`).join("")}.`;
}

/** Experiments that are not for everybody, as core's `page_targeting` writes them; `condition` is a form of the fixture's. */
function targeting({ targeted }) {
  if (!targeted) return undefined;
  const one = ({ key, seed, version = 1, coverage = 10_000, namespace = ["", 0, 0], variants, isOfProfiles, condition }) => {
    const lines = [key, seed ?? key, version, coverage, ...namespace, variants.length, ...variants.flat(), isOfProfiles ? 1 : 0, condition ? 1 : 0];
    return lines.map((line) => `${line}\n`).join("") + (condition ?? "");
  };
  return `${targeted.length}\n${targeted.map(one).join("")}.`;
}

/** What a page is given of its site. */
export const given = (site, config) => ({ site, config: lines(config), changes: config.changes, targeting: targeting(config), country: config.country });

/** What stands in front of `t.js`, as the collector writes it. */
export const preamble = (site, config) => `self.__tributary=${JSON.stringify(given(site, config))};`;

/** The build of `t.js` that the collector would choose (core/src/page_script.rs). */
export function build(config) {
  const parts = {
    communications: config.hasCommunications || config.submits?.length,
    variants: config.experiments?.length || config.targeted?.length || config.hasDrafts,
    changes: config.changes?.length,
    targeting: config.targeted?.length,
  };
  return `${["t", ...Object.keys(parts).filter((part) => parts[part])].join(".")}.js`;
}
