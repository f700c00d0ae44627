// What a visit and a report cost in the core, without a Worker around them: core/examples/cost.rs and report.rs, built as the
// Worker is. Bytes are the same at every run; times are this machine's, and their ratio to a reference loop is what can be compared.

import { run } from "../../scripts/support/process.mjs";

const example = async (name) => JSON.parse(await run("cargo", ["run", "--quiet", "--release", "-p", "tributary-core", "--example", name]));

/** Figures of the programs, under the names they give them. */
export async function core() {
  return {
    figures: { ...(await example("cost")), ...(await example("report")) },
    notes: [
      "time per event of a batch of ten, of a visitor who has sent four: edge's routing, parsing, reading the row, fold, writing the row",
      "reference: the batch's bytes through a hash, one at a time; fold_to_reference is how often that fits in the sum of the stages",
      "visitor_bytes: page loads of five events, two a minute; page_views_bytes: each view a page load of its own",
      "report: 100 experiments of 5 variants and 10 goals, read out of what 90 days added up to; the aim is 20 ms",
    ],
  };
}
