//! What happened, parsed.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::time::Millis;
use crate::wire::{MAX_NUMBER, Reason};

/// An event with the id and the time that its page or server gave it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Minted once; a second event of the same id is a duplicate whatever else it says.
    pub id: EventId,
    /// When it happened.
    pub at: Millis,
    /// Happened in a page: it makes sessions, and comes before what servers tell of the same millisecond.
    pub is_page: bool,
    /// The profile it names.
    pub profile: Option<String>,
    /// What happened.
    pub kind: Kind,
}

/// An event's id. As text it is `load-number`, or the text itself that a server gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventId {
    /// The page load's random id, or all of a server's text.
    pub load: String,
    /// The page's sequence number: counts up within the page load.
    pub number: u32,
    /// The number is no part of the text.
    pub is_whole: bool,
}

impl EventId {
    /// A page's event.
    pub fn numbered(load: impl Into<String>, number: u32) -> Self {
        Self { load: load.into(), number, is_whole: false }
    }

    /// Reads a text. One that a page could have made is that page's event, unless another sequence number than the text's
    /// is told; else the number, which is 0 unless told, stands beside the text.
    pub fn read(text: &str, sequence: Option<u32>) -> Self {
        let numbered = numbered(text).filter(|(_, number)| sequence.is_none_or(|sequence| sequence == *number));
        match numbered {
            Some((load, number)) => Self::numbered(load, number),
            None => Self { load: text.to_owned(), number: sequence.unwrap_or(0), is_whole: true },
        }
    }

    /// By their texts.
    pub fn compare_text(&self, other: &Self) -> Ordering {
        self.text_bytes().cmp(other.text_bytes())
    }

    fn text_bytes(&self) -> impl Iterator<Item = u8> {
        let rest = if self.is_whole { String::new() } else { format!("-{}", self.number) };
        self.load.bytes().chain(rest.into_bytes())
    }
}

/// Page load and number of a text that a page could have made.
pub fn numbered(text: &str) -> Option<(&str, u32)> {
    let (load, digits) = text.rsplit_once('-')?;
    let number: u32 = digits.parse().ok().filter(|number: &u32| number.to_string() == digits)?;
    (number <= MAX_NUMBER && !load.is_empty()).then_some((load, number))
}

/// `load-number`, or the text as it was given.
impl std::fmt::Display for EventId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_whole {
            write!(formatter, "{}", self.load)
        } else {
            write!(formatter, "{}-{}", self.load, self.number)
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A page was shown.
    PageView {
        /// Its address, with allowed query parameters only once judged.
        url: String,
    },
    /// A unit was given a variant.
    Exposure {
        /// The experiment's key.
        experiment: String,
        /// The variant's key.
        variant: String,
        /// The version of the experiment that was assigned under; the one in force unless given.
        version: Option<u32>,
        /// Forced, for a look: it never counts.
        forced: bool,
    },
    /// The page could give nothing of an experiment, so that the visitor saw control.
    NotGiven {
        /// The experiment's key.
        experiment: String,
        /// What kept it: [`Reason::HtmlForbidden`], [`Reason::ChangeFailed`] or [`Reason::RedirectLoop`].
        why: Reason,
    },
    /// A click on something a goal names, or inside a communication.
    Click {
        /// The goals met.
        goals: Vec<GoalRef>,
        /// The communication's key.
        communication: Option<String>,
    },
    /// A submit of a form a goal names.
    FormSubmit {
        /// The goals met.
        goals: Vec<GoalRef>,
    },
    /// A communication appeared.
    Appearance {
        /// Its key.
        communication: String,
    },
    /// A mouse or a pen entered a communication and stayed. A touch never hovers.
    Hover {
        /// Its key.
        communication: String,
        /// It was a touch.
        is_touch: bool,
    },
    /// A communication was dismissed.
    Dismissal {
        /// Its key.
        communication: String,
    },
    /// A sequence started.
    SequenceStart {
        /// Its key.
        sequence: String,
    },
    /// A campaign started.
    CampaignStart {
        /// Its key.
        campaign: String,
    },
    /// A triggered experience ran for the guest. Servers tell.
    Execution {
        /// Its key.
        experience: String,
        /// The variant's key.
        variant: String,
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
        /// Its properties' JSON text, an object.
        properties: String,
        /// What of them has a meaning of its own.
        sale: Sale,
    },
}

/// A goal by number: experiment within the site, place within the experiment.
pub type GoalRef = (u16, u8);

/// The properties of a custom event that may make it an order or a refund, as their JSON text stood in the batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sale {
    /// JSON text of `revenue`.
    pub revenue: Option<String>,
    /// JSON text of `amount`.
    pub amount: Option<String>,
    /// JSON text of `currency`.
    pub currency: Option<String>,
    /// A valid `order_id`; a whole number is its decimal text.
    pub order_id: Option<String>,
}
