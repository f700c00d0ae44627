//! What of an event matters for ever after: it is kept with the event.

use serde::{Deserialize, Serialize};

use crate::event::GoalRef;
use crate::money::{Currency, Money};

/// What of an event matters for ever after. Stored: only ever append variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// What happened.
    pub deed: Deed,
    /// The goals of experiments it meets.
    pub meets: Vec<GoalRef>,
    /// What it is a receipt of: site goal, journey, place of the treatment. One a goal.
    pub receipts: Vec<(u16, u16, u8)>,
    /// The site goals it is a value event of.
    pub values: Vec<(u16, Worth)>,
}

impl Judged {
    /// Whether it reports an order, standing or not.
    pub fn is_order(&self) -> bool {
        matches!(self.deed, Deed::Custom { order: Some(_), .. })
    }
}

/// What a value event adds to its goal. Stored: only ever append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Worth {
    /// Itself.
    Event,
    /// Its revenue.
    Revenue,
    /// A property, in billionths.
    Decimal(i128),
}

/// What happened, judged. Stored: only ever append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Deed {
    /// A page view.
    PageView,
    /// A click, a submit, or an exposure that does not count: it only belongs to its session.
    Presence,
    /// A valid exposure.
    Exposure {
        /// Number of the experiment.
        experiment: u16,
        /// Place of the variant.
        variant: u8,
        /// The version it was assigned under.
        version: u32,
    },
    /// A custom event.
    Custom {
        /// Its revenue; zero where there is none or a bad one.
        money: Money,
        /// Whether it is an order, and which.
        order: Option<OrderId>,
    },
    /// The visitor is this person.
    Identify {
        /// The profile's id.
        profile: String,
    },
    /// A communication, by number, appeared.
    Appearance(u16),
    /// It was clicked.
    Click(u16),
    /// It was hovered.
    Hover {
        /// Its number.
        communication: u16,
        /// It earns credit.
        qualifies: bool,
    },
    /// It was dismissed.
    Dismissal(u16),
    /// A sequence, by number, started.
    SequenceStart(u16),
    /// A campaign, by number, started.
    CampaignStart(u16),
    /// An experience ran.
    Execution {
        /// Its number.
        experience: u16,
        /// Place of the variant.
        variant: u8,
    },
    /// A refund of an order: it is a custom event besides.
    Refund {
        /// Hash of the `order_id`.
        order: u64,
        /// How much; all of it unless told.
        amount: Refunded,
    },
}

/// How much a refund takes back. Stored: only ever append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Refunded {
    /// All of the order, if it is of this currency or none is told.
    All(Option<Currency>),
    /// An amount.
    Part(Money),
}

/// Which order an event reports. Stored: only ever append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum OrderId {
    /// It gave no id: each such event is an order.
    Unnamed,
    /// Hash of the `order_id`: all its reports are one order.
    Named(u64),
}
