//! Which session an event belongs to, and what a session that ends means to the experiments of its unit.

use std::collections::BTreeMap;

use super::enrolment::Enrolment;
use super::visit::{Session, Visit};
use super::{Fold, Happening, Teller, Valued};
use crate::config::{RETURN_VISIT, SESSION_START, Version};
use crate::facts::{Entity, Metric};
use crate::judge::{Deed, Rules, Worth};
use crate::time::Millis;

impl Fold {
    /// A page event goes on with its visitor's session or starts one.
    pub(super) fn visit(&mut self, at: Millis, happening: &Happening<'_>, rules: &Rules, derived: &mut Vec<Valued>) {
        let (id, is_ours) = match happening.teller {
            Teller::Visitor(id) => (id, true),
            Teller::Stranger(id) => (id, false),
            Teller::Nobody | Teller::Profile => return,
        };
        self.meet(at, happening, rules);
        let visits = if is_ours { &mut self.visits } else { &mut self.strangers };
        if !is_ours && !visits.contains_key(id) {
            visits.insert(id.to_owned(), Visit::default());
        }
        let Some(visit) = visits.get_mut(id) else { return };
        if let Some(session) = visit.session.as_mut().filter(|session| session.goes_on_at(at)) {
            session.last = at;
            return;
        }
        let ended = visit.session.replace(Session::new(at, happening.config));
        visit.sessions = visit.sessions.saturating_add(1);
        let is_return = visit.sessions > 1;
        if let Some(ended) = ended {
            end(&ended, &mut visit.enrolments, rules);
            if ended.names_profile {
                end(&ended, &mut self.enrolments, rules);
            }
        }
        if is_ours {
            self.add_session(at, happening, rules);
            derived.extend(derive(SESSION_START, happening.config, rules));
            if is_return {
                derived.extend(derive(RETURN_VISIT, happening.config, rules));
            }
        }
    }

    /// A visitor's first event, whatever it is.
    pub(super) fn meet(&mut self, at: Millis, happening: &Happening<'_>, rules: &Rules) {
        let Teller::Visitor(id) = happening.teller else { return };
        let is_held_out = rules.was_held_out(id, happening.config);
        if let Some(visit) = self.visits.get_mut(id) {
            visit.is_held_out |= is_held_out;
        } else {
            self.facts.add(rules.zone().day(at), Entity::Site, Metric::Visitors, 1);
            self.visits.insert(id.to_owned(), Visit { is_held_out, ..Visit::default() });
        }
    }

    /// A session that begins with an event.
    pub(super) fn add_session(&mut self, at: Millis, first: &Happening<'_>, rules: &Rules) {
        let day = rules.zone().day(at);
        self.facts.add(day, Entity::Site, Metric::Sessions, 1);
        if is_held_out(first, rules) {
            self.facts.add(day, Entity::HeldOut, Metric::Sessions, 1);
        }
    }

    /// A session of its own, for what a server tells outside any; whether it opens one that counts.
    pub(super) fn own_session(&self, at: Millis, happening: &Happening<'_>) -> (Option<Session>, bool) {
        if happening.is_page || self.session_at(at, happening.teller).is_some() {
            return (None, false);
        }
        let opens = matches!(happening.judged.deed, Deed::Custom { .. } | Deed::Refund { .. });
        (opens.then(|| Session::new(at, happening.config)), opens)
    }

    pub(super) fn end_own(&mut self, own: Option<&Session>, happening: &Happening<'_>, rules: &Rules) {
        let Some(own) = own else { return };
        if let Teller::Visitor(id) = happening.teller
            && let Some(visit) = self.visits.get_mut(id)
        {
            end(own, &mut visit.enrolments, rules);
        }
        if own.names_profile {
            end(own, &mut self.enrolments, rules);
        }
    }

    pub(super) fn session_at(&self, at: Millis, teller: Teller<'_>) -> Option<&Session> {
        let visit = match teller {
            Teller::Visitor(id) => self.visits.get(id),
            Teller::Stranger(id) => self.strangers.get(id),
            Teller::Nobody | Teller::Profile => None,
        };
        visit?.session.as_ref().filter(|session| session.has(at))
    }

    /// The session that an event belongs to: its visitor's, or its own.
    pub(super) fn session_of<'a>(
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
}

/// Whether an event is of a visitor whom the holdout had when it was accepted.
pub(super) fn is_held_out(happening: &Happening<'_>, rules: &Rules) -> bool {
    matches!(happening.teller, Teller::Visitor(id) if rules.was_held_out(id, happening.config))
}

pub(super) fn end(session: &Session, enrolments: &mut BTreeMap<u16, Enrolment>, rules: &Rules) {
    let day = rules.zone().day(session.first);
    for (number, enrolment) in enrolments {
        if let Some(experiment) = rules.config.numbered(*number) {
            enrolment.overlap(experiment, session, day);
        }
    }
}

/// The goals whose value event is derived, and known to the version that the cause was accepted under. It has no
/// properties: a condition that asks for one does not hold.
pub(super) fn derive<'a>(name: &'static str, config: Version, rules: &'a Rules) -> impl Iterator<Item = Valued> + 'a {
    let goals = rules.config.goals.iter().filter(move |goal| goal.event == name && goal.made_in <= config);
    let goals = goals.filter(|goal| rules.holds_of_nothing(goal.condition.as_ref()));
    goals.map(|goal| (goal.number, Worth::Event, None))
}
