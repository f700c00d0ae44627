// What is up to date is not built again. A stamp holds the hashes of all inputs of the last build that went through;
// hashes instead of dates, because a checkout of an older commit has newer files.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DIST, ROOT } from "./paths.mjs";

const fileOf = (name) => path.join(DIST, "stamps", `${name}.json`);

function hash(file) {
  return existsSync(file) ? createHash("sha256").update(readFileSync(file)).digest("hex") : "missing";
}

/** All files under the given files and folders, in a stable order. */
export function filesUnder(...places) {
  return places.flatMap((place) => {
    if (!existsSync(place)) return [];
    if (statSync(place).isFile()) return [place];
    return readdirSync(place, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort();
  });
}

/** Did none of the inputs written down by the last `stamp(name, …)` change, and are all outputs there? */
export function upToDate(name, outputs, version = "") {
  if (!existsSync(fileOf(name)) || !outputs.every(existsSync)) return false;
  const stamped = JSON.parse(readFileSync(fileOf(name), "utf8"));
  return (
    stamped.version === version &&
    Object.entries(stamped.inputs).every(([file, sum]) => hash(path.resolve(ROOT, file)) === sum)
  );
}

/** Writes down what a build was made from. `version` is for inputs that are no files, such as options. */
export function stamp(name, inputs, version = "") {
  const sums = Object.fromEntries(inputs.map((file) => [path.relative(ROOT, file), hash(file)]));
  mkdirSync(path.dirname(fileOf(name)), { recursive: true });
  writeFileSync(fileOf(name), JSON.stringify({ version, inputs: sums }, null, 1));
}

/** Forgets a stamp, before a build that may fail half way. */
export const unstamp = (name) => rmSync(fileOf(name), { force: true });
