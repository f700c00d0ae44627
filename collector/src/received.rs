//! What the edge knows of a request and its objects need to: the one clock reading, and who asks.
//!
//! It travels in the address of the internal call, which the Worker always writes itself: nothing a stranger sends
//! arrives there.

use std::fmt;

use tributary_core::time::Millis;
use worker::Url;

/// A request as the edge received it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// When, by the edge's clock (or a test's, in the test configuration).
    pub at: Millis,
    /// The user agent is a known bot's.
    pub is_bot: bool,
    /// The browser says that its visitor refuses: `Sec-GPC: 1` or `DNT: 1`.
    pub signals_refusal: bool,
    /// A merchant who is signed in to this site asks.
    pub is_signed_in: bool,
    /// A fault to make, in the test configuration only.
    pub fault: Option<Fault>,
}

/// A fault that a test asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Panic before anything is done.
    Panic,
    /// Panic in a turn, before it is written.
    PanicInTurn,
    /// Fail in a turn's second write.
    FailInTurn,
    /// Deliver to a site object that is down.
    SiteDown,
    /// Deliver everything twice.
    Twice,
    /// Deliver the later sequence numbers first, each by itself.
    Reversed,
    /// Lose the acknowledgement of a delivery.
    LostAnswer,
}

const FAULTS: [(Fault, &str); 7] = [
    (Fault::Panic, "panic"),
    (Fault::PanicInTurn, "panic-in-turn"),
    (Fault::FailInTurn, "fail-in-turn"),
    (Fault::SiteDown, "site-down"),
    (Fault::Twice, "twice"),
    (Fault::Reversed, "reversed"),
    (Fault::LostAnswer, "lost-answer"),
];

impl Fault {
    /// Reads a fault's name.
    pub fn named(name: &str) -> Option<Self> {
        FAULTS.iter().find(|(_, candidate)| *candidate == name).map(|(fault, _)| *fault)
    }
}

/// The query of an internal call.
impl fmt::Display for Received {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "at={}", self.at)?;
        if self.is_bot {
            write!(formatter, "&bot=1")?;
        }
        if self.signals_refusal {
            write!(formatter, "&refusal=1")?;
        }
        if self.is_signed_in {
            write!(formatter, "&signed_in=1")?;
        }
        match self.fault.and_then(|fault| FAULTS.iter().find(|(candidate, _)| *candidate == fault)) {
            Some((_, name)) => write!(formatter, "&fault={name}"),
            None => Ok(()),
        }
    }
}

impl Received {
    /// Reads the query of an internal call.
    pub fn read(url: &Url) -> Self {
        let mut received = Self::default();
        for (name, value) in url.query_pairs() {
            match &*name {
                "at" => received.at = value.parse().unwrap_or(0),
                "bot" => received.is_bot = true,
                "refusal" => received.signals_refusal = true,
                "signed_in" => received.is_signed_in = true,
                "fault" => received.fault = Fault::named(&value),
                _ => {}
            }
        }
        received
    }
}
