//! The whole document, of version 3.1.

use serde_json::{Map, Value, json};
use tributary_core::endpoint::ENDPOINTS;

use crate::answer::Error;
use crate::operation::{Operation, operation};
use crate::refusal::{Refusal, responses};
use crate::schemas::Schemas;
use crate::webhook;

const ABOUT: &str = "Tributary answers one question: what caused an order. Pages and servers send events, a developer \
    configures what counts, a report tells the figures.\n\nTimes are milliseconds since the Unix epoch, UTC; days are \
    calendar days in the site's time zone. Amounts in answers are decimal text in the currency's usual unit. An address that \
    does not take a method answers 405 with `Allow`, an unknown address 404; errors are JSON of one shape, and nothing was \
    changed when a call is answered with one.";

/// Groups of calls, in the order in which they are needed.
const TAGS: [&str; 8] = ["Events", "Sites", "Experiments", "Attribution", "Report", "People", "Webhooks", "Collector"];

/// Makes the document.
pub fn document() -> Value {
    let mut schemas = Schemas::default();
    let mut paths: Map<String, Value> = Map::new();
    for (endpoint, method, path) in ENDPOINTS {
        let described = operation(endpoint, &mut schemas);
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[method.to_ascii_lowercase()] = told(&format!("{endpoint:?}"), described);
    }
    let webhooks = webhook::posted(&mut schemas);
    let error = schemas.given::<Error>();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tributary",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "tags": TAGS.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "securitySchemes": {
                "adminKey": { "type": "http", "scheme": "bearer", "description": "The collector's `ADMIN_KEY`: makes sites." },
                "secretKey": { "type": "http", "scheme": "bearer", "description": "A site's secret key, told once when the site is made." },
            },
            "parameters": parameters(),
            "responses": responses(&error),
            "schemas": schemas.by_name(),
        },
    })
}

fn told(id: &str, operation: Operation) -> Value {
    let Operation { summary, description, tag, key, parameters, body, answers, refusals } = operation;
    let mut told = json!({ "operationId": camel(id), "summary": summary, "tags": [tag] });
    if !description.is_empty() {
        told["description"] = description.into();
    }
    told["security"] = key.map_or(json!([]), |key| json!([{ key: [] }]));
    if !parameters.is_empty() {
        let reference = |name: &&str| json!({ "$ref": format!("#/components/parameters/{name}") });
        told["parameters"] = parameters.iter().map(reference).collect();
    }
    if let Some(body) = body {
        let content = json!({ body.content_type: { "schema": body.schema, "example": body.example } });
        told["requestBody"] = json!({ "required": !body.is_optional, "content": content });
    }
    let mut responses: Map<String, Value> = Map::new();
    for (status, description, content) in answers {
        let mut response = json!({ "description": description });
        if !content.is_null() {
            response["content"] = content;
        }
        responses.insert(status.to_string(), response);
    }
    let key = key.map(|_| Refusal::Unauthorized);
    for refusal in refusals.into_iter().chain(key).chain([Refusal::Internal, Refusal::NotSetUp]) {
        responses.entry(refusal.status().to_string()).or_insert_with(|| refusal.reference());
    }
    told["responses"] = responses.into();
    told
}

fn camel(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_ascii_lowercase() + rest
}

fn parameters() -> Value {
    let parameter = |name: &str, place: &str, description: &str, schema: Value| json!({ "name": name, "in": place, "required": place == "path", "description": description, "schema": schema });
    let site_key = || json!({ "type": "string", "pattern": "^[0-9a-f]{24}$" });
    let day = || json!({ "type": "string", "format": "date" });
    let mut site_query = parameter("site", "query", "The site's public key.", site_key());
    site_query["required"] = true.into();
    json!({
        "site": parameter("site", "path", "The site's public key.", site_key()),
        "site_query": site_query,
        "version": parameter("version", "path", "A version of the script, such as `0.1.0`.", json!({ "type": "string" })),
        "key": parameter("key", "path", "The experiment's key.", json!({ "type": "string" })),
        "id": parameter("id", "path", "The visitor's or profile's id, percent-encoded UTF-8.", json!({ "type": "string" })),
        "webhook": parameter("webhook", "path", "The webhook's id.", json!({ "type": "string" })),
        "notice": parameter("notice", "path", "The notice's id.", json!({ "type": "string" })),
        "limit": parameter("limit", "query", "At most so many.", json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 })),
        "before": parameter("before", "query", "Only notices before the one of this id.", json!({ "type": "string" })),
        "from": parameter("from", "query", "First day, `YYYY-MM-DD`.", day()),
        "to": parameter("to", "query", "Last day, `YYYY-MM-DD`; today unless given.", day()),
        "days": parameter("days", "query", "So many days up to today, where `from` is not given.", json!({ "type": "integer", "minimum": 1, "maximum": 400, "default": 30 })),
    })
}
