//! What actors tell each other. A message is delivered exactly once, and those of one shard to another in their order.

use serde::{Deserialize, Serialize};

use crate::config::Version;
use crate::fold::Fold;
use crate::hash::fnv1a64;
use crate::history::Entry;
use crate::judge::Refunded;
use crate::order::{Folded, OrderKey, Report, Verdict};
use crate::time::Millis;

/// Who a message is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Address {
    /// An anonymous browser.
    Visitor(String),
    /// A known person.
    Profile(String),
    /// An order, by the hash of its id.
    Order(u64),
    /// An event that names nobody, by its id.
    Nobody(String),
}

impl Address {
    /// Reads a row's key. Orders are known by their hash alone, and asked for by nobody.
    pub fn of_key(key: &str) -> Option<Self> {
        let (kind, id) = key.split_at_checked(2)?;
        match kind {
            "v/" => Some(Self::Visitor(id.to_owned())),
            "p/" => Some(Self::Profile(id.to_owned())),
            "n/" => Some(Self::Nobody(id.to_owned())),
            _ => None,
        }
    }

    /// The key of its row: no two kinds share one.
    pub fn key(&self) -> String {
        match self {
            Self::Visitor(id) => format!("v/{id}"),
            Self::Profile(id) => format!("p/{id}"),
            Self::Order(hash) => format!("o/{hash:016x}"),
            Self::Nobody(id) => format!("n/{id}"),
        }
    }

    /// Its shard: one of `shards`.
    pub fn shard(&self, shards: u8) -> u8 {
        let hash = match self {
            // As the edge routes a page's batch.
            Self::Visitor(id) => fnv1a64(id.as_bytes()),
            _ => fnv1a64(self.key().as_bytes()),
        };
        u8::try_from(hash % u64::from(shards.max(1))).unwrap_or(0)
    }
}

/// A message and who it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The receiver.
    pub to: Address,
    /// What it is told.
    pub message: Message,
}

/// What an actor is told. Stored while it waits: only ever append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// To a profile: this visitor is yours, with all it did before.
    Join {
        /// The visitor.
        visitor: String,
        /// What its older events came to, and until when.
        closed: Option<(Box<Fold>, Millis)>,
        /// Its later events.
        events: Vec<Entry>,
    },
    /// To a profile: what a visitor did since. One that is not the profile's only names it.
    Events {
        /// The visitor.
        visitor: String,
        /// It belongs to the profile.
        is_member: bool,
        /// What it did.
        events: Vec<Entry>,
    },
    /// To a profile: what an order of its visitor's came to.
    Amend {
        /// The event that reported it.
        key: OrderKey,
        /// What it came to.
        verdict: Verdict,
    },
    /// To an order: it was reported.
    Report(Report),
    /// To an order: some of it was given back.
    Refund {
        /// How much.
        amount: Refunded,
        /// When.
        at: Millis,
    },
    /// To an order: it was folded into a checkpoint.
    Closed(Folded),
    /// To who reported an order: what became of the report.
    Verdict {
        /// The event that reported it.
        key: OrderKey,
        /// What it came to.
        verdict: Verdict,
    },
    /// To a visitor or profile: the person is erased. Ids and detail go, counts stay.
    Erase,
    /// To a profile, after a visitor that joins: some of its older events were orders.
    Ordered,
    /// To a visitor: its person went, having been idle so long at this time.
    Depart {
        /// When the person went.
        at: Millis,
    },
    /// To a profile that somebody else's visitor named: that visitor is erased.
    Forget {
        /// The visitor.
        visitor: String,
    },
    /// To an order that is folded: its unit was exposed to a second variant, and is left out of an experiment's results.
    LeftOut {
        /// Number of the experiment.
        experiment: u16,
    },
    /// To a profile: one of its visitors would go to another by an earlier identify.
    Ask {
        /// The visitor.
        visitor: String,
    },
    /// To a visitor that asked: whether it may go. If so its profile has taken it out of its figures.
    Answer {
        /// Nothing of it is folded there.
        may_go: bool,
    },
    /// To a visitor: its profile has no room for it.
    Refused,
}

impl Message {
    /// Whether it says nothing to an actor that is not there.
    pub fn needs_row(&self) -> bool {
        matches!(
            self,
            Self::Amend { .. }
                | Self::Verdict { .. }
                | Self::Erase
                | Self::Ordered
                | Self::Depart { .. }
                | Self::Forget { .. }
                | Self::LeftOut { .. }
                | Self::Answer { .. }
                | Self::Refused
        )
    }

    /// When what it tells of happened, each event by itself; nothing of what tells of none.
    pub fn times(&self) -> Vec<Millis> {
        match self {
            Self::Join { events, .. } | Self::Events { events, .. } => events.iter().map(|event| event.at).collect(),
            Self::Amend { key, .. } | Self::Verdict { key, .. } => vec![key.at],
            _ => Vec::new(),
        }
    }

    /// The latest configuration that it speaks of: a receiver that does not have it yet waits.
    pub fn config(&self) -> Version {
        match self {
            Self::Join { events, .. } | Self::Events { events, .. } => {
                events.iter().map(|event| event.config).max().unwrap_or(0)
            }
            _ => 0,
        }
    }
}
