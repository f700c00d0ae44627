//! What happened in a page, parsed.

use crate::time::Millis;

/// An event with the id and the time that its page gave it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Minted once; a second event of the same id is a duplicate whatever else it says.
    pub id: EventId,
    /// When it happened.
    pub at: Millis,
    /// What happened.
    pub kind: Kind,
}

/// A page load and the event's sequence number in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    /// The page load's random id.
    pub load: String,
    /// Counts up within the page load.
    pub number: u32,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A page was shown.
    PageView {
        /// Its address, with allowed query parameters only once judged.
        url: String,
    },
    /// A visitor was given a variant.
    Exposure {
        /// The experiment's key.
        experiment: String,
        /// The variant's key.
        variant: String,
        /// The version of the experiment that the page assigned under.
        version: u32,
    },
    /// A click on something a goal names.
    Click {
        /// The goals met.
        goals: Vec<GoalRef>,
    },
    /// A submit of a form a goal names.
    FormSubmit {
        /// The goals met.
        goals: Vec<GoalRef>,
    },
    /// The visitor turned out to be a known person.
    Identify {
        /// The profile's id.
        profile: String,
    },
    /// `track(name, properties)`.
    Custom {
        /// The event's name.
        name: String,
        /// What of its properties has a meaning of its own.
        sale: Sale,
    },
}

/// A goal by number: experiment within the site, place within the experiment.
pub type GoalRef = (u16, u8);

/// The properties of a custom event that may make it an order, as their JSON text stood in the batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sale {
    /// JSON text of `revenue`.
    pub revenue: Option<String>,
    /// JSON text of `currency`.
    pub currency: Option<String>,
    /// A valid `order_id`; a whole number is its decimal text.
    pub order_id: Option<String>,
}
