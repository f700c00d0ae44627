//! Who earns an order: the latest touch of a communication, and every experience's latest execution.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Sum;
use crate::config::WINDOWS;
use crate::facts::{Earned, Entity, Facts, Metric};
use crate::time::{Day, Millis};

/// What may earn a person's next order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    touch: Option<(Millis, u16)>,
    /// The latest execution of each experience.
    executions: BTreeMap<u16, Execution>,
    /// By experience and variant, the windows within which the person converted, a bit each.
    guests: BTreeMap<(u16, u8), u8>,
    /// The day of the latest start of each sequence and campaign.
    starts: BTreeMap<Entity, Day>,
}

/// An execution of an experience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    at: Millis,
    day: Day,
    /// Place of its variant.
    pub variant: u8,
}

impl Credit {
    /// A qualifying interaction with a communication: the latest one earns.
    pub fn touch(&mut self, at: Millis, communication: u16) {
        self.touch = Some((at, communication));
    }

    /// The communication that earns an order.
    pub fn earner(&self, at: Millis, lookback: Millis) -> Option<u16> {
        self.touch.filter(|(touched_at, _)| at - touched_at <= lookback).map(|(_, communication)| communication)
    }

    /// An experience ran for the person.
    pub fn execute(&mut self, at: Millis, day: Day, experience: u16, variant: u8, facts: &mut Facts) {
        self.executions.insert(experience, Execution { at, day, variant });
        self.guests.entry((experience, variant)).or_insert_with(|| {
            facts.add(day, Entity::Experience(experience), Metric::Reached(variant), 1);
            0
        });
    }

    /// Every experience's latest execution with each window that an order falls in.
    pub fn windows(&self, at: Millis, windows: &[Millis; WINDOWS]) -> Vec<(u16, Execution, u8)> {
        let within = |(experience, execution): (&u16, &Execution)| {
            let (experience, execution) = (*experience, *execution);
            let places = (0_u8..).zip(windows).filter(move |(_, window)| at - execution.at <= **window);
            places.map(move |(place, _)| (experience, execution, place)).collect::<Vec<_>>()
        };
        self.executions.iter().flat_map(within).collect()
    }

    /// An order within a window; `is_first` of its session there.
    pub fn earn(
        &mut self,
        experience: u16,
        execution: Execution,
        window: u8,
        (sum, is_first): (Sum, bool),
        facts: &mut Facts,
    ) {
        let Execution { variant, day, .. } = execution;
        let mut add = |measure, amount| {
            let metric = Metric::Window { variant, window, measure };
            facts.add(day, Entity::Experience(experience), metric, amount);
        };
        add(Earned::Orders(sum.currency), 1);
        add(Earned::Gross(sum.currency), sum.gross.into());
        add(Earned::Net(sum.currency), sum.net.into());
        add(Earned::Conversions, is_first.into());
        let converted = self.guests.entry((experience, variant)).or_default();
        if *converted & (1 << window) == 0 {
            *converted |= 1 << window;
            add(Earned::People, 1);
        }
    }

    /// A sequence or a campaign started.
    pub fn start(&mut self, what: Entity, day: Day) {
        self.starts.insert(what, day);
    }

    /// People, on the day of their latest start.
    pub fn add_to(&self, facts: &mut Facts) {
        for (what, day) in &self.starts {
            facts.add(*day, *what, Metric::People, 1);
        }
    }

    /// Knows whom experiences reached before.
    pub fn know_guests(&mut self, other: &Self) {
        self.guests.clone_from(&other.guests);
    }

    /// Takes in what was known of a visitor that joins.
    pub fn absorb(&mut self, other: Self) {
        self.touch = self.touch.max(other.touch);
        for (experience, execution) in other.executions {
            let known = self.executions.entry(experience).or_insert(execution);
            if known.at < execution.at {
                *known = execution;
            }
        }
        for (guest, converted) in other.guests {
            *self.guests.entry(guest).or_default() |= converted;
        }
        for (what, day) in other.starts {
            let known = self.starts.entry(what).or_insert(day);
            *known = day.max(*known);
        }
    }
}
