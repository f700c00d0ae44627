// What only some pages ask for: who listens, the bridge to `dataLayer`, the inspector. The script of the tag fetches this
// file when one of its functions is first called, and `site` (www/loader/host.js) is what it tells about itself.

export { bridge } from './datalayer.js';
export { off, on } from './listen.js';

/** Opens the inspector, which is another file again, and answers what it shows. */
export async function inspect(site) {
  site.log ??= [];
  try {
    return (await site.load(site.isScripted ? 'inspect_scripted' : 'inspect')).open(site);
  } catch (error) {
    // Nobody reads the log then.
    site.log = undefined;
    throw error;
  }
}
