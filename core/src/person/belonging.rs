//! Whose figures a visitor's are: its own while it is anonymous, then its profile's, that of its earliest identify.
//!
//! A visitor goes to another profile when an earlier identify arrives. It first asks the one that it belongs to: what a
//! profile has folded of it can be taken back no more, so such a visitor stays (a `profile_conflict`), and any other goes
//! with all it did. What it does while it waits is held here. So nothing of it is counted twice, nor in two places.

use serde::{Deserialize, Serialize};

use super::Person;
use super::telling::{MAX_ENTRIES, tell_named};
use crate::facts::{Entity, Facts, Metric};
use crate::fold::Fold;
use crate::history::{Entry, KEEP_FOR};
use crate::judge::{Deed, Rules};
use crate::message::{Address, Envelope, Message};
use crate::order::{Effects, OrderKey, Verdict};
use crate::time::{CLOCK_TOLERANCE, Day, Millis};
use crate::wire::Reason;

/// What is odd about where a visitor belongs, or whom a profile takes in. Stored: only ever append.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Bond {
    /// Nothing: a visitor is its profile's, if an identify gave it to one.
    #[default]
    Usual,
    /// A visitor asked its profile to let it go.
    Asks {
        /// What it did since. Nobody counts it yet.
        held: Vec<Entry>,
        /// It is to be erased once it has its answer.
        is_erased: bool,
    },
    /// A visitor whose profile had no room: it makes its own figures for good.
    Alone,
    /// A profile that had no room for a visitor: of whom it does not know it takes nothing.
    Full,
}

/// What is stored of both in one byte, where nothing is odd. Only ever append.
#[derive(Serialize, Deserialize)]
pub(super) enum Mark {
    /// It never ordered.
    Plain,
    /// It did.
    Ordered,
    /// Either, and its bond.
    Odd(bool, Bond),
}

impl Mark {
    pub(super) fn of(has_ordered: bool, bond: &Bond) -> Self {
        match (bond, has_ordered) {
            (Bond::Usual, false) => Self::Plain,
            (Bond::Usual, true) => Self::Ordered,
            (other, _) => Self::Odd(has_ordered, other.clone()),
        }
    }

    pub(super) fn read(self) -> (bool, Bond) {
        match self {
            Self::Plain => (false, Bond::Usual),
            Self::Ordered => (true, Bond::Usual),
            Self::Odd(has_ordered, bond) => (has_ordered, bond),
        }
    }
}

impl Person {
    /// The profile that makes a visitor's figures.
    pub(super) fn profile(&self, visitor: &str) -> Option<&str> {
        if matches!(self.bond, Bond::Alone) { None } else { self.history.profile_of(visitor) }
    }

    /// Whether an identify names another profile than the one that the visitor belongs to.
    pub(super) fn would_move(&self, visitor: &str, deed: &Deed) -> bool {
        let Deed::Identify { profile } = deed else { return false };
        self.profile(visitor).is_some_and(|own| own != profile)
    }

    /// Whether a visitor stays where it is whatever its profile would say: some of what it did is folded here, or is so old
    /// that the profile may have folded it.
    pub(super) fn must_stay(&self, at: Millis, now: Millis) -> bool {
        let oldest = self.history.oldest().map_or(at, |oldest| oldest.min(at));
        self.history.closed_at().is_some() || oldest <= now + CLOCK_TOLERANCE - KEEP_FOR
    }

    /// A visitor's events: figures while it is anonymous, messages once it belongs to a profile.
    pub(super) fn follow(&mut self, id: &str, events: Vec<Entry>, rules: &Rules, today: Day, effects: &mut Effects) {
        if let Bond::Asks { held, .. } = &mut self.bond {
            return held.extend(events);
        }
        let profile = self.profile(id).map(str::to_owned);
        if let Some(profile) = profile.filter(|profile| self.would_leave(id, profile, &events)) {
            self.bond = Bond::Asks { held: events, is_erased: false };
            let ask = Message::Ask { visitor: id.to_owned() };
            return effects.messages.push(Envelope { to: Address::Profile(profile), message: ask });
        }
        self.go_on(id, events, false, rules, today, effects);
    }

    /// The same of a visitor that may go where its events say. Its profile may have forgotten it by now: then it is told all
    /// anew, also where what came meanwhile has the visitor stay.
    fn go_on(
        &mut self,
        id: &str,
        events: Vec<Entry>,
        is_forgotten: bool,
        rules: &Rules,
        today: Day,
        effects: &mut Effects,
    ) {
        let Effects { facts, messages } = effects;
        let before = self.profile(id).map(str::to_owned);
        let identified = events.iter().filter_map(|event| match &event.judged.deed {
            Deed::Identify { profile } => Some(profile.clone()),
            _ => None,
        });
        let identified: Vec<String> = identified.collect();
        if matches!(self.bond, Bond::Alone) || (before.is_none() && identified.is_empty()) {
            tell_named(id, None, &events, messages);
            facts.merge(&self.history.take(id, false, events, rules));
            messages.extend(self.history.close(true, rules));
            return;
        }
        if before.is_none() {
            // What is old stays as it was counted and credited: the profile may have folded its own of that time.
            messages.extend(self.history.close_ahead(&events, rules));
            facts.subtract(&self.history.facts(rules));
        }
        self.history.insert(id, false, events.clone());
        let after = self.history.profile_of(id).map(str::to_owned);
        let mut remark = |conflicts: usize| {
            let conflicts = i128::try_from(conflicts).unwrap_or(0);
            facts.add(today, Entity::Site, Metric::Diagnostic(Reason::ProfileConflict), conflicts);
        };
        remark(identified.iter().filter(|profile| Some(*profile) != after.as_ref()).count());
        let Some(profile) = after else { return };
        let to = Address::Profile(profile.clone());
        if before.as_ref() == Some(&profile) && !is_forgotten {
            tell_named(id, Some(&profile), &events, messages);
            if !events.is_empty() {
                let message = Message::Events { visitor: id.to_owned(), is_member: true, events };
                messages.push(Envelope { to, message });
            }
        } else {
            let all = self.history.entries(id);
            if let Some(before) = before.filter(|before| *before != profile) {
                // Who let it go forgot what names it with the rest; others were told of all but the latest before.
                let names_before = |event: &Entry| event.profile.as_ref() == Some(&before);
                // What gave it the visitor is a later one now.
                let gave =
                    |event: &&Entry| matches!(&event.judged.deed, Deed::Identify { profile } if *profile == before);
                remark(all.iter().filter(gave).filter(|event| !events.contains(event)).count());
                let again = all.iter().filter(|event| names_before(event));
                let new = events.iter().filter(|event| !names_before(event));
                let named: Vec<Entry> = again.chain(new).cloned().collect();
                tell_named(id, Some(&profile), &named, messages);
            } else {
                tell_named(id, Some(&profile), &events, messages);
            }
            messages.extend(self.joining(id, &to, &all));
        }
        self.history.close(false, rules);
    }

    /// All that a profile is told of a visitor that joins, in messages that fit a row each.
    fn joining(&self, id: &str, to: &Address, events: &[Entry]) -> Vec<Envelope> {
        let visitor = || id.to_owned();
        let mut parts = events.chunks(MAX_ENTRIES);
        let first = parts.next().unwrap_or_default().to_vec();
        let join = Message::Join { visitor: visitor(), closed: self.history.checkpoint(), events: first };
        let rest = parts.map(|part| Message::Events { visitor: visitor(), is_member: true, events: part.to_vec() });
        let ordered = (self.has_ordered && self.history.closed_at().is_some()).then_some(Message::Ordered);
        let messages = std::iter::once(join).chain(rest).chain(ordered);
        messages.map(|message| Envelope { to: to.clone(), message }).collect()
    }

    /// Whether events give a visitor to another profile than the one it belongs to.
    fn would_leave(&self, id: &str, profile: &str, events: &[Entry]) -> bool {
        if !events.iter().any(|event| self.would_move(id, &event.judged.deed)) {
            return false;
        }
        let mut history = self.history.clone();
        history.insert(id, false, events.to_vec());
        history.profile_of(id) != Some(profile)
    }

    /// A profile is asked to let a visitor go: all of it, or nothing.
    pub(super) fn let_go(&mut self, visitor: String, rules: &Rules, effects: &mut Effects) {
        let may_go = !self.history.has_folded(&visitor);
        if may_go {
            effects.facts = self.release(&visitor, rules);
        }
        effects.messages.push(Envelope { to: Address::Visitor(visitor), message: Message::Answer { may_go } });
    }

    /// A visitor has its answer, and goes on with what waited for it.
    pub(super) fn hear(&mut self, address: &Address, may_go: bool, rules: &Rules, effects: &mut Effects) {
        let (Address::Visitor(id), Bond::Asks { held, .. }) = (address, &mut self.bond) else { return };
        let mut held = std::mem::take(held);
        self.bond = Bond::Usual;
        let today = held.iter().map(|event| rules.zone().day(event.at)).max().unwrap_or(Day(0));
        let mut conflicts = 0;
        for event in held.iter_mut().filter(|_| !may_go) {
            if self.would_move(id, &event.judged.deed) {
                event.judged.deed = Deed::Presence;
                conflicts += 1;
            }
        }
        effects.facts.add(today, Entity::Site, Metric::Diagnostic(Reason::ProfileConflict), conflicts);
        self.go_on(id, held, may_go, rules, today, effects);
    }

    /// Writes down what an order came to whose event is held; false where none is.
    pub(super) fn note_held(&mut self, key: &OrderKey, verdict: Verdict) -> bool {
        let Bond::Asks { held, .. } = &mut self.bond else { return false };
        let event =
            held.iter_mut().find(|event| (event.at, event.is_page, &event.id) == (key.at, key.is_page, &key.id));
        let Some(event) = event else { return false };
        event.verdict = Some(event.verdict.map_or(verdict, |known| known.and(verdict)));
        true
    }

    /// Puts erasing off until a visitor has its answer, since it is in nobody's figures meanwhile; false where it asked for none.
    pub fn erase_later(&mut self) -> bool {
        let Bond::Asks { is_erased, .. } = &mut self.bond else { return false };
        *is_erased = true;
        true
    }

    /// Whether it is to be erased when the next answer is here.
    pub fn is_erased_later(&self) -> bool {
        matches!(self.bond, Bond::Asks { is_erased: true, .. })
    }

    /// A profile that has no room for a visitor: it keeps out what else is told of it.
    pub fn fill(&mut self) {
        self.bond = Bond::Full;
    }

    /// Whether a visitor was kept out.
    pub(super) fn is_refused(&self, visitor: &str) -> bool {
        matches!(self.bond, Bond::Full) && !self.history.has_member(visitor)
    }

    /// Its profile has no room: a visitor counts for itself what it was counted for before, and goes on alone.
    pub(super) fn stay_alone(&mut self, address: &Address, rules: &Rules, effects: &mut Effects) {
        let Address::Visitor(id) = address else { return };
        let held = match std::mem::replace(&mut self.bond, Bond::Alone) {
            Bond::Asks { held, .. } => held,
            Bond::Alone => return,
            Bond::Usual | Bond::Full => Vec::new(),
        };
        self.history.insert(id, false, held);
        effects.facts.merge(&self.history.facts(rules));
    }

    pub(super) fn join(
        &mut self,
        visitor: &str,
        closed: Option<(Box<Fold>, Millis)>,
        events: Vec<Entry>,
        rules: &Rules,
        effects: &mut Effects,
    ) {
        if self.is_refused(visitor) {
            remark_over_limit(&mut effects.facts, events.iter().map(|event| event.at), rules);
            effects.messages.push(Envelope { to: Address::Visitor(visitor.to_owned()), message: Message::Refused });
            return;
        }
        effects.facts = self.release(visitor, rules);
        if let Some((fold, closed_at)) = closed {
            effects.messages.extend(self.history.close_until(closed_at, rules));
            let absorbed = self.changed(rules, |history| history.absorb(*fold, closed_at));
            effects.facts.merge(&absorbed);
        }
        self.take(visitor, true, events, rules, effects);
    }
}

/// Events that are not taken in, each on its day.
pub fn remark_over_limit(facts: &mut Facts, times: impl IntoIterator<Item = Millis>, rules: &Rules) {
    for at in times {
        facts.add(rules.zone().day(at), Entity::Site, Metric::Diagnostic(Reason::OverLimit), 1);
    }
}
