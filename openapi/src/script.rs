//! Scripts of pages in the document: the tag's, and what a pinned one asks for.

use serde_json::{Value, json};

use crate::operation::Operation;
use crate::refusal::Refusal;

/// The tag's script.
pub fn script() -> Operation {
    let text = json!({ "text/javascript": { "schema": { "type": "string" } } });
    Operation {
        summary: "The script of the tag",
        description: "Loader, SDK and the site's public configuration; browsers keep it for a minute. For a key that no site \
                      has the answer is a script too, which only warns.",
        tag: "Events",
        key: None,
        parameters: &["site_query"],
        body: None,
        answers: vec![
            (200, "The script.", text.clone()),
            (304, "The browser's copy is current.", Value::Null),
            (404, "No site has this key.", text),
        ],
        refusals: vec![],
    }
}

/// What a script whose bytes never change asks for.
pub fn pinned_configuration() -> Operation {
    let text = |what: &str| json!({ "type": "string", "description": what });
    let changes = json!({ "type": "array", "description": "What variants change by themselves, of each experiment in which some do." });
    let given = json!({
        "type": "object",
        "required": ["site", "config"],
        "additionalProperties": false,
        "properties": {
            "site": text("The site's key."),
            "config": text("Lines that a script of this version reads."),
            "changes": changes,
            "targeting": text("Lines too: whom experiments are for that are not for everybody."),
            "country": text("Where the request came from, where a condition asks for it: two letters of ISO 3166-1."),
        },
    });
    Operation {
        summary: "The site's public configuration, for a script of one version",
        description: "A tag that verifies its script's bytes (Subresource Integrity) has `/v/{version}/t.js?site=…`, which \
                      never changes and asks this; browsers keep the answer for a minute. The bytes of a version's files \
                      are told by `/v/{version}/integrity.json`.",
        tag: "Events",
        key: None,
        parameters: &["version", "site_query"],
        body: None,
        answers: vec![(200, "OK", json!({ "application/json": { "schema": given } }))],
        refusals: vec![Refusal::UnknownVersion],
    }
}
