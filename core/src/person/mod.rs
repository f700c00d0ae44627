//! The fold of a visitor or a profile: what it was and what it is told in, what it is and what it tells out.
//!
//! A visitor makes its own figures while it is anonymous. Once it belongs to a profile it keeps its events, and hands them
//! on: the profile makes the figures of all its visitors, and what the visitor had been counted for is taken back.

mod belonging;
mod telling;

use serde::Serialize;

use crate::admission::Source;
use crate::allowance::Allowance;
use crate::event::Event;
use crate::facts::{Entity, Facts, Metric};
use crate::history::{Entry, Exported, History, Owner};
use crate::judge::{Deed, Rules};
use crate::message::{Address, Envelope, Message};
use crate::order::{Effects, Folded, Holder, OrderKey, Verdict};
use crate::row;
use crate::seen::Seen;
use crate::time::Millis;
use crate::wire::{Batch, Fault, Reason, Refusal};
pub use belonging::remark_over_limit;
use belonging::{Bond, Mark};
use telling::tell_orders;

/// A visitor or profile whose stored form would be larger takes no more events until older ones are closed.
pub const MAX_BYTES: usize = 512 * 1024;

const TOO_LARGE: Fault = (Reason::OverLimit, "visitor", "a history of at most 512 KiB");
const CLOSED: Fault = (Reason::TooOld, "at", "after the visitor's closed history");

/// First byte of the stored form. A new format gets the next number, and keeps reading those of releases.
const FORMAT: u8 = 4;

/// A visitor, a profile, or an event of nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    seen: Seen,
    history: History,
    /// One of its events, or of those that name it, folded or not, is an order.
    has_ordered: bool,
    bond: Bond,
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
    /// To be delivered.
    pub messages: Vec<Envelope>,
}

/// All that is kept of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Export {
    /// The profile it is or belongs to.
    pub profile: Option<String>,
    /// Its visitors.
    pub visitors: Vec<String>,
    /// Older events are kept as figures only, ms.
    pub folded_until: Option<Millis>,
    /// In order.
    pub events: Vec<Exported>,
}

impl Outcome {
    /// Whether what is stored changed.
    pub fn changed(&self) -> bool {
        self.accepted > 0
    }
}

impl Person {
    /// Nothing yet.
    pub fn new(address: &Address) -> Self {
        let owner = match address {
            Address::Profile(id) => Owner::Profile(id.clone()),
            Address::Nobody(_) => Owner::Nobody,
            Address::Visitor(_) | Address::Order(_) => Owner::Visitor,
        };
        Self { seen: Seen::default(), history: History::of(owner), has_ordered: false, bond: Bond::Usual }
    }

    /// Takes a batch of its own that arrived at `now`.
    pub fn step(&mut self, address: &Address, batch: Batch, rules: &Rules, source: Source, now: Millis) -> Outcome {
        let today = rules.zone().day(now);
        let fault = source.refused(&batch, &rules.config);
        let mut outcome = Outcome { refused: batch.refused, ..Outcome::default() };
        if let Some(fault) = fault {
            outcome.refused.extend(batch.events.iter().map(|event| refusal(event, fault)));
        } else {
            let closed_at = self.history.closed_at();
            let is_page = matches!(source, Source::Page(_));
            let events = self.accept(batch.events, &batch.visitor, rules, (is_page, now), &mut outcome);
            self.has_ordered |= events.iter().any(|event| event.judged.is_order());
            outcome.accepted = u32::try_from(events.len()).unwrap_or(u32::MAX);
            let mut remark = |reason, count| outcome.facts.add(today, Entity::Site, Metric::Diagnostic(reason), count);
            remark(Reason::Accepted, outcome.accepted.into());
            remark(Reason::Duplicate, outcome.duplicate.into());
            tell_orders(address, &batch.visitor, &events, &mut outcome.messages);
            if let Address::Visitor(id) = address {
                let mut effects = Effects::default();
                self.follow(id, events, rules, today, &mut effects);
                outcome.facts.merge(&effects.facts);
                outcome.messages.extend(effects.messages);
            } else {
                outcome.facts.merge(&self.history.take("", false, events, rules));
                outcome.messages.extend(self.history.close(true, rules));
            }
            self.seen.forget(self.history.closed_at(), now);
            self.tidy(closed_at);
        }
        remark_all(&mut outcome, rules, now);
        outcome
    }

    /// Takes nothing of a batch: what is said when the history has become too large.
    pub fn refuse(batch: Batch, rules: &Rules, now: Millis) -> Outcome {
        let mut outcome = Outcome { refused: batch.refused, ..Outcome::default() };
        outcome.refused.extend(batch.events.iter().map(|event| refusal(event, TOO_LARGE)));
        remark_all(&mut outcome, rules, now);
        outcome
    }

    /// Takes what another actor tells.
    pub fn receive(&mut self, address: &Address, message: Message, rules: &Rules) -> Effects {
        let mut effects = Effects::default();
        let closed_at = self.history.closed_at();
        match message {
            Message::Join { visitor, closed, events } => self.join(&visitor, closed, events, rules, &mut effects),
            Message::Events { visitor, is_member, events } => {
                self.take(&visitor, is_member, events, rules, &mut effects);
            }
            Message::Amend { key, verdict } | Message::Verdict { key, verdict } => {
                self.amend(address, &key, verdict, rules, &mut effects);
            }
            Message::Ask { visitor } => self.let_go(visitor, rules, &mut effects),
            Message::Answer { may_go } => self.hear(address, may_go, rules, &mut effects),
            Message::Refused => self.stay_alone(address, rules, &mut effects),
            Message::Ordered => self.has_ordered = true,
            Message::Forget { visitor } => effects.messages = self.history.forget_stranger(&visitor, rules),
            Message::Report(_)
            | Message::Refund { .. }
            | Message::Closed(_)
            | Message::LeftOut { .. }
            | Message::Erase
            | Message::Depart { .. } => {}
        }
        let governs = !matches!(address, Address::Visitor(id) if self.is_followed(id));
        effects.messages.extend(self.history.close(governs, rules));
        self.tidy(closed_at);
        effects
    }

    /// What is to be told when the person is erased: its orders count refunds on their own from now on, its profile or its
    /// visitors are erased too, and other profiles that it named forget who that was. The figures stay as they are.
    pub fn erase(&mut self, address: &Address, rules: &Rules) -> Vec<Envelope> {
        let mut own = None;
        let mut forgetting = Vec::new();
        if let Address::Visitor(id) = address {
            own = self.profile(id).map(str::to_owned);
            let others = self.history.profiles_named().into_iter().filter(|named| Some(named) != own.as_ref());
            let forget = || Message::Forget { visitor: id.clone() };
            forgetting.extend(others.map(|named| Envelope { to: Address::Profile(named), message: forget() }));
        }
        let mut messages = self.history.close_all(rules);
        messages.extend(self.history.leave_out(rules));
        if own.is_some() {
            messages.clear();
        }
        for Envelope { message, .. } in &mut messages {
            // A profile that an order names tells it where its net value is when it folds it: nobody waits for that.
            if let Message::Closed(Folded { holder: Holder::Person { names }, .. }) = message {
                *names = None;
            }
        }
        messages.extend(forgetting);
        let others = match own {
            Some(profile) => vec![Address::Profile(profile)],
            None if matches!(address, Address::Profile(_)) => {
                self.history.visitors().into_iter().map(Address::Visitor).collect()
            }
            None => Vec::new(),
        };
        messages.extend(others.into_iter().map(|to| Envelope { to, message: Message::Erase }));
        messages
    }

    /// All that is kept of a person.
    pub fn export(&self, address: &Address) -> Export {
        let mut visitors = self.history.visitors();
        let mut profile = None;
        match address {
            Address::Visitor(id) => {
                profile = self.profile(id).map(str::to_owned);
                visitors = vec![id.clone()];
            }
            Address::Profile(id) => profile = Some(id.clone()),
            Address::Nobody(_) | Address::Order(_) => {}
        }
        Export { profile, visitors, folded_until: self.history.closed_at(), events: self.history.export() }
    }

    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        row::encode(
            FORMAT,
            &(self.seen.beyond(&self.history.told()), &self.history, Mark::of(self.has_ordered, &self.bond)),
        )
    }

    /// Reads the stored form; `None` where it is damaged or of a later format.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (beyond, mut history, mark): (Seen, History, Mark) = row::decode(FORMAT, bytes)?;
        let (has_ordered, bond) = mark.read();
        let are_there = beyond.places().all(|place| history.texts().has(place));
        are_there.then(|| Self { seen: history.told().with(beyond), history, has_ordered, bond })
    }

    /// When its latest event happened, as far as any is kept.
    pub fn latest(&self) -> Option<Millis> {
        self.history.latest()
    }

    /// Whether it ever reported an order, or one named it: a refund of it would look for this row.
    pub fn has_ordered(&self) -> bool {
        self.has_ordered
    }

    /// The person's visitors.
    pub fn visitors(&self) -> Vec<String> {
        self.history.visitors()
    }

    fn accept(
        &mut self,
        events: Vec<Event>,
        visitor: &str,
        rules: &Rules,
        (is_page, now): (bool, Millis),
        outcome: &mut Outcome,
    ) -> Vec<Entry> {
        let today = rules.zone().day(now);
        let mut accepted = Vec::with_capacity(events.len());
        let mut allowance = None;
        for event in events {
            if self.seen.has(&event.id, self.history.texts()) {
                outcome.duplicate += 1;
                continue;
            }
            if self.history.closed_at().is_some_and(|closed_at| event.at <= closed_at) {
                outcome.refused.push(refusal(&event, CLOSED));
                continue;
            }
            let (mut judged, mut odd) = rules.judge(visitor, &event);
            if self.would_move(visitor, &judged.deed) && self.must_stay(event.at, now) {
                (judged.deed, odd) = (Deed::Presence, Some(Reason::ProfileConflict));
            }
            if is_page && Allowance::is_asked(&judged.deed, event.profile.as_deref()) {
                let allowance = allowance.get_or_insert_with(|| Allowance::of(&self.history, now));
                if let Err(fault) = allowance.spend(&judged.deed, event.profile.as_deref()) {
                    outcome.refused.push(refusal(&event, fault));
                    continue;
                }
            }
            self.seen.remember(&event.id, event.at, self.history.texts());
            if let Some(reason) = odd {
                outcome.facts.add(today, Entity::Site, Metric::Diagnostic(reason), 1);
            }
            let Event { id, at, is_page, profile, .. } = event;
            let config = rules.config.version;
            accepted.push(Entry { at, id, is_page, profile, config, judged, verdict: None });
        }
        accepted
    }

    /// Folds the older half away, for a state that would not fit its row.
    pub fn shrink(&mut self, rules: &Rules) -> Vec<Envelope> {
        let closed_at = self.history.closed_at();
        let mut messages = self.history.close_half(rules);
        messages.extend(self.history.leave_out(rules));
        self.tidy(closed_at);
        messages
    }

    /// Forgets what nothing refers to any more, if more was closed since.
    fn tidy(&mut self, closed_before: Option<Millis>) {
        if self.history.closed_at() != closed_before {
            self.history.forget(&mut self.seen);
        }
    }

    /// Whether a visitor's figures are a profile's.
    pub fn is_followed(&self, visitor: &str) -> bool {
        self.profile(visitor).is_some()
    }

    /// What a visitor did; what is older than the checkpoint comes too late for credit.
    fn take(&mut self, visitor: &str, is_member: bool, events: Vec<Entry>, rules: &Rules, effects: &mut Effects) {
        if is_member && self.is_refused(visitor) {
            return remark_over_limit(&mut effects.facts, events.iter().map(|event| event.at), rules);
        }
        self.has_ordered |= events.iter().any(|event| event.judged.is_order());
        let closed_at = self.history.closed_at();
        let (late, events): (Vec<Entry>, Vec<Entry>) =
            events.into_iter().partition(|event| closed_at.is_some_and(|closed_at| event.at <= closed_at));
        if let Some(first) = late.first().filter(|_| !is_member) {
            // Only experiments would have seen it, and theirs is credit.
            let (day, metric) = (rules.zone().day(first.at), Metric::Diagnostic(Reason::LateCredit));
            effects.facts.add(day, Entity::Site, metric, i128::try_from(late.len()).unwrap_or(0));
        } else if !late.is_empty() {
            let mut added = (Facts::default(), Vec::new());
            let changed = self.changed(rules, |history| added = history.add_late(visitor, &late, rules));
            effects.facts.merge(&added.0);
            effects.messages.extend(added.1);
            effects.facts.merge(&changed);
        }
        effects.facts.merge(&self.history.take(visitor, !is_member, events, rules));
    }

    /// Writes down what an order came to; a visitor that belongs to a profile hands it on.
    fn amend(&mut self, address: &Address, key: &OrderKey, verdict: Verdict, rules: &Rules, effects: &mut Effects) {
        if let Address::Visitor(id) = address {
            if self.note_held(key, verdict) {
                return;
            }
            let own = self.profile(id).map(str::to_owned);
            let named = self.history.profile_named_by(key).filter(|named| Some(named) != own.as_ref());
            for profile in named.into_iter().chain(own.clone()) {
                let message = Message::Amend { key: key.clone(), verdict };
                effects.messages.push(Envelope { to: Address::Profile(profile), message });
            }
            if own.is_some() {
                return self.history.note(key, verdict);
            }
        }
        if let Some(facts) = self.history.amend(key, verdict, rules) {
            effects.facts = facts;
        } else if !verdict.stands {
            effects.facts.add(rules.zone().day(key.at), Entity::Site, Metric::Diagnostic(Reason::LateCredit), 1);
        }
    }

    /// Forgets a visitor that turned out to be somebody else's.
    fn release(&mut self, visitor: &str, rules: &Rules) -> Facts {
        if self.history.knows(visitor) {
            self.changed(rules, |history| history.release(visitor))
        } else {
            Facts::default()
        }
    }

    /// The difference that a change of the history makes to the figures.
    fn changed(&mut self, rules: &Rules, change: impl FnOnce(&mut History)) -> Facts {
        let before = self.history.facts(rules);
        change(&mut self.history);
        let mut facts = self.history.facts(rules);
        facts.subtract(&before);
        facts
    }
}

fn remark_all(outcome: &mut Outcome, rules: &Rules, now: Millis) {
    for refusal in &outcome.refused {
        let metric = Metric::Diagnostic(refusal.reason);
        outcome.facts.add(rules.zone().day(now), Entity::Site, metric, 1);
    }
}

fn refusal(event: &Event, (reason, field, limit): Fault) -> Refusal {
    Refusal { id: event.id.to_string(), reason, field, limit }
}
