//! A visitor within its person: the session under way, and the experiments it is in on its own.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::enrolment::Enrolment;
use crate::config::Version;
use crate::event::GoalRef;
use crate::time::{HOUR, MINUTE, Millis};

/// A session ends when more than this passes without an event.
pub const SESSION_GAP: Millis = 30 * MINUTE;
/// A session ends this long after its first event at the latest.
pub const SESSION_LENGTH: Millis = 24 * HOUR;

/// What is known of one visitor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The holdout had it when one of its events was accepted.
    pub is_held_out: bool,
    /// Sessions of page events so far.
    pub sessions: u32,
    /// The last session.
    pub session: Option<Session>,
    /// Experiments by visitor.
    pub enrolments: BTreeMap<u16, Enrolment>,
    /// The profile it belongs to: that of its earliest identify.
    pub profile: Option<String>,
}

/// A run of page events, and what happened in it once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its first page event.
    pub first: Millis,
    /// Its last page event so far.
    pub last: Millis,
    /// The last thing a server told of it: it makes the session no longer, but is part of it.
    pub told: Millis,
    /// The configuration its first event was accepted under.
    pub config: Version,
    /// An event in it names the profile whose figures these are.
    pub names_profile: bool,
    /// Page views.
    pub views: u32,
    /// Communications that appeared.
    pub shown: BTreeSet<u16>,
    /// Communications that were clicked.
    pub clicked: BTreeSet<u16>,
    /// Communications that were hovered.
    pub hovered: BTreeSet<u16>,
    /// Experience, variant and window that it converted for.
    pub earned: BTreeSet<(u16, u8, u8)>,
    /// Goals about pages.
    pub pages: BTreeMap<GoalRef, Page>,
    /// Goals that it met after an exposure.
    pub met: BTreeSet<GoalRef>,
}

/// What a session had to do with a goal's page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// It was entered there.
    pub is_entry: bool,
    /// It viewed it.
    pub is_viewed: bool,
    /// It viewed it last.
    pub is_last: bool,
}

impl Visit {
    /// Whether what comes at a time can follow on it.
    pub fn is_before(&self, at: Millis) -> bool {
        self.session.as_ref().is_none_or(|session| session.last.max(session.told) <= at)
            && self.enrolments.values().all(|enrolment| enrolment.exposed_at() <= at)
    }
}

impl Session {
    /// A session that begins.
    pub fn new(at: Millis, config: Version) -> Self {
        Self { first: at, last: at, told: at, config, ..Self::default() }
    }

    /// Whether a page event belongs to it.
    pub fn goes_on_at(&self, at: Millis) -> bool {
        at - self.last <= SESSION_GAP && at - self.first < SESSION_LENGTH
    }

    /// Whether an event that a server tells belongs to it, if it is not earlier.
    pub fn has(&self, at: Millis) -> bool {
        at - self.last <= SESSION_GAP
    }

    /// A page view that means something to these goals.
    pub fn view(&mut self, goals: &[GoalRef]) {
        self.views += 1;
        for page in self.pages.values_mut() {
            page.is_last = false;
        }
        for goal in goals {
            let page = self.pages.entry(*goal).or_default();
            page.is_entry |= self.views == 1;
            page.is_viewed = true;
            page.is_last = true;
        }
    }
}
