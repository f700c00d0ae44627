//! What is known of one person after its events so far, and the figures that follow from it.
//!
//! A person is one anonymous visitor, or a profile with all its visitors. Events come in by time; those of one
//! millisecond at once, since "at or before" compares times alone.

mod credit;
mod enrolment;
mod pursuit;
mod visit;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::{Experiment, PROFILE_CREATED, RETURN_VISIT, SESSION_START, Unit, Version};
use crate::event::GoalRef;
use crate::facts::{Entity, Facts, Metric};
use crate::judge::{Deed, Judged, Rules, Worth};
use crate::money::Currency;
use crate::order::Verdict;
use crate::time::{Day, Millis};
use crate::wire::Reason;
use credit::Credit;
use enrolment::Enrolment;
use pursuit::Pursuit;
pub use visit::{SESSION_GAP, SESSION_LENGTH};
use visit::{Session, Visit};

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
}

/// A value event of a site goal, to be credited after the receipts of its millisecond.
type Valued = (u16, Worth, Option<Sum>);

impl Fold {
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

    /// A page event goes on with its visitor's session or starts one.
    fn visit(&mut self, at: Millis, happening: &Happening<'_>, rules: &Rules, derived: &mut Vec<Valued>) {
        let (id, is_ours) = match happening.teller {
            Teller::Visitor(id) => (id, true),
            Teller::Stranger(id) => (id, false),
            Teller::Nobody | Teller::Profile => return,
        };
        self.meet(at, happening, rules);
        let visits = if is_ours { &mut self.visits } else { &mut self.strangers };
        let visit = visits.entry(id.to_owned()).or_default();
        if let Some(session) = visit.session.as_mut().filter(|session| session.goes_on_at(at)) {
            session.last = at;
            return;
        }
        let ended = visit.session.replace(Session::new(at, happening.config));
        visit.sessions = visit.sessions.saturating_add(1);
        let (is_return, is_held_out) = (visit.sessions > 1, visit.is_held_out);
        if let Some(ended) = ended {
            end(&ended, &mut visit.enrolments, rules);
            if ended.names_profile {
                end(&ended, &mut self.enrolments, rules);
            }
        }
        if is_ours {
            self.add_session(at, is_held_out, rules);
            derived.extend(derive(SESSION_START, happening.config, rules));
            if is_return {
                derived.extend(derive(RETURN_VISIT, happening.config, rules));
            }
        }
    }

    /// A visitor's first event, whatever it is.
    fn meet(&mut self, at: Millis, happening: &Happening<'_>, rules: &Rules) {
        let Teller::Visitor(id) = happening.teller else { return };
        if !self.visits.contains_key(id) {
            self.facts.add(rules.zone().day(at), Entity::Site, Metric::Visitors, 1);
            self.visits.insert(id.to_owned(), Visit::default());
        }
        let is_held_out = happening.config >= rules.config.holdout_in && rules.is_held_out(id);
        if let Some(visit) = self.visits.get_mut(id) {
            visit.is_held_out |= is_held_out;
        }
    }

    fn add_session(&mut self, at: Millis, is_held_out: bool, rules: &Rules) {
        let day = rules.zone().day(at);
        self.facts.add(day, Entity::Site, Metric::Sessions, 1);
        if is_held_out {
            self.facts.add(day, Entity::HeldOut, Metric::Sessions, 1);
        }
    }

    /// What later events of the same millisecond may follow from.
    fn receive(&mut self, at: Millis, happening: &Happening<'_>, rules: &Rules, derived: &mut Vec<Valued>) {
        let day = rules.zone().day(at);
        if let Deed::Exposure { experiment, variant, version } = happening.judged.deed {
            self.expose(at, happening, (experiment, variant, version), rules);
        }
        if matches!(happening.teller, Teller::Nobody | Teller::Stranger(_)) {
            return;
        }
        self.meet(at, happening, rules);
        for goal in rules.config.goals.iter().filter(|goal| goal.made_in <= happening.config && goal.made_at <= at) {
            self.pursuits.entry(goal.number).or_default().see(day);
        }
        for &(goal, journey, place) in &happening.judged.receipts {
            self.pursuits.entry(goal).or_default().receive(at, journey, place);
        }
        match &happening.judged.deed {
            Deed::Click(communication) | Deed::Hover { communication, qualifies: true } => {
                self.credit.touch(at, *communication);
            }
            Deed::Execution { experience, variant } => {
                self.credit.execute(at, day, *experience, *variant, &mut self.facts);
            }
            Deed::Identify { profile } => {
                if let Teller::Visitor(id) = happening.teller
                    && let Some(visit) = self.visits.get_mut(id)
                {
                    visit.profile.get_or_insert_with(|| profile.clone());
                }
                if happening.names_profile && !self.is_created {
                    self.is_created = true;
                    derived.extend(derive(PROFILE_CREATED, happening.config, rules));
                }
            }
            _ => {}
        }
    }

    fn expose(
        &mut self,
        at: Millis,
        happening: &Happening<'_>,
        (number, variant, version): (u16, u8, u32),
        rules: &Rules,
    ) {
        let Some(experiment) = rules.config.numbered(number) else { return };
        let enrolments = match (experiment.unit, happening.teller) {
            (Unit::Profile, _) if happening.names_profile => &mut self.enrolments,
            (Unit::Visitor, Teller::Visitor(id)) => &mut self.visits.entry(id.to_owned()).or_default().enrolments,
            _ => return,
        };
        let Some(enrolment) = enrolments.get_mut(&number) else {
            enrolments.insert(number, Enrolment::new(variant, version, at, happening.config));
            return;
        };
        if enrolment.meet(variant) {
            let day = rules.zone().day(at);
            self.facts.add(day, Entity::Experiment(number), Metric::Crossovers, 1);
            self.facts.add(day, Entity::Site, Metric::Diagnostic(Reason::Crossover), 1);
        }
    }

    fn count(&mut self, at: Millis, day: Day, happening: &Happening<'_>, rules: &Rules) {
        let (mut own, opens) = self.own_session(at, happening);
        if let Some(session) = self.session_of(happening, &mut own, at) {
            session.told = session.told.max(at);
            session.names_profile |= happening.names_profile;
        }
        let is_ours = !matches!(happening.teller, Teller::Stranger(_));
        let is_held_out = match happening.teller {
            Teller::Visitor(id) => self.visits.get(id).is_some_and(|visit| visit.is_held_out),
            _ => false,
        };
        if opens && is_ours {
            self.add_session(at, is_held_out, rules);
        }
        let stands = happening.verdict.is_none_or(|verdict| verdict.stands);
        if let Deed::Custom { money, order } = &happening.judged.deed {
            if !stands {
                return self.end_own(own, happening, rules);
            }
            let refunded = happening.verdict.map_or(0, |verdict| verdict.refunded);
            let sum = Sum { currency: money.currency, gross: money.minor, net: money.minor - refunded };
            if is_ours {
                self.facts.add(day, Entity::Site, Metric::CustomEvents, 1);
                if order.is_some() {
                    self.order(at, day, happening, is_held_out, sum, &mut own, rules);
                }
            }
            self.convert(at, day, happening, Some(sum), &mut own, rules);
        } else {
            if is_ours {
                self.interact(day, happening);
            }
            self.convert(at, day, happening, None, &mut own, rules);
        }
        if !matches!(happening.teller, Teller::Nobody | Teller::Stranger(_)) {
            let sum = sum_of(happening);
            for &(goal, worth) in &happening.judged.values {
                self.value(at, day, (goal, worth, sum), rules);
            }
        }
        self.end_own(own, happening, rules);
    }

    /// A session of its own, for what a server tells outside any; whether it opens one that counts.
    fn own_session(&self, at: Millis, happening: &Happening<'_>) -> (Option<Session>, bool) {
        if happening.is_page || self.session_at(at, happening.teller).is_some() {
            return (None, false);
        }
        let opens = matches!(happening.judged.deed, Deed::Custom { .. } | Deed::Refund { .. });
        (opens.then(|| Session::new(at, happening.config)), opens)
    }

    fn end_own(&mut self, own: Option<Session>, happening: &Happening<'_>, rules: &Rules) {
        let Some(own) = own else { return };
        if let Teller::Visitor(id) = happening.teller
            && let Some(visit) = self.visits.get_mut(id)
        {
            end(&own, &mut visit.enrolments, rules);
        }
        if own.names_profile {
            end(&own, &mut self.enrolments, rules);
        }
    }

    fn session_at(&self, at: Millis, teller: Teller<'_>) -> Option<&Session> {
        let visit = match teller {
            Teller::Visitor(id) => self.visits.get(id),
            Teller::Stranger(id) => self.strangers.get(id),
            Teller::Nobody | Teller::Profile => None,
        };
        visit?.session.as_ref().filter(|session| session.has(at))
    }

    /// The session that an event belongs to: its visitor's, or its own.
    fn session_of<'a>(
        &'a mut self,
        happening: &Happening<'_>,
        own: &'a mut Option<Session>,
        at: Millis,
    ) -> Option<&'a mut Session> {
        if own.is_some() {
            return own.as_mut();
        }
        let visit = match happening.teller {
            Teller::Visitor(id) => self.visits.get_mut(id),
            Teller::Stranger(id) => self.strangers.get_mut(id),
            Teller::Nobody | Teller::Profile => None,
        };
        visit?.session.as_mut().filter(|session| session.has(at))
    }

    /// Page views and what became of communications. What nobody did counts in the site's totals alone.
    fn interact(&mut self, day: Day, happening: &Happening<'_>) {
        let mut add = |entity, metric| self.facts.add(day, entity, metric, 1);
        match &happening.judged.deed {
            Deed::PageView => add(Entity::Site, Metric::PageViews),
            Deed::Refund { .. } => add(Entity::Site, Metric::CustomEvents),
            _ if happening.teller == Teller::Nobody => {}
            Deed::Appearance(number) => add(Entity::Communication(*number), Metric::Instances),
            Deed::Click(number) => add(Entity::Communication(*number), Metric::RawClicks),
            Deed::Dismissal(number) => add(Entity::Communication(*number), Metric::Dismissals),
            Deed::SequenceStart(number) => self.start(day, Entity::Sequence(*number)),
            Deed::CampaignStart(number) => self.start(day, Entity::Campaign(*number)),
            _ => {}
        }
    }

    fn start(&mut self, day: Day, what: Entity) {
        self.facts.add(day, what, Metric::Started, 1);
        self.credit.start(what, day);
    }

    #[expect(clippy::too_many_arguments, reason = "an order touches everything")]
    fn order(
        &mut self,
        at: Millis,
        day: Day,
        happening: &Happening<'_>,
        is_held_out: bool,
        sum: Sum,
        own: &mut Option<Session>,
        rules: &Rules,
    ) {
        add_sale(&mut self.facts, day, Entity::Site, sum);
        if is_held_out {
            add_sale(&mut self.facts, day, Entity::HeldOut, sum);
        }
        if matches!(happening.teller, Teller::Nobody) {
            return add_sale(&mut self.facts, day, Entity::Unattributed, sum);
        }
        let crediting = rules.config.crediting_in(happening.config);
        let earner = self.credit.earner(at, crediting.lookback).map_or(Entity::Unattributed, Entity::Communication);
        add_sale(&mut self.facts, day, earner, sum);
        for (experience, execution, window) in self.credit.windows(at, &crediting.windows) {
            let is_first = self
                .session_of(happening, own, at)
                .is_some_and(|session| session.earned.insert((experience, execution.variant, window)));
            self.credit.earn(experience, execution, window, (sum, is_first), &mut self.facts);
        }
    }

    /// The goals of experiments that an event meets, for its visitor and for the profile it names.
    fn convert(
        &mut self,
        at: Millis,
        day: Day,
        happening: &Happening<'_>,
        sum: Option<Sum>,
        own: &mut Option<Session>,
        rules: &Rules,
    ) {
        let meets = &happening.judged.meets;
        if happening.judged.deed == Deed::PageView
            && let Some(session) = self.session_of(happening, own, at)
        {
            session.view(meets);
        }
        let mut met: Vec<GoalRef> = Vec::new();
        for &(number, place) in meets {
            let Some(experiment) = rules.config.numbered(number) else { continue };
            let Some(goal) = experiment.goals.get(usize::from(place)) else { continue };
            let Some(enrolment) = self.enrolment(experiment, happening) else { continue };
            let revenue = sum.filter(|_| goal.is_revenue());
            if enrolment.convert((place, goal), at, day, revenue) {
                met.push((number, place));
            }
        }
        let shown = touched(&happening.judged.deed);
        let Some(session) = self.session_of(happening, own, at) else { return };
        session.met.extend(met);
        let first = match shown {
            Some((number, Metric::SessionsShown)) => session.shown.insert(number),
            Some((number, Metric::SessionsClicked)) => session.clicked.insert(number),
            Some((number, _)) => session.hovered.insert(number),
            None => false,
        };
        if let Some((number, metric)) = shown.filter(|_| first && !matches!(happening.teller, Teller::Stranger(_))) {
            self.facts.add(day, Entity::Communication(number), metric, 1);
        }
    }

    fn enrolment(&mut self, experiment: &Experiment, happening: &Happening<'_>) -> Option<&mut Enrolment> {
        match (experiment.unit, happening.teller) {
            (Unit::Profile, _) if happening.names_profile => self.enrolments.get_mut(&experiment.number),
            (Unit::Visitor, Teller::Visitor(id)) => self.visits.get_mut(id)?.enrolments.get_mut(&experiment.number),
            _ => None,
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

fn end(session: &Session, enrolments: &mut BTreeMap<u16, Enrolment>, rules: &Rules) {
    let day = rules.zone().day(session.first);
    for (number, enrolment) in enrolments {
        if let Some(experiment) = rules.config.numbered(*number) {
            enrolment.overlap(experiment, session, day);
        }
    }
}

fn add_all(facts: &mut Facts, enrolments: &BTreeMap<u16, Enrolment>, rules: &Rules) {
    for (number, enrolment) in enrolments {
        if let Some(experiment) = rules.config.numbered(*number) {
            enrolment.add_to(facts, experiment, rules.zone());
        }
    }
}

fn add_sale(facts: &mut Facts, day: Day, entity: Entity, sum: Sum) {
    facts.add(day, entity, Metric::Orders(sum.currency), 1);
    facts.add(day, entity, Metric::Gross(sum.currency), sum.gross.into());
    facts.add(day, entity, Metric::Net(sum.currency), sum.net.into());
}

/// The goals whose value event is derived, and known to the version that the cause was accepted under.
fn derive<'a>(name: &'static str, config: Version, rules: &'a Rules) -> impl Iterator<Item = Valued> + 'a {
    let goals = rules.config.goals.iter().filter(move |goal| goal.event == name && goal.made_in <= config);
    goals.map(|goal| (goal.number, Worth::Event, None))
}

fn sum_of(happening: &Happening<'_>) -> Option<Sum> {
    let Deed::Custom { money, .. } = happening.judged.deed else { return None };
    let refunded = happening.verdict.map_or(0, |verdict| verdict.refunded);
    Some(Sum { currency: money.currency, gross: money.minor, net: money.minor - refunded })
}

/// The communication whose session figure a deed may raise.
fn touched(deed: &Deed) -> Option<(u16, Metric)> {
    match deed {
        Deed::Appearance(number) => Some((*number, Metric::SessionsShown)),
        Deed::Click(number) => Some((*number, Metric::SessionsClicked)),
        Deed::Hover { communication, .. } => Some((*communication, Metric::SessionsHovered)),
        _ => None,
    }
}
