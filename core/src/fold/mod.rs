//! What is known of one person after its events so far, and the figures that follow from it.
//!
//! A person is one anonymous visitor, or a profile with all its visitors. Events come in by time; those of one
//! millisecond at once, since "at or before" compares times alone.

mod counting;
mod credit;
mod enrolment;
mod orders;
mod pursuit;
mod sessions;
mod spread;
mod visit;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::Version;
use crate::facts::Facts;
use crate::judge::{Judged, Rules, Worth};
use crate::money::Currency;
use crate::order::Verdict;
use crate::time::{Day, Millis};
use credit::Credit;
use enrolment::Enrolment;
use pursuit::Pursuit;
use sessions::end;
use visit::Visit;
pub use visit::{SESSION_GAP, SESSION_LENGTH};

/// Whose events a fold takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Teller<'a> {
    /// Nobody's: totals of the site only.
    Nobody,
    /// The profile's own: servers name it and no visitor.
    Profile,
    /// One of the person's visitors.
    Visitor(&'a str),
    /// A visitor of somebody else's that names the profile: experiments by profile see it, nothing else does.
    Stranger(&'a str),
}

/// An event as a fold takes it.
#[derive(Debug, Clone, Copy)]
pub struct Happening<'a> {
    /// Whose.
    pub teller: Teller<'a>,
    /// It happened in a page.
    pub is_page: bool,
    /// It names the profile whose figures these are.
    pub names_profile: bool,
    /// The configuration it was accepted under.
    pub config: Version,
    /// What it was.
    pub judged: &'a Judged,
    /// What its order came to, as far as that is not as usual.
    pub verdict: Option<Verdict>,
}

/// An amount, before and after refunds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// The currency.
    pub currency: Currency,
    /// Minor units.
    pub gross: i64,
    /// Minor units less refunds.
    pub net: i64,
}

/// The state of a fold over a person's events in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    /// Figures that nothing later can change.
    facts: Facts,
    visits: BTreeMap<String, Visit>,
    strangers: BTreeMap<String, Visit>,
    /// Experiments by profile.
    enrolments: BTreeMap<u16, Enrolment>,
    credit: Credit,
    pursuits: BTreeMap<u16, Pursuit>,
    /// An identify gave the profile a visitor.
    is_created: bool,
    /// Clicks and hovers earn nothing: what they are of came too late for that.
    #[serde(skip)]
    is_late: bool,
}

/// A value event of a site goal, to be credited after the receipts of its millisecond.
type Valued = (u16, Worth, Option<Sum>);

impl Fold {
    /// From now on what happens is counted, and earns nothing of what it is told with. Who was reached before, by what is
    /// `known` of the person, is reached no second time.
    pub fn gives_no_credit(&mut self, known: Option<&Self>) {
        self.is_late = true;
        if let Some(known) = known {
            self.credit.know_guests(&known.credit);
        }
    }

    /// Takes the events of one millisecond, by order key.
    pub fn step(&mut self, at: Millis, moment: &[Happening<'_>], rules: &Rules) {
        let mut derived = Vec::new();
        for happening in moment.iter().filter(|happening| happening.is_page) {
            self.visit(at, happening, rules, &mut derived);
        }
        for happening in moment {
            self.receive(at, happening, rules, &mut derived);
        }
        let day = rules.zone().day(at);
        for (goal, worth, sum) in derived {
            self.value(at, day, (goal, worth, sum), rules);
        }
        for happening in moment {
            self.count(at, day, happening, rules);
        }
    }

    /// A value event, for whoever treated the person last.
    fn value(&mut self, at: Millis, day: Day, (number, worth, sum): Valued, rules: &Rules) {
        let Some(goal) = rules.config.goal(number) else { return };
        let pursuit = self.pursuits.entry(number).or_default();
        pursuit.value(at, day, goal, (worth, sum), &mut self.facts);
    }

    /// Every figure that follows from the events so far.
    pub fn facts(&self, rules: &Rules) -> Facts {
        let mut facts = self.facts.clone();
        let mut by_profile = self.enrolments.clone();
        for (visit, is_ours) in
            self.visits.values().map(|visit| (visit, true)).chain(self.strangers.values().map(|visit| (visit, false)))
        {
            let mut enrolments = visit.enrolments.clone();
            if let Some(session) = &visit.session {
                end(session, &mut enrolments, rules);
                if session.names_profile {
                    end(session, &mut by_profile, rules);
                }
            }
            if is_ours {
                add_all(&mut facts, &enrolments, rules);
            }
        }
        add_all(&mut facts, &by_profile, rules);
        self.credit.add_to(&mut facts);
        let is_none_held_out = !self.visits.values().any(|visit| visit.is_held_out);
        let are_all_held_out = !self.visits.is_empty() && self.visits.values().all(|visit| visit.is_held_out);
        for (number, pursuit) in &self.pursuits {
            pursuit.add_to(&mut facts, *number, is_none_held_out, are_all_held_out);
        }
        facts
    }

    /// Drops the figures that no later event can change: they left the shard when they were made.
    pub fn close(&mut self) {
        self.facts = Facts::default();
    }

    /// Forgets strangers whose session is over at a time: the next one needs nothing of it.
    pub fn part(&mut self, at: Millis, rules: &Rules) {
        let is_over = |visit: &Visit| visit.session.as_ref().is_none_or(|session| !session.has(at));
        let over: Vec<String> =
            self.strangers.iter().filter(|(_, visit)| is_over(visit)).map(|(id, _)| id.clone()).collect();
        for stranger in &over {
            self.part_with(stranger, rules);
        }
    }

    /// Forgets a stranger; what its session came to is counted.
    pub fn part_with(&mut self, stranger: &str, rules: &Rules) {
        let session = self.strangers.remove(stranger).and_then(|visit| visit.session);
        if let Some(session) = session.filter(|session| session.names_profile) {
            end(&session, &mut self.enrolments, rules);
        }
    }

    /// Takes in the closed part of a visitor that joins.
    pub fn absorb(&mut self, other: Self) {
        for (id, visit) in other.visits {
            self.visits.entry(id).or_insert(visit);
        }
        self.credit.absorb(other.credit);
        for (number, pursuit) in other.pursuits {
            self.pursuits.entry(number).or_default().absorb(pursuit);
        }
    }

    /// A visitor alone, as it is known so far; `None` if anything that is known of it is later than a time.
    pub fn visit_before(&self, visitor: &str, at: Millis) -> Option<Self> {
        let visit = self.visits.get(visitor).filter(|visit| visit.is_before(at))?;
        Some(Self { visits: BTreeMap::from([(visitor.to_owned(), visit.clone())]), ..Self::default() })
    }

    /// Forgets a visitor that turned out to be somebody else's.
    pub fn release(&mut self, visitor: &str) {
        self.visits.remove(visitor);
    }

    /// The person's visitors so far.
    pub fn visitors(&self) -> impl Iterator<Item = &str> {
        self.visits.keys().map(String::as_str)
    }

    /// The profile that a visitor belongs to by its events so far.
    pub fn profile_of(&self, visitor: &str) -> Option<&str> {
        self.visits.get(visitor)?.profile.as_deref()
    }
}

fn add_all(facts: &mut Facts, enrolments: &BTreeMap<u16, Enrolment>, rules: &Rules) {
    for (number, enrolment) in enrolments {
        if let Some(experiment) = rules.config.numbered(*number) {
            enrolment.add_to(facts, experiment, rules);
        }
    }
}
