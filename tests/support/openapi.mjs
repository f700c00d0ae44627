// The description of the API as the collector serves it: validators of what is sent and answered, and bodies at and beyond
// each limit it tells.

import addFormats from "ajv-formats";
import Ajv2020 from "ajv/dist/2020.js";

const NUMBERS = ["int64", "int128", "uint", "uint8", "uint16", "uint32", "uint64", "double"];
const pointer = (...parts) => parts.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** The same document, in which an object has no property that is not described. */
function closed(document) {
  const copy = structuredClone(document);
  const partOfOthers = new Set();
  const look = (value) => {
    if (value === null || typeof value !== "object") return;
    if (value.$ref && value.properties) partOfOthers.add(value.$ref.split("/").at(-1));
    Object.values(value).forEach(look);
  };
  look(copy.components.schemas);
  for (const [name, schema] of Object.entries(copy.components.schemas)) {
    const isObject = schema.properties && schema.additionalProperties === undefined;
    if (isObject && !partOfOthers.has(name)) schema.unevaluatedProperties = false;
  }
  return copy;
}

/** Validators of a document. `sent` and `answered` give what is wrong, or nothing. */
export function validators(document) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  for (const name of NUMBERS) ajv.addFormat(name, true);
  ajv.addSchema(document, "open").addSchema(closed(document), "closed");
  const check = (at, value) => {
    const validate = ajv.getSchema(at);
    if (!validate) throw new Error(`nothing is described at ${at}`);
    return validate(value) ? [] : validate.errors.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
  };
  const resolved = (response) => (response?.$ref ? response.$ref.slice(1) : undefined);
  return {
    /** The body of a call. */
    sent(method, path, body) {
      const operation = document.paths[path][method.toLowerCase()];
      const [type, { schema }] = Object.entries(operation.requestBody.content)[0];
      const at = `open#/paths${pointer(path, method.toLowerCase(), "requestBody", "content", type, "schema")}`;
      if (!schema.contentSchema) return check(at, body);
      return body.split("\n").filter(Boolean).flatMap((line) => check(`${at}/contentSchema`, JSON.parse(line)));
    },
    /** The answer to a call: its status is described, and so is all of its JSON. */
    answered(method, path, { status, headers, body }) {
      const { responses } = document.paths[path][method.toLowerCase()];
      const response = responses[status] ?? (status === 405 ? { $ref: "#/components/responses/MethodNotAllowed" } : undefined);
      if (!response) return [`status ${status} is not described`];
      const place = resolved(response) ?? `/paths${pointer(path, method.toLowerCase(), "responses", status)}`;
      const content = (resolved(response) ? document.components.responses[place.split("/").at(-1)] : response).content;
      const type = headers.get("content-type")?.split(";")[0];
      if (!content) return body === "" ? [] : [`status ${status} has a body`];
      if (!content[type]) return [`${type} is not described for ${status}`];
      return check(`closed#${place}/content${pointer(type)}/schema`, body);
    },
  };
}

/** Properties of a schema, and those that an example's choice of several brings. */
function propertiesOf(document, schema, example) {
  const { properties = {}, required = [], additionalProperties, oneOf = [] } = schema;
  const consts = (one) => Object.entries(one.properties ?? {}).filter(([, { const: value }]) => value !== undefined);
  const chosen = oneOf.find((one) => consts(one).length > 0 && consts(one).every(([name, { const: value }]) => example?.[name] === value));
  const more = chosen ? resolve(document, chosen) : {};
  return {
    properties: { ...properties, ...more.properties },
    required: [...required, ...(more.required ?? [])],
    isClosed: additionalProperties === false,
  };
}

function resolve(document, schema) {
  if (schema.$ref) {
    const { $ref, ...beside } = schema;
    return { ...document.components.schemas[$ref.split("/").at(-1)], ...beside };
  }
  const other = schema.anyOf?.find(({ type }) => type !== "null");
  return other ? resolve(document, other) : schema;
}

const kindOf = ({ type }) => (Array.isArray(type) ? type.find((one) => one !== "null") : type);

/**
 * Bodies made from `example` by one change each: `{ what, path, body, holds }`, at a limit of the schema (`holds`) or
 * beyond it.
 */
export function atLimits(document, given, example, path = "") {
  const schema = resolve(document, given);
  const { properties, required, isClosed } = propertiesOf(document, schema, example);
  const found = [];
  const with_ = (name, value) => ({ ...example, [name]: value });
  const add = (name, what, value, holds) => found.push({ what, path: `${path}${name}`, body: with_(name, value), holds });
  for (const [name, of] of Object.entries(properties)) {
    const property = resolve(document, of);
    if (property.const !== undefined) continue;
    const kind = kindOf(property);
    if (kind) add(name, "another type", kind === "object" ? 5 : {}, false);
    if (required.includes(name)) {
      const { [name]: _, ...rest } = example;
      found.push({ what: "missing", path: `${path}${name}`, body: rest, holds: false });
    }
    const { minLength, maxLength, minimum, maximum, minItems, maxItems, pattern } = property;
    if (kind === "string") {
      if (maxLength) add(name, `${maxLength} characters`, "x".repeat(maxLength), true);
      if (maxLength) add(name, `${maxLength + 1} characters`, "x".repeat(maxLength + 1), false);
      if (minLength || pattern) add(name, "empty", "", false);
    }
    if (minimum !== undefined) add(name, "below the minimum", minimum - 1, false);
    // The sequence number of a run's first event leaves none for its second.
    if (maximum !== undefined && name !== "first") add(name, "the maximum", maximum, true);
    if (maximum !== undefined) add(name, "above the maximum", maximum + 1, false);
    if (kind === "array" && Array.isArray(example[name])) {
      const [first] = example[name];
      const times = (count) => Array.from({ length: count }, (_, place) => renamed(first, place));
      if (minItems) add(name, `${minItems - 1} items`, times(minItems - 1), false);
      if (maxItems) add(name, `${maxItems + 1} items`, times(maxItems + 1), false);
      if (property.items && first !== null && typeof first === "object" && !Array.isArray(first)) {
        for (const change of atLimits(document, property.items, first, `${path}${name}[0].`)) {
          found.push({ ...change, body: with_(name, [change.body, ...example[name].slice(1)]) });
        }
      }
    }
  }
  if (isClosed) found.push({ what: "unknown", path: `${path}colour`, body: with_("colour", "red"), holds: false });
  return found;
}

const renamed = (item, place) => (typeof item === "string" ? `${item}${place}` : item?.key ? { ...item, key: `k${place}` } : item);
