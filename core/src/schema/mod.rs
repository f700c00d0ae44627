//! Schemas of what the API takes that no type of the core says by itself: limits that are checked by hand, and the events
//! that are parsed by hand. Only for the document at `/openapi.json` (feature `schema`): neither the page nor the Worker
//! has them.
//!
//! The document's tests send what these describe: each example is taken, each limit holds at its edge and not beyond.

mod event;

pub use event::{PageBatch, ServerEvent};

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config_input::{MAX_LIST, MAX_TEXT, MAX_WINDOW};
use crate::money::Currency;
use crate::wire::MAX_NAME;

/// A name that developers use: 1 to 64 characters of `A-Z a-z 0-9 _ -`.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = "^[A-Za-z0-9_-]{1,64}$", "maxLength" = 64))]
pub struct Key(pub String);

/// 1 to 500 characters, not all of them blank.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = r"\S", "maxLength" = MAX_TEXT))]
pub struct Text(pub String);

/// At most 50 texts.
#[derive(JsonSchema)]
#[schemars(extend("maxItems" = MAX_LIST))]
pub struct Texts(pub Vec<Text>);

/// 1 to 100 different keys of what was made before.
#[derive(JsonSchema)]
#[schemars(extend("minItems" = 1, "maxItems" = 100, "uniqueItems" = true))]
pub struct Keys(pub Vec<Key>);

/// A custom event's name: 1 to 128 characters that do not begin with `$`.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = r"^[^$][\s\S]*$", "maxLength" = MAX_NAME))]
pub struct EventName(pub String);

/// A share from 0 to 1, with at most four decimals.
#[derive(JsonSchema)]
#[schemars(extend("minimum" = 0, "maximum" = 1))]
pub struct Share(pub f64);

/// An amount of money above 0, as decimal text or a number.
#[derive(JsonSchema)]
#[schemars(extend("type" = ["string", "number"], "exclusiveMinimum" = 0, "examples" = ["500.00"]))]
pub struct Price(pub serde_json::Value);

/// A length of time in milliseconds, at most 400 days.
#[derive(JsonSchema)]
#[schemars(extend("minimum" = 1, "maximum" = MAX_WINDOW))]
pub struct Duration(pub i64);

/// An https address on the public internet, without credentials.
#[derive(JsonSchema)]
#[schemars(extend("format" = "uri", "minLength" = 1))]
pub struct WebhookUrl(pub String);

/// A zone of the IANA database, such as `Europe/Berlin`.
#[derive(JsonSchema)]
#[schemars(extend("examples" = ["Europe/Berlin"], "minLength" = 1))]
pub struct TimeZone(pub String);

/// A code of ISO 4217, such as `USD`.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = "^[A-Za-z]{3}$", "examples" = ["USD"]))]
pub struct CurrencyCode(pub String);

/// A condition in `GrowthBook`'s language, on a visitor's attributes or on an event's properties:
/// `{"country": "DE", "age": {"$gte": 18}}`. At most 16 levels and 500 parts.
#[derive(JsonSchema)]
#[schemars(extend("type" = "object", "additionalProperties" = true))]
pub struct Condition(pub serde_json::Value);

impl JsonSchema for Currency {
    fn schema_name() -> Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Z]{3}$", "description": "A code of ISO 4217." })
    }
}
