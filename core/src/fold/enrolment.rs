//! A unit in an experiment: what it was given first, and what it did since.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Sum;
use super::spread::{Part, Spread};
use super::visit::Session;
use crate::config::{Criterion, Experiment, Goal, GoalKind, Version};
use crate::event::GoalRef;
use crate::facts::{Entity, Facts, Measure, Metric};
use crate::judge::Rules;
use crate::money::Currency;
use crate::time::{Day, Millis};

/// One unit's part in one experiment's results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    variant: u8,
    /// The version of the experiment it was first exposed under: its shares are what a mismatch is measured by.
    version: u32,
    exposed_at: Millis,
    /// The configuration the first exposure was accepted under.
    config: Version,
    /// Exposed to two variants: left out of the results.
    is_crossover: bool,
    goals: BTreeMap<u8, Conversions>,
    /// Orders that were folded and count here, by the hash of their id: the latest [`MAX_ORDERS`].
    orders: Vec<u64>,
}

/// Folded orders that a unit's part knows of. Of what was folded before these a refund that comes after the fold stays
/// where it was counted, also where the unit is left out later.
const MAX_ORDERS: usize = 500;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Conversions {
    first_day: Option<Day>,
    days: BTreeMap<Day, Tally>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    conversions: u32,
    revenue: BTreeMap<Currency, (u32, i128, i128)>,
    sessions: u32,
    sessions_met: u32,
}

impl Enrolment {
    /// The first valid exposure.
    pub fn new(variant: u8, version: u32, exposed_at: Millis, config: Version) -> Self {
        Self { variant, version, exposed_at, config, is_crossover: false, goals: BTreeMap::new(), orders: Vec::new() }
    }

    /// When that was.
    pub fn exposed_at(&self) -> Millis {
        self.exposed_at
    }

    /// A later valid exposure. True if it is the unit's first to a second variant.
    pub fn meet(&mut self, variant: u8) -> bool {
        let crosses = !self.is_crossover && variant != self.variant;
        self.is_crossover |= crosses;
        crosses
    }

    /// Whether the unit is left out of the results.
    pub fn is_left_out(&self) -> bool {
        self.is_crossover
    }

    /// An order that counts here was folded.
    pub fn keep_order(&mut self, order: u64) {
        if self.orders.contains(&order) {
            return;
        }
        if self.orders.len() >= MAX_ORDERS {
            self.orders.remove(0);
        }
        self.orders.push(order);
    }

    /// Whether a folded order counts here.
    pub fn has_orders(&self) -> bool {
        !self.orders.is_empty()
    }

    /// The folded orders that counted, if the unit `is_out` now: each is given once.
    pub fn leave_out(&mut self, is_out: bool) -> Vec<u64> {
        if is_out { std::mem::take(&mut self.orders) } else { Vec::new() }
    }

    /// A goal's event, which is never before the first exposure: there was no enrolment then. True if it converts.
    pub fn convert(&mut self, (place, goal): (u8, &Goal), at: Millis, day: Day, revenue: Option<Sum>) -> bool {
        let is_within = goal.window.is_none_or(|window| at - self.exposed_at <= window);
        let is_conversion = !matches!(goal.kind, GoalKind::BounceRate { .. } | GoalKind::ExitRate { .. });
        if !is_within || !is_conversion || !self.is_in_denominator(goal) {
            return false;
        }
        let conversions = self.goals.entry(place).or_default();
        conversions.first_day.get_or_insert(day);
        let tally = conversions.days.entry(day).or_default();
        tally.conversions += 1;
        if let Some(sum) = revenue {
            let (orders, gross, net) = tally.revenue.entry(sum.currency).or_default();
            *orders += 1;
            *gross += i128::from(sum.gross);
            *net += i128::from(sum.net);
        }
        true
    }

    /// A session of the unit as it stands: the goals of sessions that it counts for.
    pub fn overlap(&mut self, experiment: &Experiment, session: &Session, day: Day) {
        let has_ended = experiment.end_in(session.config).is_some_and(|end| session.first >= end);
        let is_known = session.config >= experiment.started_in;
        if session.last.max(session.told) < self.exposed_at || has_ended || !is_known {
            return;
        }
        for (place, goal) in (0_u8..).zip(&experiment.goals) {
            if goal.added_in > session.config || !self.is_in_denominator(goal) {
                continue;
            }
            if let Some(is_met) = verdict(goal, (experiment.number, place), session) {
                let tally = self.goals.entry(place).or_default().days.entry(day).or_default();
                tally.sessions += 1;
                tally.sessions_met += u32::from(is_met);
            }
        }
    }

    /// A goal that was added to the run counts units that were first exposed since.
    fn is_in_denominator(&self, goal: &Goal) -> bool {
        goal.added_at.is_none_or(|added_at| self.exposed_at >= added_at && self.config >= goal.added_in)
    }

    /// Adds this unit's share of the experiment's figures.
    pub fn add_to(&self, facts: &mut Facts, experiment: &Experiment, rules: &Rules) {
        let entity = Entity::Experiment(experiment.number);
        let exposed_on = rules.zone().day(self.exposed_at);
        if self.is_crossover {
            return;
        }
        let variant = self.variant;
        facts.add(exposed_on, entity, Metric::Exposures(variant), 1);
        if self.version > 1 {
            let under = Metric::ExposuresUnder { variant, version: self.version };
            facts.add(exposed_on, entity, under, 1);
        }
        for (goal, added) in (0_u8..).zip(&experiment.goals).filter(|(_, goal)| goal.added_at.is_some()) {
            if self.is_in_denominator(added) {
                facts.add(exposed_on, entity, Metric::Goal { goal, variant, measure: Measure::Exposures }, 1);
            }
        }
        for (&goal, conversions) in &self.goals {
            let mut add = |day, measure, amount| {
                facts.add(day, entity, Metric::Goal { goal, variant, measure }, amount);
            };
            if let Some(first_day) = conversions.first_day {
                add(first_day, Measure::Conversions, 1);
            }
            for (&day, tally) in &conversions.days {
                add(day, Measure::TotalConversions, tally.conversions.into());
                add(day, Measure::Sessions, tally.sessions.into());
                add(day, Measure::SessionsMet, tally.sessions_met.into());
                for (&currency, &(orders, gross, net)) in &tally.revenue {
                    add(day, Measure::Orders(currency), orders.into());
                    add(day, Measure::Gross(currency), gross);
                    add(day, Measure::Net(currency), net);
                }
            }
            let Some(criterion) = experiment.goals.get(usize::from(goal)).map(Goal::criterion) else { continue };
            if let Some(part) = conversions.part(criterion, rules.config.currency) {
                let spread = Spread::of(part, experiment.plan.revenue_cap(rules.config.currency));
                spread.measures().into_iter().for_each(|(measure, amount)| add(exposed_on, measure, amount));
            }
        }
    }
}

impl Conversions {
    /// The unit's part in what decides; `None` of a share of units, whose spread follows from the share.
    fn part(&self, criterion: Criterion, currency: Currency) -> Option<Part> {
        let days = || self.days.values();
        let sales = || days().filter_map(|tally| tally.revenue.get(&currency));
        let orders = || sales().map(|(orders, ..)| i128::from(*orders)).sum();
        let gross = || sales().map(|(_, gross, _)| *gross).sum();
        let sum = |count: fn(&Tally) -> u32| days().map(|tally| i128::from(count(tally))).sum();
        Some(match criterion {
            Criterion::ConversionRate => return None,
            Criterion::SessionRate => Part::Count(sum(|tally| tally.sessions_met), Some(sum(|tally| tally.sessions))),
            Criterion::RevenuePerUnit => Part::Revenue(gross(), None),
            Criterion::OrdersPerUnit => Part::Count(orders(), None),
            Criterion::Aov => Part::Revenue(gross(), Some(orders())),
        })
    }
}

/// Whether a session meets a goal of sessions; `None` where it does not count for it.
fn verdict(goal: &Goal, place: GoalRef, session: &Session) -> Option<bool> {
    let page = session.pages.get(&place).copied().unwrap_or_default();
    match &goal.kind {
        GoalKind::BounceRate { entry } => {
            let counts = session.views > 0 && (entry.is_none() || page.is_entry);
            counts.then_some(session.views == 1)
        }
        GoalKind::ExitRate { single_page, .. } => {
            let counts = page.is_viewed && (session.views > 1 || *single_page);
            counts.then_some(page.is_last)
        }
        _ if goal.is_of_sessions() => Some(session.met.contains(&place)),
        _ => None,
    }
}
