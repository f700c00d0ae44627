//! Pop-ups, notifications and website blocks: what happened to one, and the sequences and campaigns that begin with it.

use crate::json;
use crate::page::Page;
use crate::session;

/// What happened to a communication: its place in the list of `www/loader/communication.js`.
const EVENTS: [&str; 4] = [
    "\"$appearance\",{\"communication\":",
    "\"$click\",{\"communication\":",
    "\"$hover\",{\"communication\":",
    "\"$dismissal\",{\"communication\":",
];

/// How a start is kept (sdk/src/session.rs), and its event.
const SEQUENCE: (&str, &str) = (".0", "\"$sequence_start\",{\"sequence\":");
const CAMPAIGN: (&str, &str) = (".1", "\"$campaign_start\",{\"campaign\":");

impl Page {
    /// Something happened to a communication.
    pub fn communicated(&mut self, what: usize, key: &str) {
        let Some(event) = EVENTS.get(what) else { return };
        self.record_with(event, key);
        if what == 0 && self.visitor.is_some() {
            self.start_groups(key);
        }
    }

    /// Sequences and campaigns start once a session, with the first of their communications that appears.
    fn start_groups(&mut self, communication: &str) {
        for index in 0..self.config.groups.len() {
            let Some(group) = self.config.groups.get(index) else { return };
            let (kind, event) = if group.is_campaign { CAMPAIGN } else { SEQUENCE };
            let key = group.key;
            if group.communications.contains(&communication) && session::starts(kind, key) {
                self.record_with(event, key);
            }
        }
    }

    /// The session goes on; what is kept of it says so, to within a minute.
    pub fn keep_session(&mut self) {
        let matters = cfg!(feature = "targeting") || !self.config.groups.is_empty();
        if core::mem::take(&mut self.active) && matters {
            session::first();
        }
    }

    fn record_with(&mut self, start: &str, key: &str) {
        let mut event = String::from(start);
        json::string(&mut event, key);
        event.push('}');
        self.record(&event);
    }
}
