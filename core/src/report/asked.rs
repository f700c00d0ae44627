//! What a report is asked for, and what has to be read for it.

use super::Need;
use super::result::traffic_days;
use crate::config::{Config, Experiment};
use crate::config_input::InputError;
use crate::facts::Entity;
use crate::time::{Day, Millis};

/// Days of a range that is asked for by their number, and of one whose days are told one by one.
const MAX_DAYS: i32 = 400;
/// People are told for so many days up to today.
const PEOPLE_DAYS: i32 = 90;

/// Days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
}

impl Range {
    /// Today and the `days - 1` days before it.
    pub fn last(days: i32, today: Day) -> Self {
        Self { from: Day(today.0 - days + 1), to: today }
    }

    /// Whether a day is one of them.
    pub fn has(self, day: Day) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The days that figures are added up over.
    pub range: Range,
    /// What is told day by day besides.
    pub by: By,
}

/// What is told day by day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Nothing.
    Sum,
    /// Everything, each day of the range.
    Day,
    /// The experiment of this number, each day of its run.
    Run(u16),
}

impl Asked {
    /// Reads a query: `days` (1 to 400, 30 unless given) up to `today`, or `from` and `to` as `YYYY-MM-DD`; `by=day`.
    pub fn parse(query: impl Fn(&str) -> Option<String>, today: Day) -> Result<Self, InputError> {
        let wrong = |field: &str, limit: &str| InputError::Field { field: field.to_owned(), limit: limit.to_owned() };
        let day = |name: &str, default: Day| match query(name) {
            Some(text) => Day::parse(&text).ok_or_else(|| wrong(name, "a day as YYYY-MM-DD")),
            None => Ok(default),
        };
        let days = match query("days").map(|text| text.parse::<i32>()) {
            None => 30,
            Some(Ok(days @ 1..=MAX_DAYS)) => days,
            Some(_) => return Err(wrong("days", "1 to 400")),
        };
        let default = Range::last(days, today);
        let range = Range { from: day("from", default.from)?, to: day("to", default.to)? };
        let by = match query("by").as_deref() {
            None => By::Sum,
            Some("day") if range.to.0.saturating_sub(range.from.0) >= MAX_DAYS => {
                return Err(wrong("from", "at most 400 days up to `to`, where they are told day by day"));
            }
            Some("day") => By::Day,
            Some(_) => return Err(wrong("by", "day")),
        };
        Ok(Self { range, by })
    }

    /// The days of an experiment that are told one by one.
    pub(super) fn days_of_experiment(self, number: u16) -> Option<Range> {
        match self.by {
            By::Sum => None,
            By::Day => Some(self.range),
            By::Run(only) => (only == number).then_some(Range { from: Day(i32::MIN), to: Day(i32::MAX) }),
        }
    }

    /// The days of everything else that are told one by one.
    pub(super) fn days(self) -> Option<Range> {
        (self.by == By::Day).then_some(self.range)
    }

    /// What has to be read: it follows from what is configured and the days asked for.
    pub fn needs(self, config: &Config, now: Millis) -> Vec<Need> {
        let today = config.zone().day(now);
        let people = vec![self.range, Range { from: Day(today.0 - PEOPLE_DAYS + 1), to: Day(i32::MAX) }];
        let over_days = |entity| Need { entity, days: vec![self.range], is_run: false };
        let over_run = |entity| Need { entity, days: self.days().into_iter().collect(), is_run: true };
        let of_people = |entity| Need { entity, days: people.clone(), is_run: true };
        // The present traffic is read with it: days that no total has yet.
        let experiment = |one: &Experiment| Need {
            days: self
                .days_of_experiment(one.number)
                .into_iter()
                .chain(one.runs_at(now).then(|| traffic_days(today)))
                .collect(),
            ..over_run(Entity::Experiment(one.number))
        };
        let mut needs: Vec<Need> = [Entity::Site, Entity::HeldOut, Entity::Unattributed].map(over_days).into();
        needs.extend(config.experiments.iter().map(experiment));
        needs.extend(config.communications.iter().map(|one| over_days(Entity::Communication(one.number))));
        needs.extend(config.sequences.iter().map(|one| of_people(Entity::Sequence(one.number))));
        needs.extend(config.campaigns.iter().map(|one| of_people(Entity::Campaign(one.number))));
        needs.extend(config.experiences.iter().map(|one| over_run(Entity::Experience(one.number))));
        needs.extend(config.goals.iter().map(|one| of_people(Entity::Goal(one.number))));
        for journey in &config.journeys {
            needs.push(of_people(Entity::Journey(journey.number)));
            let places = (0_u8..).zip(&journey.treatments).map(|(place, _)| place);
            needs.extend(places.map(|place| of_people(Entity::Treatment(journey.number, place))));
        }
        needs
    }
}
