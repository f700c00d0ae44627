// Budgets: figures that a change may not make worse. tests/budgets.json has them under the names of `npm run bench`.

import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../scripts/support/paths.mjs";

/** Name to the most that is allowed. */
export const budgets = () => JSON.parse(readFileSync(path.join(ROOT, "tests/budgets.json"), "utf8"));

/** A line for each figure above its budget. */
export function above(figures, allowed = budgets()) {
  return Object.entries(figures)
    .filter(([name, value]) => value > allowed[name])
    .map(([name, value]) => `${name} is ${value}, and tests/budgets.json allows ${allowed[name]}`);
}
