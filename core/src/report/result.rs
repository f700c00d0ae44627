//! What a run's figures say: challengers against the control, how far the sample is, what was decided.

use serde::Serialize;

use super::evidence::{Placed, decide_on, due, exposed, float, mismatch_of, sums};
use super::{Range, Read, ratio};
use crate::config::{Experiment, Status, Variant};
use crate::decision::{Breach, Decision, State, results_show};
use crate::facts::{Entity, Figures};
use crate::statistics::sample::{Outlook, outlook};
use crate::statistics::{Comparison, Figure, Mismatch, compare};
use crate::time::{DAY, Day, HOUR, Millis};
use crate::words::{self, Situation, Summary};

/// Traffic is that of so many days, today among them.
const TRAFFIC_DAYS: i32 = 7;
/// Longer than anything runs.
const FAR_DAYS: f64 = 100_000.0;

/// A challenger against the control, by what decides of the goal.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChallengerReport {
    /// The variant's key.
    pub variant: String,
    /// What can be said of the difference. Intervals are at the plan's confidence for all challengers together.
    #[serde(flatten)]
    pub comparison: Comparison,
    /// It harms this goal, a guardrail, by more than is tolerated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaches: Option<bool>,
    /// The same in a sentence.
    pub words: String,
}

/// How far the sample of the primary goal is, and what it can show.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Progress {
    /// What the sample needs, and what the units so far can show, once results do.
    #[serde(flatten)]
    pub outlook: Outlook,
    /// Units of the variant that has the fewest.
    pub fewest: i128,
    /// `fewest / required`, at most 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Units newly exposed a day, of the last seven days, or of a shorter run; absent of what does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units_per_day: Option<f64>,
    /// Whole days until every variant has its units at that traffic, by the present shares; 0 once all have. Absent where it
    /// would never be, and of what does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_to_go: Option<i64>,
}

/// What of an experiment's results is told with its figures.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// Of each goal each challenger; absent before results show.
    pub(super) challengers: Option<Vec<Vec<ChallengerReport>>>,
    pub(super) progress: Option<Progress>,
    pub(super) decision: Option<Decision>,
    pub(super) mismatch: Option<Mismatch>,
    pub(super) summary: Summary,
}

impl Read<'_> {
    /// What a run comes to. Before results show that is its progress alone.
    pub(super) fn results(&self, experiment: &Experiment, run: &Figures) -> Results {
        let status = experiment.status(self.as_of);
        let begun = experiment.started_at.filter(|_| !matches!(status, Status::Draft | Status::Scheduled));
        let shows = begun.is_some_and(|start| results_show(start, self.as_of));
        let mismatch = mismatch_of(experiment, run).filter(|_| shows);
        let decides = shows && experiment.plan.bandit.is_none();
        let kept = self.ledger.decision(experiment.number);
        let decision = if decides { decide_on(self.config, experiment, run, kept, self.as_of) } else { None };
        let progress = begun.map(|start| self.progress(experiment, run, (start, shows), status));
        let due = mismatch.filter(|mismatch| mismatch.alarm).map(|_| due(experiment, run));
        let summary = words::summary(&Situation {
            experiment,
            status,
            exposures: &exposed(experiment, run),
            progress: progress.as_ref(),
            decision: decision.as_ref(),
            shows,
            due: due.as_deref(),
        });
        let goals = (0_u8..).zip(&experiment.goals);
        let challengers = |goal| self.challengers(goal, experiment, run, decision.as_ref());
        let challengers = shows.then(|| goals.map(challengers).collect());
        Results { challengers, progress, decision, mismatch, summary }
    }

    fn challengers(
        &self,
        (place, goal): Placed<'_>,
        experiment: &Experiment,
        run: &Figures,
        decision: Option<&Decision>,
    ) -> Vec<ChallengerReport> {
        let breaches = decision.map(|decision| decision.breaches.as_slice()).unwrap_or_default();
        let is_complete =
            |decision: &Decision| matches!(decision.state, State::Winner { .. } | State::Inconclusive { .. });
        let is_over = experiment.status(self.as_of) == Status::Completed || decision.is_some_and(is_complete);
        let sums = sums((place, goal), experiment, run, self.config.currency);
        let Some((control, challengers)) = sums.split_first() else { return Vec::new() };
        let settings = experiment.plan.test().settings(challengers.len(), goal.direction);
        let named = (1_u8..).zip(experiment.variants.iter().skip(1)).zip(challengers);
        let challenger = |((variant, named), sums): ((u8, &Variant), &Figure)| {
            let comparison = compare(control, sums, &settings);
            let is_breach = |breach: &Breach| breach.goal == place && breach.variant == variant;
            ChallengerReport {
                variant: named.key.clone(),
                breaches: goal.guardrail.map(|_| breaches.iter().any(is_breach)),
                words: words::comparison(&comparison, goal, experiment, is_over),
                comparison,
            }
        };
        named.map(challenger).collect()
    }

    fn progress(
        &self,
        experiment: &Experiment,
        run: &Figures,
        (start, shows): (Millis, bool),
        status: Status,
    ) -> Progress {
        let Some(primary) = experiment.goals.first() else { return Progress::default() };
        let sums = sums((0, primary), experiment, run, self.config.currency);
        let outlook = outlook(&experiment.plan.test(), primary.direction, &sums);
        let required = outlook.required;
        let fewest = sums.iter().map(Figure::units).min().unwrap_or(0);
        let units_per_day = (status == Status::Running).then(|| self.units_per_day(experiment, start));
        let days = |(required, units_per_day)| days_to_go(experiment, &sums, required, units_per_day);
        Progress {
            outlook: if shows && fewest > 0 { outlook } else { Outlook { required, ..Outlook::default() } },
            fewest,
            share: required.and_then(|required| ratio(fewest, required)).map(|share| share.min(1.0)),
            units_per_day,
            days_to_go: required.zip(units_per_day).and_then(days),
        }
    }

    /// Units newly exposed a day, of the last days and of the part of today that is over; less of a shorter run.
    fn units_per_day(&self, experiment: &Experiment, start: Millis) -> f64 {
        let days = traffic_days(self.today);
        let days = self.ledger.days(Entity::Experiment(experiment.number), days);
        let exposures: i128 = days.flat_map(|(_, figures)| exposed(experiment, figures)).sum();
        let midnight = self.as_of - self.config.zone().time_of_day(self.as_of);
        let from = start.max(midnight - Millis::from(TRAFFIC_DAYS - 1) * DAY);
        // The first hour of a run says nothing of a day.
        let lasted = (self.as_of - from).max(HOUR);
        float(exposures) * float(DAY.into()) / float(lasted.into())
    }
}

/// The days whose exposures are the present traffic.
pub(super) fn traffic_days(today: Day) -> Range {
    Range { from: Day(today.0 - TRAFFIC_DAYS + 1), to: today }
}

/// Whole days until every variant has so many units, each coming by its present share.
fn days_to_go(experiment: &Experiment, sums: &[Figure], required: i128, units_per_day: f64) -> Option<i64> {
    let (_, allocation) = experiment.allocation()?;
    let mut days: f64 = 0.0;
    for (figure, weight) in sums.iter().zip(&allocation.weights) {
        let missing = required - figure.units();
        if missing > 0 {
            days = days.max(float(missing) / (units_per_day * f64::from(*weight) / 10_000.0));
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked just before")]
    (days < FAR_DAYS).then(|| days.ceil() as i64)
}
