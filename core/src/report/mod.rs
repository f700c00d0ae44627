//! What a merchant reads, made from merged facts.

mod asked;
mod communication;
mod evidence;
mod experience;
mod experiment;
mod ledger;
mod result;
mod revenue;
mod site;
mod site_goal;
mod uplift;
mod winner;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::config::Config;
use crate::facts::{Entity, Figures, Metric};
use crate::time::{Day, Millis};
use crate::wire::Reason;
pub use asked::*;
pub use communication::*;
pub use evidence::{decision, mismatch_of, sums};
pub use experience::*;
pub use experiment::*;
pub use ledger::*;
pub use result::{ChallengerReport, Progress};
pub use revenue::Revenue;
pub use site::*;
pub use site_goal::*;
pub use uplift::*;
pub use winner::winner;

/// A site's figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// Public site key.
    pub site: String,
    /// For people.
    pub name: String,
    /// IANA name of the zone whose days these are.
    pub time_zone: String,
    /// When this was read, ms.
    pub as_of: Millis,
    /// The same in the site's time zone, for people: `YYYY-MM-DD HH:MM:SS`.
    pub as_of_local: String,
    /// Deliveries still on their way. At 0 every acknowledged event is in the figures.
    pub pending: u32,
    /// First day of the totals (`YYYY-MM-DD`).
    pub from: String,
    /// Last day of the totals.
    pub to: String,
    /// The site over those days.
    pub totals: Totals,
    /// The site on each of those days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<OnDay<SiteDay>>>,
    /// Each over its whole run.
    pub experiments: Vec<ExperimentReport>,
    /// Visitors held out, and all others.
    pub holdout: Holdout,
    /// Pop-ups, notifications, website blocks and messages over those days.
    pub communications: Vec<CommunicationReport>,
    /// Sequences over those days.
    pub sequences: Vec<GroupReport>,
    /// Campaigns over those days.
    pub campaigns: Vec<GroupReport>,
    /// Triggered experiences, each over its whole run.
    pub experiences: Vec<ExperienceReport>,
    /// Goals of the site over those days.
    pub goals: Vec<SiteGoalReport>,
    /// What was accepted, refused or odd over those days, by reason.
    pub diagnostics: BTreeMap<Reason, i128>,
}

/// Figures of one day. Only days with figures are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OnDay<T> {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// The same as over all days.
    #[serde(flatten)]
    pub figures: T,
}

impl Report {
    /// Reads a report out of what was counted, which holds all that [`Asked::needs`] names.
    pub fn read(config: &Config, ledger: &Ledger, asked: Asked, as_of: Millis, pending: u32) -> Self {
        let zone = config.zone();
        let read = Read { config, ledger, asked, as_of, today: zone.day(as_of) };
        let SiteDay { totals, holdout, diagnostics } = read.site();
        Self {
            site: config.site.clone(),
            name: config.name.clone(),
            time_zone: config.time_zone.clone(),
            as_of,
            as_of_local: zone.local(as_of),
            pending,
            from: asked.range.from.to_string(),
            to: asked.range.to.to_string(),
            totals,
            days: read.site_days(),
            holdout,
            communications: config.communications.iter().map(|one| read.communication(one)).collect(),
            sequences: config.sequences.iter().map(|one| read.sequence(one)).collect(),
            campaigns: config.campaigns.iter().map(|one| read.campaign(one)).collect(),
            experiences: config.experiences.iter().map(|one| read.experience(one)).collect(),
            goals: config.goals.iter().map(|one| read.goal(one)).collect(),
            diagnostics,
            experiments: config.experiments.iter().map(|one| read.experiment(one)).collect(),
        }
    }

    /// The report as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What a report is read from.
struct Read<'a> {
    config: &'a Config,
    ledger: &'a Ledger,
    asked: Asked,
    as_of: Millis,
    today: Day,
}

impl Read<'_> {
    /// An entity's figures over the range.
    fn of(&self, entity: Entity) -> Figures {
        self.ledger.over(entity, self.asked.range)
    }

    /// What some entities come to, on each day of the range on which one of them has figures and something is to be told.
    fn each_day<T>(&self, entities: &[Entity], make: &dyn Fn(&[Figures]) -> Option<T>) -> Option<Vec<OnDay<T>>> {
        let mut told = Vec::new();
        for (day, all) in self.days_with(entities)? {
            if let Some(figures) = make(&all) {
                told.push(OnDay { day, figures });
            }
        }
        Some(told)
    }

    fn days_with(&self, entities: &[Entity]) -> Option<Vec<(String, Vec<Figures>)>> {
        let range = self.asked.days()?;
        let on = |day| entities.iter().map(|entity| self.ledger.over(*entity, Range { from: day, to: day })).collect();
        let days = (range.from.0..=range.to.0).map(Day).map(|day| (day, on(day)));
        let known = days.filter(|(_, all): &(Day, Vec<Figures>)| all.iter().any(|figures| !figures.is_empty()));
        Some(known.map(|(day, all)| (day.to_string(), all)).collect())
    }
}

fn get(figures: &Figures, metric: Metric) -> i128 {
    figures.get(&metric).copied().unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people; counts stay far below 2^53")]
fn ratio(part: i128, whole: i128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
