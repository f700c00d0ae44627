//! The errors a call may be answered with, each described once.

use serde_json::{Map, Value, json};

/// A kind of error: one response of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// 400: the body or a parameter.
    BadRequest,
    /// 401: the key.
    Unauthorized,
    /// 404: the site.
    UnknownSite,
    /// 404: the site or the experiment.
    UnknownExperiment,
    /// 404: the site or the webhook.
    UnknownWebhook,
    /// 404: the site, the webhook or the notice.
    UnknownNotice,
    /// 404: the site, or nothing is kept of this person.
    NothingKept,
    /// 404: the site or the version.
    UnknownVersion,
    /// 405: the method.
    MethodNotAllowed,
    /// 409: not in a state for this.
    Conflict,
    /// 413: the body's size.
    TooLarge,
    /// 500: the collector.
    Internal,
    /// 503: the collector's keys.
    NotSetUp,
}

/// All of them.
pub const REFUSALS: [Refusal; 13] = [
    Refusal::BadRequest,
    Refusal::Unauthorized,
    Refusal::UnknownSite,
    Refusal::UnknownExperiment,
    Refusal::UnknownWebhook,
    Refusal::UnknownNotice,
    Refusal::NothingKept,
    Refusal::UnknownVersion,
    Refusal::MethodNotAllowed,
    Refusal::Conflict,
    Refusal::TooLarge,
    Refusal::Internal,
    Refusal::NotSetUp,
];

impl Refusal {
    /// The response's name, its status, its codes and what it says.
    fn told(self) -> (&'static str, u16, &'static [&'static str], &'static str) {
        match self {
            Self::BadRequest => (
                "BadRequest",
                400,
                &["malformed", "bad_field"],
                "`malformed`: not JSON, or a field is missing, unknown or of another type. `bad_field`: a field beyond its \
                 limit. `field` says which, `limit` what it must be. Nothing was changed.",
            ),
            Self::Unauthorized => ("Unauthorized", 401, &["unauthorized"], "The key is missing or wrong."),
            Self::UnknownSite => ("UnknownSite", 404, &["unknown_site"], "No site has this key."),
            Self::UnknownExperiment => (
                "UnknownExperiment",
                404,
                &["unknown_site", "unknown_experiment"],
                "No site has this key, or the site no such experiment.",
            ),
            Self::UnknownWebhook => (
                "UnknownWebhook",
                404,
                &["unknown_site", "unknown_webhook"],
                "No site has this key, or the site no such webhook.",
            ),
            Self::UnknownNotice => (
                "UnknownNotice",
                404,
                &["unknown_site", "unknown_webhook", "unknown_notice"],
                "No site has this key, the site no such webhook, or the webhook no such notice.",
            ),
            Self::NothingKept => (
                "NothingKept",
                404,
                &["unknown_site", "not_found"],
                "No site has this key, or nothing is kept of this id.",
            ),
            Self::UnknownVersion => (
                "UnknownVersion",
                404,
                &["unknown_site", "unknown_version"],
                "No site has this key, or the collector no script of this version.",
            ),
            Self::MethodNotAllowed => (
                "MethodNotAllowed",
                405,
                &["method_not_allowed"],
                "The address does not take this method; the header `Allow` names those it takes.",
            ),
            Self::Conflict => (
                "Conflict",
                409,
                &["conflict"],
                "It is not in a state for this: the key is in use, the experiment started or ended, or there are too many of a kind.",
            ),
            Self::TooLarge => ("TooLarge", 413, &["body_too_large"], "The body is larger than `limit`."),
            Self::Internal => {
                ("Internal", 500, &["internal"], "The collector failed; the same call may be sent again.")
            }
            Self::NotSetUp => ("NotSetUp", 503, &["not_set_up"], "The collector has no keys yet."),
        }
    }

    /// Its status.
    pub fn status(self) -> u16 {
        self.told().1
    }

    /// Where it stands in the document.
    pub fn reference(self) -> Value {
        json!({ "$ref": format!("#/components/responses/{}", self.told().0) })
    }
}

/// The responses of the document, by name.
pub fn responses(error: &Value) -> Map<String, Value> {
    let response = |refusal: Refusal| {
        let (name, _, codes, description) = refusal.told();
        let code = json!({ "type": "object", "properties": { "code": { "enum": codes } } });
        let schema = json!({ "allOf": [error, { "type": "object", "properties": { "error": code } }] });
        let mut response =
            json!({ "description": description, "content": { "application/json": { "schema": schema } } });
        if refusal == Refusal::MethodNotAllowed {
            let allow =
                json!({ "description": "The methods it takes, e.g. `GET, PATCH`.", "schema": { "type": "string" } });
            response["headers"] = json!({ "Allow": allow });
        }
        (name.to_owned(), response)
    };
    REFUSALS.into_iter().map(response).collect()
}
