// What a page that enforces Trusted Types lets us write: its policy names us (`trusted-types tributary`).

let made;
let theirs;

/** A name may be had once: code that the pinned script loads has that script's policy. */
export const share = (policy) => void (theirs = policy);

/** The one policy there may be of this name; none where the browser knows none, or the page allows it not. */
export function policy() {
  if (theirs) return theirs();
  try {
    made ??= self.trustedTypes?.createPolicy('tributary', { createHTML: (html) => html, createScriptURL: (address) => address });
  } catch {
    made = undefined;
  }
  return made;
}
