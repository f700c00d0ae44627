//! Webhooks in the document: the calls about them, and what they are sent.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tributary_core::endpoint::Endpoint;
use tributary_core::webhook::{About, Kind, NewWebhook, Notice, ShownWebhook, WebhookChange, Winner};

use crate::operation::{Body, OF_SITE, Operation, SECRET, json_answer, json_body};
use crate::refusal::Refusal;
use crate::schemas::Schemas;

const OF_WEBHOOK: &[&str] = &["site", "webhook"];
const OF_NOTICES: &[&str] = &["site", "webhook", "limit", "before"];
const OF_NOTICE: &[&str] = &["site", "webhook", "notice"];

/// A webhook and its secret, which is told here and never again.
#[derive(Serialize, JsonSchema)]
struct SecretWebhook {
    /// What is posted is signed with it.
    #[schemars(extend("pattern" = "^whsec_[A-Za-z0-9+/]{43}=$"))]
    secret: String,
    /// The webhook.
    #[serde(flatten)]
    webhook: ShownWebhook,
}

/// A site's webhooks, in the order in which they were made.
#[derive(Serialize, JsonSchema)]
struct Webhooks {
    /// At most ten.
    webhooks: Vec<ShownWebhook>,
}

/// What a webhook was told, the latest first.
#[derive(Serialize, JsonSchema)]
struct Notices {
    /// At most as many as were asked for.
    notices: Vec<Notice>,
}

/// What is posted: an experiment was made or went from one state to another.
#[derive(Serialize, JsonSchema)]
struct ExperimentNotice {
    /// The event.
    #[serde(rename = "type")]
    kind: Kind,
    /// When it happened, as in RFC 3339.
    timestamp: String,
    /// Whose it is, and what it is about.
    data: ExperimentData,
}

/// An experiment of a site's.
#[derive(Serialize, JsonSchema)]
struct ExperimentData {
    /// The site's key.
    site: String,
    /// The experiment, as it is then.
    experiment: About,
}

/// What is posted: an experiment has a winner.
#[derive(Serialize, JsonSchema)]
struct WinnerNotice {
    /// The event.
    #[serde(rename = "type")]
    kind: Kind,
    /// When it was found, as in RFC 3339.
    timestamp: String,
    /// The result.
    data: WinnerData,
}

/// A result of a site's.
#[derive(Serialize, JsonSchema)]
struct WinnerData {
    /// The site's key.
    site: String,
    /// The result.
    #[serde(flatten)]
    winner: Winner,
}

/// What is posted: somebody asked for a test.
#[derive(Serialize, JsonSchema)]
struct TestNotice {
    /// The event.
    #[serde(rename = "type")]
    kind: Kind,
    /// When it was asked for, as in RFC 3339.
    timestamp: String,
    /// Whose webhook it is.
    data: TestData,
}

/// A webhook of a site's.
#[derive(Serialize, JsonSchema)]
struct TestData {
    /// The site's key.
    site: String,
    /// The webhook's id.
    webhook: String,
}

/// Describes a call about webhooks.
pub fn operation(endpoint: Endpoint, schemas: &mut Schemas) -> Operation {
    let operation = |summary, description, parameters, answer, refusals| Operation {
        summary,
        description,
        tag: "Webhooks",
        key: SECRET,
        parameters,
        body: None,
        answers: vec![answer],
        refusals,
    };
    let with = |body: Body, operation: Operation| Operation { body: Some(body), ..operation };
    let unknown = Refusal::UnknownWebhook;
    match endpoint {
        Endpoint::MakeWebhook => with(
            json_body(
                schemas.taken::<NewWebhook>(),
                json!({ "url": "https://hooks.shop.example/tributary", "events": ["experiment.winner_detected"] }),
            ),
            operation(
                "Make a webhook",
                "It is told what happens from now on. At most 10 a site.",
                OF_SITE,
                json_answer(201, &schemas.given::<SecretWebhook>()),
                vec![Refusal::BadRequest, Refusal::UnknownSite, Refusal::Conflict, Refusal::TooLarge],
            ),
        ),
        Endpoint::ListWebhooks => operation(
            "A site's webhooks",
            "",
            OF_SITE,
            json_answer(200, &schemas.given::<Webhooks>()),
            vec![Refusal::UnknownSite],
        ),
        Endpoint::ReadWebhook => {
            operation("A webhook", "", OF_WEBHOOK, json_answer(200, &schemas.given::<ShownWebhook>()), vec![unknown])
        }
        Endpoint::ChangeWebhook => with(
            json_body(schemas.taken::<WebhookChange>(), json!({ "enabled": true, "description": "Chat" })),
            operation(
                "Change a webhook, enable or disable it",
                "What is absent stays.",
                OF_WEBHOOK,
                json_answer(200, &schemas.given::<ShownWebhook>()),
                vec![Refusal::BadRequest, unknown, Refusal::TooLarge],
            ),
        ),
        Endpoint::DeleteWebhook => operation(
            "Delete a webhook and its log",
            "What waits is not posted any more.",
            OF_WEBHOOK,
            json_answer(200, &json!({ "const": "deleted" })),
            vec![unknown, Refusal::TooLarge],
        ),
        Endpoint::RotateWebhookSecret => operation(
            "Give a webhook a new secret",
            "The one until now signs beside it for 24 hours.",
            OF_WEBHOOK,
            json_answer(200, &schemas.given::<SecretWebhook>()),
            vec![unknown, Refusal::TooLarge],
        ),
        Endpoint::TestWebhook => operation(
            "Post a test",
            "One attempt of `webhook.test`, to a disabled webhook too. What became of it stands in the log.",
            OF_WEBHOOK,
            json_answer(202, &schemas.given::<Notice>()),
            vec![unknown, Refusal::Conflict, Refusal::TooLarge],
        ),
        Endpoint::ListNotices => operation(
            "What a webhook was told, and what became of it",
            "The latest first. The latest 1,000 are kept, for 30 days.",
            OF_NOTICES,
            json_answer(200, &schemas.given::<Notices>()),
            vec![Refusal::BadRequest, unknown],
        ),
        _ => operation(
            "Tell a webhook something again",
            "At once and with all its retries, whatever became of it. Its id stays the same.",
            OF_NOTICE,
            json_answer(202, &schemas.given::<Notice>()),
            vec![Refusal::UnknownNotice, Refusal::Conflict, Refusal::TooLarge],
        ),
    }
}

/// What is posted to webhooks, by event: the document's `webhooks`.
pub fn posted(schemas: &mut Schemas) -> Map<String, Value> {
    Kind::ALL.into_iter().map(|kind| (kind.name().to_owned(), json!({ "post": post(kind, schemas) }))).collect()
}

fn post(kind: Kind, schemas: &mut Schemas) -> Value {
    let (summary, schema) = match kind {
        Kind::ExperimentCreated => ("An experiment was made", schemas.given::<ExperimentNotice>()),
        Kind::ExperimentStarted => ("An experiment runs", schemas.given::<ExperimentNotice>()),
        Kind::ExperimentPaused => ("Nobody is newly exposed", schemas.given::<ExperimentNotice>()),
        Kind::ExperimentResumed => ("A paused experiment goes on", schemas.given::<ExperimentNotice>()),
        Kind::ExperimentCompleted => ("An experiment has ended", schemas.given::<ExperimentNotice>()),
        Kind::WinnerDetected => ("An experiment has a winner: once", schemas.given::<WinnerNotice>()),
        Kind::Test => ("Somebody asked for a test", schemas.given::<TestNotice>()),
    };
    let header = |name: &str, description: &str| json!({ "name": name, "in": "header", "required": true, "description": description, "schema": { "type": "string" } });
    json!({
        "summary": summary,
        "operationId": format!("told{}", camel(kind.name())),
        "tags": ["Webhooks"],
        "security": [],
        "parameters": [
            header("webhook-id", "The same at every attempt: what was seen before is to be passed over."),
            header("webhook-timestamp", "When the attempt was made, in whole seconds."),
            header("webhook-signature", "`v1,` and the base64 of HMAC-SHA-256 over `id.timestamp.body`; two, separated by a space, after a rotation."),
        ],
        "requestBody": { "required": true, "content": { "application/json": { "schema": schema } } },
        "responses": {
            "2XX": { "description": "Acknowledged." },
            "410": { "description": "Nothing more is wanted: the webhook is disabled." },
            "default": { "description": "It is posted again later." },
        },
    })
}

/// `experiment.winner_detected` as `ExperimentWinnerDetected`.
fn camel(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    };
    name.split(['.', '_']).map(word).collect()
}
