// Writes dist/collector.json: the modules, compatibility date, classes and bindings of the collector, as wrangler reads
// them from collector/wrangler.toml. The local runtime starts from it, so what is tested is configured as what is deployed.

import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { COLLECTOR_BUILD, DIST, ROOT } from "./support/paths.mjs";
import { stamp, upToDate } from "./support/stamp.mjs";
import { StepFailed } from "./support/step.mjs";

/** Where the description lies. */
export const DESCRIPTION = path.join(DIST, "collector.json");

const WRANGLER_TOML = path.join(ROOT, "collector/wrangler.toml");

/** Reads wrangler's file and writes the description, when either changed. */
export async function describeCollector() {
  if (upToDate("description", [DESCRIPTION])) return;
  const { unstable_readConfig: readConfig } = await import("wrangler");
  const config = readConfig({ config: WRANGLER_TOML });
  const sqlite = new Set(config.migrations.flatMap((migration) => migration.new_sqlite_classes ?? []));
  const objects = config.durable_objects.bindings.map(({ name, class_name: className }) => {
    if (!sqlite.has(className)) throw new StepFailed(`${className} is in no migration's new_sqlite_classes`, `edit ${WRANGLER_TOML}`);
    return { binding: name, className };
  });
  const modules = config.rules.flatMap(({ type, globs }) => globs.map((name) => ({ name, type })));
  for (const { name } of modules) {
    if (!existsSync(path.join(COLLECTOR_BUILD, name))) throw new StepFailed(`collector/build/${name} is missing`, "npm run build");
  }
  const description = {
    main: path.basename(config.main),
    modules,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    objects,
    assets: config.assets.binding,
    vars: config.vars,
  };
  writeFileSync(DESCRIPTION, `${JSON.stringify(description, null, 2)}\n`);
  stamp("description", [WRANGLER_TOML, import.meta.filename]);
}
