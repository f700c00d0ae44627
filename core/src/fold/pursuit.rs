//! A person and a site goal: what treated the person last, and what it did for the goal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Sum;
use crate::config::SiteGoal;
use crate::facts::{Entity, Facts, Metric, Value};
use crate::judge::Worth;
use crate::time::{Day, Millis};

/// One person's part in one site goal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pursuit {
    /// The day of the person's first event since the goal was made.
    seen: Option<Day>,
    /// The latest treatment: when, journey, place.
    treatment: Option<(Millis, u16, u8)>,
    is_treated: bool,
    is_credited: bool,
    has_value: bool,
    /// Goal, journeys and treatments that were credited, with the day of the latest.
    credited: BTreeMap<Entity, Day>,
    /// The day of the latest value event that nothing earned.
    uncredited: Option<Day>,
}

impl Pursuit {
    /// An event of the person since the goal was made.
    pub fn see(&mut self, day: Day) {
        self.seen.get_or_insert(day);
    }

    /// A treatment of one of the goal's journeys.
    pub fn receive(&mut self, at: Millis, journey: u16, place: u8) {
        self.treatment = Some((at, journey, place));
        self.is_treated = true;
    }

    /// A value event: one credit, to the latest treatment within the goal's window.
    pub fn value(
        &mut self,
        at: Millis,
        day: Day,
        goal: &SiteGoal,
        (worth, sum): (Worth, Option<Sum>),
        facts: &mut Facts,
    ) {
        self.has_value = true;
        let whole = Entity::Goal(goal.number);
        let treatment = self.treatment.filter(|(treated_at, ..)| at - treated_at <= goal.window);
        let Some((_, journey, place)) = treatment else {
            self.uncredited = Some(day);
            return add(facts, day, whole, Metric::Uncredited, worth, sum);
        };
        self.is_credited = true;
        for level in [whole, Entity::Journey(journey), Entity::Treatment(journey, place)] {
            add(facts, day, level, Metric::Credited, worth, sum);
            self.credited.insert(level, day);
        }
    }

    /// People, and which group of the holdout's comparison this one is in.
    pub fn add_to(&self, facts: &mut Facts, goal: u16, is_none_held_out: bool, are_all_held_out: bool) {
        let whole = Entity::Goal(goal);
        for (level, day) in &self.credited {
            facts.add(*day, *level, Metric::People, 1);
        }
        if let Some(day) = self.uncredited {
            facts.add(day, whole, Metric::UncreditedPeople, 1);
        }
        let Some(seen) = self.seen else { return };
        if is_none_held_out && self.is_treated {
            facts.add(seen, whole, Metric::Treated, 1);
            facts.add(seen, whole, Metric::TreatedConverted, self.is_credited.into());
        }
        if are_all_held_out {
            facts.add(seen, whole, Metric::Control, 1);
            facts.add(seen, whole, Metric::ControlConverted, self.has_value.into());
        }
    }

    /// Takes in what was known of a visitor that joins.
    pub fn absorb(&mut self, other: Self) {
        self.seen = match (self.seen, other.seen) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.treatment = self.treatment.max(other.treatment);
        self.is_treated |= other.is_treated;
        self.is_credited |= other.is_credited;
        self.has_value |= other.has_value;
        self.uncredited = self.uncredited.max(other.uncredited);
        for (level, day) in other.credited {
            let known = self.credited.entry(level).or_insert(day);
            *known = day.max(*known);
        }
    }
}

fn add(facts: &mut Facts, day: Day, level: Entity, metric: fn(Value) -> Metric, worth: Worth, sum: Option<Sum>) {
    facts.add(day, level, metric(Value::Events), 1);
    match (worth, sum) {
        (Worth::Decimal(billionths), _) => facts.add(day, level, metric(Value::Decimal), billionths),
        (Worth::Revenue, Some(sum)) => {
            facts.add(day, level, metric(Value::Gross(sum.currency)), sum.gross.into());
            facts.add(day, level, metric(Value::Net(sum.currency)), sum.net.into());
        }
        _ => {}
    }
}
