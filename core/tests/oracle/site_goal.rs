//! Goals of the site, their journeys and treatments, and the uplift.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tributary_core::assignment::is_held_out;
use tributary_core::config::{GoalMeasure, SiteGoal, Treatment};
use tributary_core::facts::{Entity, Metric, Value};
use tributary_core::time::Millis;

use super::site::Sale;
use super::{Oracle, Who};
use crate::shop::{EXPERIENCES, EXPERIMENTS, POINTS};
use crate::told::What;

/// A value event of a goal, of a person: what nobody did counts in the site's totals alone.
struct Worth {
    who: Who,
    at: Millis,
    sums: Vec<(Value, i128)>,
}

impl Oracle<'_> {
    /// What a person received with an event.
    fn received(&self, place: usize) -> Option<Treatment> {
        let event = self.events[place];
        match event.what {
            What::Exposure { experiment, .. } => {
                let variant = self.exposed(place)?;
                let number = self.config.experiment(EXPERIMENTS[experiment]).unwrap().number;
                Some(Treatment::Variant(number, u8::try_from(variant).unwrap()))
            }
            What::Appearance(communication) => Some(Treatment::Communication(self.number(communication))),
            What::Execution { experience, .. } => {
                let variant = self.executed(place, experience)?;
                let number =
                    self.config.experiences.iter().find(|one| one.key == EXPERIENCES[experience].0).unwrap().number;
                Some(Treatment::Execution(number, u8::try_from(variant).unwrap()))
            }
            _ => None,
        }
    }

    /// The journey and the place within it of what a person received for a goal.
    fn receipt(&self, place: usize, goal: &SiteGoal) -> Option<(u16, u8)> {
        let received = self.received(place)?;
        let version = self.version(place);
        let known = self.config.journeys.iter().filter(|journey| journey.made_in <= version);
        let journeys = known.filter(|journey| journey.goal == goal.number);
        let mut found = journeys.filter_map(|journey| {
            let at = journey.treatments.iter().position(|treatment| *treatment == received)?;
            Some((journey.number, u8::try_from(at).unwrap()))
        });
        found.next()
    }

    /// The value events of a goal, in order.
    fn worths(&self, goal: &SiteGoal, sales: &[Sale]) -> Vec<Worth> {
        let mut worths = Vec::new();
        let mut push = |who: Option<Who>, at, sums: Vec<(Value, i128)>| {
            let Some(who) = who else { return };
            let sums = [(Value::Events, 1)].into_iter().chain(sums).collect();
            worths.push(Worth { who, at, sums });
        };
        match goal.event.as_str() {
            "purchase" => {
                for sale in sales {
                    let sums = vec![(Value::Gross(sale.currency), sale.gross), (Value::Net(sale.currency), sale.net)];
                    push(self.who(sale.place), self.events[sale.place].at, sums);
                }
            }
            "signup" => {
                for (place, event) in self.events.iter().enumerate() {
                    let What::Signup { is_pro, points } = event.what else { continue };
                    if (goal.condition.is_some() && !is_pro) || goal.made_in > self.version(place) {
                        continue;
                    }
                    let is_sum = matches!(&goal.measure, GoalMeasure::Value { .. });
                    let sum = is_sum.then_some((Value::Decimal, POINTS[points].1));
                    push(self.who(place), event.at, sum.into_iter().collect());
                }
            }
            "session_start" | "return_visit" => {
                let visitors: BTreeSet<&'static str> = self.events.iter().filter_map(|event| event.visitor).collect();
                let skipped = usize::from(goal.event == "return_visit");
                // It has no properties.
                let is_asked_for = goal.condition == Some(json!({ "plan": "pro" }));
                let visitors = if is_asked_for { BTreeSet::new() } else { visitors };
                for visitor in visitors {
                    for (first, _) in self.runs(visitor).into_iter().skip(skipped) {
                        if goal.made_in > self.version(first) {
                            continue;
                        }
                        push(self.who(first), self.events[first].at, Vec::new());
                    }
                }
            }
            "profile_created" => {
                let mut known = BTreeSet::new();
                for (place, event) in self.events.iter().enumerate() {
                    let What::Identify(profile) = event.what else { continue };
                    if self.who(place) == Some(Who::Profile(profile)) && known.insert(profile) {
                        push(self.who(place), event.at, Vec::new());
                    }
                }
            }
            other => panic!("{other}"),
        }
        worths
    }

    pub(super) fn count_goals(&mut self, sales: &[Sale]) {
        for goal in &self.config.goals {
            let mut latest: BTreeMap<(Entity, Metric, Who), Millis> = BTreeMap::new();
            let mut credited_people = BTreeSet::new();
            let mut active_people = BTreeSet::new();
            let whole = Entity::Goal(goal.number);
            for Worth { who, at, sums } in self.worths(goal, sales) {
                let receipt = self.latest(Some(&who), at, |place| self.receipt(place, goal));
                let receipt = receipt.filter(|(place, _)| at - self.events[*place].at <= goal.window);
                let (levels, people): (Vec<Entity>, _) = match receipt {
                    Some((_, (journey, place))) => {
                        (vec![whole, Entity::Journey(journey), Entity::Treatment(journey, place)], Metric::People)
                    }
                    None => (vec![whole], Metric::UncreditedPeople),
                };
                for level in levels {
                    for (value, sum) in &sums {
                        let metric = if receipt.is_some() { Metric::Credited } else { Metric::Uncredited };
                        self.add(at, level, metric(*value), *sum);
                    }
                    let latest = latest.entry((level, people, who.clone())).or_insert(at);
                    *latest = at.max(*latest);
                }
                active_people.insert(who.clone());
                if receipt.is_some() {
                    credited_people.insert(who);
                }
            }
            for ((entity, metric, _), at) in latest {
                self.add(at, entity, metric, 1);
            }
            self.count_uplift(goal, &credited_people, &active_people);
        }
    }

    /// People treated against people held out.
    fn count_uplift(&mut self, goal: &SiteGoal, credited: &BTreeSet<Who>, active: &BTreeSet<Who>) {
        let is_seen = |place| self.version(place) >= goal.made_in && self.events[place].at >= goal.made_at;
        let seen: Vec<bool> = (0..self.events.len()).map(is_seen).collect();
        let people: BTreeSet<Who> =
            (0..self.events.len()).filter(|place| seen[*place]).filter_map(|place| self.who(place)).collect();
        for who in people {
            let own = |place: &usize| self.who(*place).as_ref() == Some(&who);
            let mut places = (0..self.events.len()).filter(own);
            let first = self.events[places.clone().find(|place| seen[*place]).unwrap()].at;
            let is_treated = places.clone().any(|place| self.receipt(place, goal).is_some());
            let held_out: BTreeSet<bool> = places
                .by_ref()
                .filter_map(|place| self.events[place].visitor)
                .map(|visitor| is_held_out(visitor, self.config.holdout))
                .collect();
            let figures = if !held_out.contains(&true) && is_treated {
                [(Metric::Treated, true), (Metric::TreatedConverted, credited.contains(&who))]
            } else if held_out == BTreeSet::from([true]) {
                [(Metric::Control, true), (Metric::ControlConverted, active.contains(&who))]
            } else {
                continue;
            };
            for (metric, holds) in figures {
                self.add(first, Entity::Goal(goal.number), metric, i128::from(holds));
            }
        }
    }
}
