// What a visit costs in the core, without a Worker around it: core/examples/cost.rs, built as the Worker is. Its bytes are
// the same at every run; its times are this machine's, and their ratio to a reference loop is what can be compared.

import { run } from "../../scripts/support/process.mjs";

/** Figures of the program, under the names it gives them. */
export async function core() {
  const printed = await run("cargo", ["run", "--quiet", "--release", "-p", "tributary-core", "--example", "cost"]);
  return {
    figures: JSON.parse(printed),
    notes: [
      "time per event of a batch of ten, of a visitor who has sent four: edge's routing, parsing, reading the row, fold, writing the row",
      "reference: the batch's bytes through a hash, one at a time; fold_to_reference is how often that fits in the sum of the stages",
      "visitor_bytes: page loads of five events, two a minute; page_views_bytes: each view a page load of its own",
    ],
  };
}
