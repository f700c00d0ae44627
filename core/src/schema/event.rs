//! The events that a page or a server sends, as `wire.rs` and `server_event.rs` parse them.
#![expect(dead_code, reason = "these types are only described")]

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::event::GoalRef;
use crate::time::Millis;
use crate::wire::{MAX_EVENTS, MAX_GOALS, MAX_NAME, MAX_NUMBER, MAX_URL};

/// What a page sends: events of one visitor, at most 500 of them and 64 KiB. The same events on every attempt, with
/// `sent_at` stamped anew.
#[derive(JsonSchema)]
pub struct PageBatch {
    /// The browser's random id.
    #[schemars(extend("pattern" = "^[A-Za-z0-9_-]{1,64}$", "maxLength" = 64))]
    pub visitor: String,
    /// The page's clock when this attempt was made.
    pub sent_at: Millis,
    /// What the last answer said, 0 at first.
    #[schemars(default)]
    pub shift: Millis,
    /// `navigator.webdriver`.
    #[schemars(default)]
    pub automated: bool,
    /// Stretches of consecutive events of one page load each.
    pub runs: Vec<Run>,
}

/// Consecutive events of one page load. Event `i` has the sequence number `first + i` and the id `load-(first + i)`.
#[derive(JsonSchema)]
pub struct Run {
    /// The page load's random id.
    #[schemars(extend("pattern" = "^[A-Za-z0-9_-]{1,32}$", "maxLength" = 32))]
    pub load: String,
    /// Sequence number of the first event.
    #[schemars(range(min = 0, max = MAX_NUMBER))]
    pub first: u32,
    /// What the events' times are counted from, ms.
    pub at: Millis,
    /// The profile that these events name.
    pub profile: Option<Name>,
    /// In their order.
    #[schemars(length(max = MAX_EVENTS))]
    pub events: Vec<PageEvent>,
}

/// 1 to 128 characters.
#[derive(JsonSchema)]
#[schemars(extend("minLength" = 1, "maxLength" = MAX_NAME))]
pub struct Name(pub String);

/// The page's address, with only those query parameters that the site allows.
#[derive(JsonSchema)]
pub struct PageView {
    /// At most 2048 bytes.
    #[schemars(extend("maxLength" = MAX_URL))]
    pub url: String,
}

/// A visitor was given a variant.
#[derive(JsonSchema)]
pub struct Exposure {
    /// The experiment's key.
    pub experiment: Name,
    /// The variant's key.
    pub variant: Name,
    /// The version of the experiment that was assigned under; the one in force unless given.
    pub version: Option<u32>,
    /// A look at a variant: it never counts.
    #[schemars(default)]
    pub forced: bool,
}

/// The page could give nothing of an experiment: the visitor saw control, and is not exposed.
#[derive(JsonSchema)]
pub struct NotGiven {
    /// The experiment's key.
    pub experiment: Name,
    /// What kept it.
    pub reason: NotGivenReason,
}

/// What keeps a page from giving a variant.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum NotGivenReason {
    /// Its policy (Trusted Types) forbids the experiment's HTML.
    HtmlForbidden,
    /// A change failed, and all of them were taken back.
    ChangeFailed,
    /// The target of a redirect sent the visitor back.
    RedirectLoop,
}

/// A click on what goals name, inside a communication, or both: at least one of them is given.
#[derive(JsonSchema)]
#[schemars(extend("anyOf" = [{ "required": ["goals"] }, { "required": ["communication"] }]))]
pub struct Click {
    /// The goals met.
    pub goals: Option<Goals>,
    /// The communication's key.
    pub communication: Option<Name>,
}

/// Pairs of the experiment's number and the goal's place in it.
#[derive(JsonSchema)]
#[schemars(extend("maxItems" = MAX_GOALS))]
pub struct Goals(pub Vec<GoalRef>);

/// A submit of a form that goals name.
#[derive(JsonSchema)]
pub struct FormSubmit {
    /// The goals met.
    pub goals: Goals,
}

/// Something about a communication.
#[derive(JsonSchema)]
pub struct AboutCommunication {
    /// Its key.
    pub communication: Name,
}

/// A pointer entered a communication and stayed.
#[derive(JsonSchema)]
pub struct Hover {
    /// Its key.
    pub communication: Name,
    /// `mouse`, `pen` or `touch`: a touch never hovers.
    pub pointer: Option<String>,
}

/// A sequence started.
#[derive(JsonSchema)]
pub struct SequenceStart {
    /// Its key.
    pub sequence: Name,
}

/// A campaign started.
#[derive(JsonSchema)]
pub struct CampaignStart {
    /// Its key.
    pub campaign: Name,
}

/// The visitor turned out to be a known person.
#[derive(JsonSchema)]
pub struct Identify {
    /// The profile's id.
    pub profile: Name,
}

/// A triggered experience ran for the guest.
#[derive(JsonSchema)]
pub struct Execution {
    /// The experience's key.
    pub experience: Name,
    /// The variant's key.
    pub variant: Name,
}

/// Whatever an event tells, at most 8 KiB. Of an order: `revenue` (a number, not negative, in the currency's usual unit),
/// `currency` (ISO 4217; the site's unless given) and `order_id` (text of 1 to 128 characters or a whole number; such an
/// order counts once). Of the event `refund`: `order_id`, and `amount` and `currency` unless all of it is refunded. What
/// of these is of another kind is counted as `bad_revenue`, and the event is taken all the same.
#[derive(JsonSchema)]
#[schemars(extend("type" = "object", "additionalProperties" = true))]
pub struct Properties(pub Value);

/// A kind of event: its name, an example of its body, whether pages may send it, and its body's schema.
type Kind = (&'static str, Value, bool, fn(&mut SchemaGenerator) -> Schema);

fn kinds() -> Vec<Kind> {
    fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
    let communication = || json!({ "communication": "spring" });
    vec![
        ("$page_view", json!({ "url": "https://shop.example/p/1" }), true, of::<PageView>),
        ("$exposure", json!({ "experiment": "hero", "variant": "b", "version": 1 }), true, of::<Exposure>),
        ("$not_given", json!({ "experiment": "hero", "reason": "redirect_loop" }), true, of::<NotGiven>),
        ("$click", json!({ "goals": [[1, 0]], "communication": "spring" }), true, of::<Click>),
        ("$form_submit", json!({ "goals": [[1, 2]] }), true, of::<FormSubmit>),
        ("$appearance", communication(), true, of::<AboutCommunication>),
        ("$hover", json!({ "communication": "spring", "pointer": "mouse" }), true, of::<Hover>),
        ("$dismissal", communication(), true, of::<AboutCommunication>),
        ("$sequence_start", json!({ "sequence": "welcome" }), true, of::<SequenceStart>),
        ("$campaign_start", json!({ "campaign": "spring-sale" }), true, of::<CampaignStart>),
        ("$identify", json!({ "profile": "crm-17" }), true, of::<Identify>),
        ("$execution", json!({ "experience": "cart-mail", "variant": "a" }), false, of::<Execution>),
    ]
}

/// The name of an event of one's own.
fn custom_name() -> Value {
    json!({
        "type": "string",
        "description": "1 to 128 characters that do not begin with `$`; `session_start`, `return_visit` and \
                        `profile_created` are derived and cannot be sent.",
        "minLength": 1,
        "maxLength": MAX_NAME,
        "pattern": r"^(?!\$|(session_start|return_visit|profile_created)$)",
    })
}

const PURCHASE: &str = r#"{ "revenue": 99.90, "currency": "USD", "order_id": "A-1" }"#;

fn purchase() -> Value {
    serde_json::from_str(PURCHASE).unwrap_or_default()
}

/// `[milliseconds, name, body]`: the time is the run's `at` plus the milliseconds.
pub struct PageEvent;

impl JsonSchema for PageEvent {
    fn schema_name() -> Cow<'static, str> {
        "PageEvent".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let after = json!({ "type": "integer", "format": "int64" });
        let event = |name: Value, body: Schema, example: Value| {
            json!({
                "type": "array",
                "prefixItems": [after, name, body],
                "minItems": 3,
                "maxItems": 3,
                "examples": [example],
            })
        };
        let mut events: Vec<Value> = kinds()
            .into_iter()
            .filter(|(_, _, is_page, _)| *is_page)
            .map(|(name, body, _, schema)| event(json!({ "const": name }), schema(generator), json!([0, name, body])))
            .collect();
        let properties = generator.subschema_for::<Properties>();
        events.push(event(custom_name(), properties, json!([2100, "purchase", purchase()])));
        json_schema!({
            "description": "`[milliseconds, name, body]`: its time is the run's `at` plus the milliseconds, at most 7 days \
                            old and 60 seconds ahead. Further fields of a body are not read.",
            "oneOf": events,
        })
    }
}

/// A line that a server tells.
pub struct ServerEvent;

impl JsonSchema for ServerEvent {
    fn schema_name() -> Cow<'static, str> {
        "ServerEvent".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let name_of = generator.subschema_for::<Name>();
        let mut events: Vec<Value> = Vec::new();
        for (name, body, _, schema) in kinds() {
            let mut required = vec!["name", "properties"];
            if name == "$identify" {
                required.push("visitor");
            }
            events.push(json!({
                "properties": { "name": { "const": name }, "properties": schema(generator) },
                "required": required,
                "examples": [{ "id": "mail-1", "at": 1_790_000_000_000_i64, "visitor": "9f1c", "name": name, "properties": body }],
            }));
        }
        events.push(json!({
            "properties": { "name": custom_name(), "properties": generator.subschema_for::<Properties>() },
            "examples": [{ "id": "r-1", "at": 1_790_000_000_000_i64, "profile": "crm-17", "name": "purchase", "properties": purchase() }],
        }));
        json_schema!({
            "description": "A line that a server tells: of every kind of event, at most 400 days old and 60 seconds ahead. \
                            One that names a visitor and a profile is the visitor's; one that names neither counts in the \
                            site's totals only.",
            "type": "object",
            "properties": {
                "id": {
                    "description": "Minted once: a second event of the same id is a duplicate.",
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 64,
                    "pattern": r"^[\x00-\x7f]+$",
                },
                "at": { "description": "When it happened, ms.", "type": "integer", "format": "int64" },
                "visitor": {
                    "description": "The browser's id.",
                    "type": ["string", "null"],
                    "maxLength": 64,
                    "pattern": "^[A-Za-z0-9_-]{1,64}$",
                },
                "profile": { "anyOf": [name_of, { "type": "null" }] },
                "name": { "description": "What happened.", "type": "string" },
                "properties": { "description": "What it tells, at most 8 KiB; nothing unless given." },
                "sequence": {
                    "description": "Order among page events of the same millisecond: unless given, the number of an id that \
                                    ends with `-number`, else 0.",
                    "type": ["integer", "null"],
                    "minimum": 0,
                    "maximum": MAX_NUMBER,
                },
            },
            "required": ["id", "at", "name"],
            "additionalProperties": false,
            "oneOf": events,
        })
    }
}
