// What the collector would have put in front of the script, for a script that always is the same bytes.

/** The site's public configuration, in the form that this version reads; none where it cannot be had. */
export async function configured(collector, site) {
  try {
    const answer = await fetch(new URL(`v/${TRIBUTARY_VERSION}/config?site=${encodeURIComponent(site)}`, collector));
    return answer.ok ? await answer.json() : undefined;
  } catch {
    return undefined;
  }
}
