//! The fold of one visitor: history and events in, history and facts out.
//!
//! The history is a checkpoint and the judged events since, in order. An event that arrives late is put where it
//! belongs and the fold runs again from the checkpoint; what leaves is the difference of the figures. So the figures
//! depend on the set of accepted events alone.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::facts::{Entity, Facts, Metric};
use crate::fold::Fold;
use crate::judge::{Judged, Rules};
use crate::seen::Seen;
use crate::time::{DAY, Millis};
use crate::wire::{Batch, Reason, Refusal};

/// Detail is kept this far behind a visitor's latest event.
pub const KEEP_FOR: Millis = 60 * DAY;
/// At most this many events are kept in detail.
pub const KEEP_EVENTS: usize = 10_000;
/// A visitor whose stored history would be larger takes no more events until older ones are closed.
pub const MAX_HISTORY_BYTES: usize = 512 * 1024;

/// First byte of a stored history. A new format gets the next number and keeps reading the old ones.
const FORMAT: u8 = 1;

/// One visitor's history, as stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    seen: Seen,
    /// Everything up to `closed_at`, folded.
    checkpoint: Fold,
    closed_at: Option<Millis>,
    /// Events after the checkpoint, by order key.
    recent: Vec<Kept>,
}

/// An accepted event with its judgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    at: Millis,
    number: u32,
    /// Place of its page load in `seen`.
    load: u32,
    /// The configuration it was judged under.
    config: u32,
    judged: Judged,
}

/// What became of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Events accepted.
    pub accepted: u32,
    /// Events seen before.
    pub duplicate: u32,
    /// Events that do not count, with the reason.
    pub refused: Vec<Refusal>,
    /// What changed in the figures, diagnostics included.
    pub facts: Facts,
}

impl Outcome {
    /// Whether the visitor's history changed.
    pub fn changed(&self) -> bool {
        self.accepted > 0
    }
}

impl Visitor {
    /// Takes a batch that arrived at `now`.
    pub fn step(&mut self, batch: Batch, rules: &Rules, is_bot: bool, now: Millis) -> Outcome {
        let today = rules.zone().day(now);
        let mut outcome = Outcome { refused: batch.refused, ..Outcome::default() };
        let mut remark = |reason, count| outcome.facts.add(today, Entity::Site, Metric::Diagnostic(reason), count);
        if (batch.automated || is_bot) && !rules.config.allow_automation {
            outcome.refused.extend(batch.events.iter().map(|event| refusal(event, Reason::Bot)));
        } else {
            let mut fold = self.fold(rules);
            let before = fold.facts(rules);
            let mut accepted = Vec::new();
            for event in batch.events {
                if self.closed_at.is_some_and(|closed_at| event.at <= closed_at) {
                    outcome.refused.push(refusal(&event, Reason::TooOld));
                    continue;
                }
                let Some(load) = self.seen.remember(&event.id, event.at) else {
                    outcome.duplicate += 1;
                    continue;
                };
                let (judged, odd) = rules.judge(&batch.visitor, &event);
                if let Some(reason) = odd {
                    remark(reason, 1);
                }
                let (at, number, config) = (event.at, event.id.number, rules.config.version);
                accepted.push(Kept { at, number, load, config, judged });
            }
            outcome.accepted = u32::try_from(accepted.len()).unwrap_or(u32::MAX);
            let known = self.recent.len();
            let latest = self.recent.last().map(|kept| kept.at);
            let is_later = latest.is_none_or(|latest| accepted.iter().all(|kept| kept.at > latest));
            self.insert(accepted);
            // What comes after everything known goes on from there; anything else is folded in its place.
            if is_later {
                step_all(&mut fold, &self.recent[known..], rules);
            } else {
                fold = self.fold(rules);
            }
            remark(Reason::Accepted, outcome.accepted.into());
            remark(Reason::Duplicate, outcome.duplicate.into());
            outcome.facts.merge(&fold.facts(rules));
            outcome.facts.subtract(&before);
        }
        for refusal in &outcome.refused {
            outcome.facts.add(today, Entity::Site, Metric::Diagnostic(refusal.reason), 1);
        }
        self.close(rules, now);
        outcome
    }

    /// Takes nothing of a batch: what is said when the history has become too large.
    pub fn refuse(batch: Batch, rules: &Rules, now: Millis) -> Outcome {
        let mut outcome = Outcome { refused: batch.refused, ..Outcome::default() };
        outcome.refused.extend(batch.events.iter().map(|event| refusal(event, Reason::OverLimit)));
        for refusal in &outcome.refused {
            let metric = Metric::Diagnostic(refusal.reason);
            outcome.facts.add(rules.zone().day(now), Entity::Site, metric, 1);
        }
        outcome
    }

    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![FORMAT]).unwrap_or_default()
    }

    /// Reads the stored form; `None` where it is damaged or of a later format.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (&FORMAT, rest) => postcard::from_bytes(rest).ok(),
            _ => None,
        }
    }

    /// Puts events where they belong: by time, sequence number, and page load.
    fn insert(&mut self, events: Vec<Kept>) {
        let seen = &self.seen;
        let load = |kept: &Kept| seen.loads.get(kept.load as usize).map(|load| load.id.as_str());
        for event in events {
            let key = (event.at, event.number, load(&event));
            let place = self.recent.partition_point(|kept| (kept.at, kept.number, load(kept)) < key);
            self.recent.insert(place, event);
        }
    }

    fn fold(&self, rules: &Rules) -> Fold {
        let mut fold = self.checkpoint.clone();
        step_all(&mut fold, &self.recent, rules);
        fold
    }

    /// Folds what is old into the checkpoint, never parting events of one millisecond.
    fn close(&mut self, rules: &Rules, now: Millis) {
        let Some(latest) = self.recent.last() else { return };
        let by_age = self.recent.partition_point(|kept| kept.at < latest.at - KEEP_FOR);
        let by_number = self.recent.len().saturating_sub(KEEP_EVENTS);
        let Some(last) = by_age.max(by_number).checked_sub(1) else { return };
        let closed_at = self.recent[last].at;
        let count = self.recent.partition_point(|kept| kept.at <= closed_at);
        let closed: Vec<Kept> = self.recent.drain(..count).collect();
        step_all(&mut self.checkpoint, &closed, rules);
        self.checkpoint.close();
        self.closed_at = Some(closed_at);
        let referred: std::collections::BTreeSet<u32> = self.recent.iter().map(|kept| kept.load).collect();
        let places = self.seen.forget(now, |place| referred.contains(&place));
        for kept in &mut self.recent {
            kept.load = places[kept.load as usize];
        }
    }
}

fn step_all(fold: &mut Fold, events: &[Kept], rules: &Rules) {
    for moment in events.chunk_by(|one, next| one.at == next.at) {
        let judged: Vec<&Judged> = moment.iter().map(|kept| &kept.judged).collect();
        fold.step(moment[0].at, &judged, rules);
    }
}

fn refusal(event: &Event, reason: Reason) -> Refusal {
    let (field, limit) = match reason {
        Reason::Bot => ("automated", "not a browser driven by a program"),
        Reason::OverLimit => ("visitor", "a history of at most 512 KiB"),
        _ => ("at", "after the visitor's closed history"),
    };
    Refusal { id: event.id.to_string(), reason, field, limit }
}
