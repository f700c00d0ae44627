// The configuration of a local collector in workerd's own language, from what the build described.
//
// Values such as keys are not in it: each binding names an environment variable, so the file can be read by anyone. The
// collector reaches its storage, the static files and those networks it is given: webhooks are posted there. Names are
// looked up by the runtime, and addresses outside these networks are as good as not there.

import { readFileSync } from "node:fs";
import path from "node:path";
import { DESCRIPTION } from "../describe-collector.mjs";
import { COLLECTOR_BUILD } from "./paths.mjs";

/** The prefix of the environment variables that carry the values. */
export const ENVIRONMENT = "TRIBUTARY_BINDING_";

/** What the build wrote down. */
export const description = () => JSON.parse(readFileSync(DESCRIPTION, "utf8"));

const KINDS = { ESModule: "esModule", CompiledWasm: "wasm", Text: "text", Data: "data" };
const list = (items) => `[\n      ${items.join(",\n      ")}\n    ]`;
const text = (value) => `"${String(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/**
 * The file's text. `names` are the bindings whose values come by environment; `folder` is where the file will lie;
 * `networks` are those that webhooks may be posted to: "public", and "local" for this machine.
 */
export function workerdConfig({ names, folder, networks }) {
  const { main, modules, compatibilityDate, compatibilityFlags, objects, assets } = description();
  const ordered = [...modules].sort((a, b) => (b.name === main) - (a.name === main));
  const embed = (name) => text(path.relative(folder, path.join(COLLECTOR_BUILD, name)));
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "collector", worker = .collector),
    (name = "assets", disk = (writable = false)),
    (name = "storage", disk = (writable = true)),
    (name = "internet", network = (allow = [${networks.map(text).join(", ")}], tlsOptions = (trustBrowserCas = true)))
  ],
  sockets = [(name = "http", http = (), service = "collector")]
);

const collector :Workerd.Worker = (
    modules = ${list(ordered.map(({ name, type }) => `(name = ${text(name)}, ${KINDS[type]} = embed ${embed(name)})`))},
    compatibilityDate = ${text(compatibilityDate)},
    compatibilityFlags = [${compatibilityFlags.map(text).join(", ")}],
    durableObjectNamespaces = ${list(objects.map(({ className }) => `(className = ${text(className)}, uniqueKey = ${text(className)}, enableSql = true)`))},
    durableObjectStorage = (localDisk = "storage"),
    bindings = ${list([
      ...objects.map(({ binding, className }) => `(name = ${text(binding)}, durableObjectNamespace = ${text(className)})`),
      `(name = ${text(assets)}, service = "assets")`,
      ...names.map((name) => `(name = ${text(name)}, fromEnvironment = ${text(ENVIRONMENT + name)})`),
    ])}
);
`;
}
