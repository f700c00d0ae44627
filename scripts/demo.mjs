// The demo shop's site: made once through the API as a merchant's developer would make it, then two days of visitors sent
// through the endpoint that pages use, and an older experiment imported. Everything lies in the past, at the times it would have happened.
//
// Visitors are the same at every run, so a seeding that broke off is sent again as it was and nothing counts twice.

import { odd } from "./demo/odd.mjs";
import { PAST, past, startOf } from "./demo/past.mjs";
import { EXPERIMENT, HOLDOUT, made } from "./demo/shop.mjs";
import { visit } from "./demo/visit.mjs";
import { createSite, siteApi } from "./support/api.mjs";
import { generator } from "./support/random.mjs";

const MINUTE = 60_000;
const SPAN = 48 * 60 * MINUTE;
const VISITORS = 480;
const AT_ONCE = 8;

/** Sends all visitors and what the server tells; resolves to how many events were accepted or had been before. */
async function seed(api, { shop, experiment, began }) {
  const random = generator(20_260);
  const lines = [];
  const visitors = Array.from({ length: VISITORS }, () => {
    const visitor = `demo-${random.text(16)}`;
    // The last visit is long over: nobody's order lies in the future.
    const first = began - SPAN + Math.floor(random.next() * (SPAN - 30 * MINUTE));
    const { runs, lines: told } = visit(random, { began: first, until: began, visitor, shop, experiment });
    lines.push(...told);
    return { visitor, runs };
  });
  let events = 0;
  const count = (answer) => {
    if (answer.refused.length > 0) throw new Error(`the collector refused an event of the demo: ${JSON.stringify(answer.refused[0])}`);
    events += answer.accepted + answer.duplicate;
  };
  const sender = async () => {
    for (let next = visitors.pop(); next; next = visitors.pop()) {
      const said = await api.send({ ...next, sent_at: Date.now(), shift: 0, automated: false });
      // No word is a good word: all of them count.
      count(said || { accepted: next.runs.flatMap((run) => run.events).length, duplicate: 0, refused: [] });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  for (const told of [past(generator(2_024), { began, shop }), lines.sort((one, other) => one.at - other.at)]) count(await api.tell(told));
  await api.stop(PAST.key).catch(unlessThere);
  for (const batch of odd({ began, shop })) await api.send(batch);
  return events;
}

/** What an attempt that broke off has made already is there. */
function unlessThere(error) {
  if (error.status !== 409) throw error;
}

/**
 * Makes the demo site, unless `known` (what an earlier call handed to `save`) is it, and seeds it once. `save` is called as
 * soon as there is something that must not be lost: a secret key is told only once.
 */
export async function demo({ origin, adminKey, known, save }) {
  let site = known;
  if (!site) {
    const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const answer = await createSite(origin, adminKey, { name: "Harbour & Pine", time_zone: timeZone, currency: "USD" });
    if (!answer.site || !answer.secret_key) throw new Error(`POST /v1/sites answered ${JSON.stringify(answer)}`);
    site = { site: answer.site, secret_key: answer.secret_key, began: Date.now(), seeded: false };
    save(site);
  }
  const api = siteApi(origin, site);
  if (!site.experiment) {
    await api.change({ holdout: HOLDOUT });
    for (const [kind, one] of [["experiments", EXPERIMENT], ...made(site.began - SPAN)]) await api.make(kind, one).catch(unlessThere);
    await api.make("experiments", PAST).catch(unlessThere);
    await api.start(PAST.key, startOf(site.began)).catch(unlessThere);
    site.experiment = await api.start(EXPERIMENT.key, site.began - SPAN);
    save(site);
  }
  if (!site.seeded) {
    const started = performance.now();
    site.events = await seed(api, { ...site, shop: `${origin}/shop/${site.site}/` });
    site.seeded = true;
    save(site);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`✓ demo: ${VISITORS} visitors of two days, ${site.events} events, ${seconds} s`);
  }
  return site;
}
