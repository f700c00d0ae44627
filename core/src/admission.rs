//! Who is let in: what is said of a batch as a whole, before any of its events is taken.

use crate::config::Config;
use crate::time::Day;
use crate::wire::{Batch, Fault, Reason};

/// Who brings a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A server, under the secret key: it is always let in, but with more events of nobody's than a shard keeps.
    Server {
        /// The event names nobody, and there are as many as that.
        is_one_too_many: bool,
    },
    /// A page, which anybody may pretend to be.
    Page(Page),
}

/// What is known of a page besides its batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Page {
    /// The user agent is a known bot's.
    pub is_bot: bool,
    /// The browser says that its visitor refuses: `Sec-GPC: 1` or `DNT: 1`.
    pub signals_refusal: bool,
    /// Nobody has heard of the visitor, and there were as many new ones today as the site takes.
    pub is_one_too_many: bool,
}

/// Events that name nobody and are kept at once, of a shard: each for 400 days, so that a second of its id is a duplicate.
pub const MAX_NOBODIES: u32 = 500_000;

const NOBODIES: Fault = (Reason::OverLimit, "visitor", "a visitor or a profile: no more events of nobody's are kept");

impl Source {
    /// Why nothing of a batch is taken, if so. Nothing is stored then, not even the visitor. A visitor who said yes to this
    /// site outranks what the browser signals.
    pub fn refused(self, batch: &Batch, config: &Config) -> Option<Fault> {
        let page = match self {
            Self::Server { is_one_too_many } => return is_one_too_many.then_some(NOBODIES),
            Self::Page(page) => page,
        };
        if (page.is_bot || batch.automated) && !config.allow_automation {
            return Some((Reason::Bot, "automated", "not a browser driven by a program"));
        }
        if page.signals_refusal && config.respect_privacy_signals && !batch.consent {
            return Some((Reason::NoConsent, "consent", "true, since the browser signals refusal"));
        }
        page.is_one_too_many.then_some((Reason::OverLimit, "visitor", "known: there are no more new ones today"))
    }
}

/// The new visitors that a shard has let in on one day, by the collector's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Newcomers {
    day: Day,
    count: u32,
}

impl Default for Newcomers {
    fn default() -> Self {
        Self { day: Day(0), count: 0 }
    }
}

impl Newcomers {
    /// Whether there is room for one more in a shard's share of the site's cap, which is rounded up.
    pub fn have_room(self, today: Day, config: &Config, shards: u8) -> bool {
        self.on(today).count < config.new_visitors_per_day.div_ceil(u32::from(shards.max(1)))
    }

    /// With one more.
    #[must_use]
    pub fn and_one(self, today: Day) -> Self {
        let Self { day, count } = self.on(today);
        Self { day, count: count.saturating_add(1) }
    }

    /// A clock that is set back does not begin a day anew.
    fn on(self, today: Day) -> Self {
        if today > self.day { Self { day: today, count: 0 } } else { self }
    }

    /// As one number below 2^53 that only ever grows: the largest of several is the latest.
    pub fn to_number(self) -> i64 {
        i64::from(self.day.0.max(0)) << 32 | i64::from(self.count)
    }

    /// Reads what [`Newcomers::to_number`] gave.
    pub fn from_number(number: i64) -> Self {
        let day = i32::try_from(number >> 32).unwrap_or(0);
        Self { day: Day(day), count: u32::try_from(number & i64::from(u32::MAX)).unwrap_or(u32::MAX) }
    }
}
