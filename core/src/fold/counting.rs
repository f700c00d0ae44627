//! What an event counts for: first what later events of its millisecond may follow from, then everything else.

use super::enrolment::Enrolment;
use super::sessions::{derive, is_held_out};
use super::visit::Session;
use super::{Fold, Happening, Sum, Teller, Valued};
use crate::config::{Experiment, PROFILE_CREATED, Unit};
use crate::event::GoalRef;
use crate::facts::{Entity, Facts, Metric};
use crate::judge::{Deed, Rules};
use crate::time::{Day, Millis};
use crate::wire::Reason;

impl Fold {
    /// What later events of the same millisecond may follow from.
    pub(super) fn receive(&mut self, at: Millis, happening: &Happening<'_>, rules: &Rules, derived: &mut Vec<Valued>) {
        let day = rules.zone().day(at);
        // A page event was met with its session.
        if !happening.is_page {
            self.meet(at, happening, rules);
        }
        if let Deed::Exposure { experiment, variant, version } = happening.judged.deed {
            self.expose(at, happening, (experiment, variant, version), rules);
        }
        if matches!(happening.teller, Teller::Nobody | Teller::Stranger(_)) {
            return;
        }
        for goal in rules.config.goals.iter().filter(|goal| goal.made_in <= happening.config && goal.made_at <= at) {
            self.pursuits.entry(goal.number).or_default().see(day);
        }
        for &(goal, journey, place) in &happening.judged.receipts {
            self.pursuits.entry(goal).or_default().receive(at, journey, place);
        }
        match &happening.judged.deed {
            Deed::Click(communication) | Deed::Hover { communication, qualifies: true } if !self.is_late => {
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

    pub(super) fn count(&mut self, at: Millis, day: Day, happening: &Happening<'_>, rules: &Rules) {
        let (mut own, opens) = self.own_session(at, happening);
        if let Some(session) = self.session_of(happening, &mut own, at) {
            if !happening.is_page {
                session.told = session.told.max(at);
            }
            session.names_profile |= happening.names_profile;
        }
        let is_ours = !matches!(happening.teller, Teller::Stranger(_));
        if opens && is_ours {
            self.add_session(at, happening, rules);
        }
        let stands = happening.verdict.is_none_or(|verdict| verdict.stands);
        if let Deed::Custom { money, order } = &happening.judged.deed {
            if !stands {
                return self.end_own(own.as_ref(), happening, rules);
            }
            let refunded = happening.verdict.map_or(0, |verdict| verdict.refunded);
            let sum = Sum { currency: money.currency, gross: money.minor, net: money.minor - refunded };
            if is_ours {
                self.facts.add(day, Entity::Site, Metric::CustomEvents, 1);
                if order.is_some() {
                    self.order(at, day, happening, sum, &mut own, rules);
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
        self.end_own(own.as_ref(), happening, rules);
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

    fn order(
        &mut self,
        at: Millis,
        day: Day,
        happening: &Happening<'_>,
        sum: Sum,
        own: &mut Option<Session>,
        rules: &Rules,
    ) {
        add_sale(&mut self.facts, day, Entity::Site, sum);
        if is_held_out(happening, rules) {
            add_sale(&mut self.facts, day, Entity::HeldOut, sum);
        }
        if matches!(happening.teller, Teller::Nobody) {
            return add_sale(&mut self.facts, day, Entity::Unattributed, sum);
        }
        let crediting = rules.config.crediting_in(happening.config);
        let earner = self.credit.earner(at, crediting.lookback).map_or(Entity::Unattributed, Entity::Communication);
        add_sale(&mut self.facts, day, earner, sum);
        if self.is_late {
            return;
        }
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
        if met.is_empty() && shown.is_none() {
            return;
        }
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
}

fn add_sale(facts: &mut Facts, day: Day, entity: Entity, sum: Sum) {
    facts.add(day, entity, Metric::Orders(sum.currency), 1);
    facts.add(day, entity, Metric::Gross(sum.currency), sum.gross.into());
    facts.add(day, entity, Metric::Net(sum.currency), sum.net.into());
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
