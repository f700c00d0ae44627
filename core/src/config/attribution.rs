//! What else may have caused an order: communications, experiences, and the journeys that site goals are credited to.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Variant, Version};
use crate::time::Millis;

/// A pop-up, notification, website block or message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Communication {
    /// Unique within the site's communications, never used again.
    pub number: u16,
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// What it is: this decides what earns credit.
    #[serde(rename = "type")]
    pub kind: CommunicationKind,
}

/// What a communication is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CommunicationKind {
    /// Clicks earn credit.
    Popup,
    /// Clicks and hovers earn credit.
    Notification,
    /// A website block: clicks earn credit.
    Block,
    /// An e-mail or the like, told by a server: clicks earn credit.
    Message,
}

/// Communications in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sequence {
    /// Unique within the site's sequences, never used again.
    pub number: u16,
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// Keys of its communications.
    pub communications: Vec<String>,
}

/// Sequences that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Campaign {
    /// Unique within the site's campaigns, never used again.
    pub number: u16,
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// Keys of its sequences.
    pub sequences: Vec<String>,
}

/// A triggered experience: its executions are told by a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Experience {
    /// Unique within the site's experiences, never used again.
    pub number: u16,
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// Keys and names.
    pub variants: Vec<Variant>,
}

/// What the whole site is for, credited to journeys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SiteGoal {
    /// Unique within the site's goals, never used again.
    pub number: u16,
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// The value event's name; `session_start`, `return_visit` and `profile_created` are derived.
    pub event: String,
    /// Only with properties of which this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
    /// What is added up.
    #[serde(flatten)]
    pub measure: GoalMeasure,
    /// A treatment earns credit this long, ms, both ends included.
    #[serde(rename = "window_ms")]
    pub window: Millis,
    /// From here on people are seen.
    pub made_at: Millis,
    /// The configuration's version that brought it.
    pub made_in: Version,
}

/// What a site goal adds up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "measure", rename_all = "snake_case")]
pub enum GoalMeasure {
    /// Value events.
    Events,
    /// People with one.
    Unique,
    /// A property's sum: `revenue` as money, any other as a decimal.
    Value {
        /// The property's name.
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Text"))]
        property: String,
    },
}

/// Treatments that work towards one goal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Journey {
    /// Unique within the site's journeys, never used again.
    pub number: u16,
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// Number of its goal.
    pub goal: u16,
    /// What it does, by place.
    pub treatments: Vec<Treatment>,
    /// The configuration's version that brought it.
    pub made_in: Version,
}

/// Something a person receives. Each belongs to one journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// A variant of an experiment, by numbers; received at each valid exposure.
    Variant(u16, u8),
    /// A communication, by number; received whenever it appears.
    Communication(u16),
    /// A variant of an experience, by numbers; received when executed.
    Execution(u16, u8),
}

/// A derived event: a name that no event may have as its own.
pub const SESSION_START: &str = "session_start";
/// See [`SESSION_START`].
pub const RETURN_VISIT: &str = "return_visit";
/// See [`SESSION_START`].
pub const PROFILE_CREATED: &str = "profile_created";
