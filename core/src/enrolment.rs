//! A visitor in an experiment: what it was given first, and what it did since.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::{Entity, Facts, Measure, Metric};
use crate::money::{Currency, Money};
use crate::time::{Day, Millis, Zone};

/// One visitor's part in one experiment's results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    variant: u8,
    /// The version of the experiment it was first exposed under: its shares are what a mismatch is measured by.
    version: u32,
    exposed_at: Millis,
    /// Exposed to two variants: left out of the results.
    is_crossover: bool,
    goals: BTreeMap<u8, Conversions>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Conversions {
    first_day: Day,
    days: BTreeMap<Day, Tally>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    conversions: u32,
    revenue: BTreeMap<Currency, (u32, i128)>,
}

impl Enrolment {
    /// The first valid exposure.
    pub fn new(variant: u8, version: u32, exposed_at: Millis) -> Self {
        Self { variant, version, exposed_at, is_crossover: false, goals: BTreeMap::new() }
    }

    /// A later valid exposure.
    pub fn meet(&mut self, variant: u8) {
        self.is_crossover |= variant != self.variant;
    }

    /// A goal's event at or after the first exposure.
    pub fn convert(&mut self, goal: u8, at: Millis, day: Day, revenue: Option<Money>) {
        debug_assert!(at >= self.exposed_at, "events are folded in order");
        let conversions = self.goals.entry(goal);
        let conversions = conversions.or_insert_with(|| Conversions { first_day: day, days: BTreeMap::new() });
        let tally = conversions.days.entry(day).or_default();
        tally.conversions += 1;
        if let Some(money) = revenue {
            let (orders, gross) = tally.revenue.entry(money.currency).or_default();
            *orders += 1;
            *gross += i128::from(money.minor);
        }
    }

    /// Adds this visitor's share of the experiment's figures.
    pub fn add_to(&self, facts: &mut Facts, experiment: u16, zone: &Zone) {
        let entity = Entity::Experiment(experiment);
        let exposed_on = zone.day(self.exposed_at);
        if self.is_crossover {
            return facts.add(exposed_on, entity, Metric::Crossovers, 1);
        }
        let variant = self.variant;
        facts.add(exposed_on, entity, Metric::Exposures(variant), 1);
        for (&goal, conversions) in &self.goals {
            let mut add = |day, measure, amount| {
                facts.add(day, entity, Metric::Goal { goal, variant, measure }, amount);
            };
            add(conversions.first_day, Measure::Conversions, 1);
            for (&day, tally) in &conversions.days {
                add(day, Measure::TotalConversions, tally.conversions.into());
                for (&currency, &(orders, gross)) in &tally.revenue {
                    add(day, Measure::Orders(currency), orders.into());
                    add(day, Measure::Gross(currency), gross);
                }
            }
        }
    }
}
