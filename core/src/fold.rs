//! What is known of one visitor after its events so far, and the figures that follow from it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::config::{Config, GoalKind};
use crate::enrolment::Enrolment;
use crate::facts::{Entity, Facts, Metric};
use crate::judge::{Deed, Judged, OrderId, Rules};
use crate::money::Money;
use crate::time::{HOUR, MINUTE, Millis};

/// A session ends when more than this passes without an event.
pub const SESSION_GAP: Millis = 30 * MINUTE;
/// A session ends this long after its first event at the latest.
pub const SESSION_LENGTH: Millis = 24 * HOUR;

/// The state of a fold over a visitor's events in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    session: Option<Session>,
    /// Hashes of the orders that count: a later report of one counts for nothing.
    orders: BTreeSet<u64>,
    /// The profile the visitor belongs to: that of its earliest identify.
    profile: Option<String>,
    enrolments: BTreeMap<u16, Enrolment>,
    /// Figures of the site that the events so far brought.
    site: Facts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    first: Millis,
    last: Millis,
}

impl Fold {
    /// Takes the events of one millisecond, in order. Exposures come first: "at or before" compares times alone.
    pub fn step(&mut self, at: Millis, events: &[&Judged], rules: &Rules) {
        let day = rules.zone().day(at);
        if self.session.is_none() {
            self.site.add(day, Entity::Site, Metric::Visitors, 1);
        }
        let continues = self.session.is_some_and(|s| at - s.last <= SESSION_GAP && at - s.first < SESSION_LENGTH);
        match &mut self.session {
            Some(session) if continues => session.last = at,
            session => {
                *session = Some(Session { first: at, last: at });
                self.site.add(day, Entity::Site, Metric::Sessions, 1);
            }
        }
        for event in events {
            if let Deed::Exposure { experiment, variant, version } = event.deed {
                self.enrolments
                    .entry(experiment)
                    .and_modify(|enrolment| enrolment.meet(variant))
                    .or_insert_with(|| Enrolment::new(variant, version, at));
            }
        }
        for event in events {
            self.count(at, event, rules);
        }
    }

    fn count(&mut self, at: Millis, event: &Judged, rules: &Rules) {
        let day = rules.zone().day(at);
        let mut revenue = None;
        match &event.deed {
            Deed::PageView => self.site.add(day, Entity::Site, Metric::PageViews, 1),
            Deed::Presence | Deed::Exposure { .. } => {}
            Deed::Identify { profile } => {
                self.profile.get_or_insert_with(|| profile.clone());
            }
            Deed::Custom { money, order } => {
                if matches!(order, Some(OrderId::Named(id)) if !self.orders.insert(*id)) {
                    return;
                }
                revenue = Some(*money);
                self.site.add(day, Entity::Site, Metric::CustomEvents, 1);
                if order.is_some() {
                    self.site.add(day, Entity::Site, Metric::Orders(money.currency), 1);
                    self.site.add(day, Entity::Site, Metric::Gross(money.currency), money.minor.into());
                }
            }
        }
        for &(experiment, goal) in &event.meets {
            let Some(enrolment) = self.enrolments.get_mut(&experiment) else { continue };
            let revenue = revenue.filter(|_: &Money| is_revenue(&rules.config, experiment, goal));
            enrolment.convert(goal, at, day, revenue);
        }
    }

    /// Every figure that follows from the events so far.
    pub fn facts(&self, rules: &Rules) -> Facts {
        let mut facts = self.site.clone();
        for (number, enrolment) in &self.enrolments {
            enrolment.add_to(&mut facts, *number, rules.zone());
        }
        facts
    }

    /// Drops the figures that no later event can change: they left the shard when they were made.
    pub fn close(&mut self) {
        self.site = Facts::default();
    }
}

fn is_revenue(config: &Config, experiment: u16, goal: u8) -> bool {
    let experiment = config.experiments.iter().find(|candidate| candidate.number == experiment);
    let goal = experiment.and_then(|experiment| experiment.goals.get(usize::from(goal)));
    goal.is_some_and(|goal| matches!(goal.kind, GoalKind::Revenue { .. }))
}
