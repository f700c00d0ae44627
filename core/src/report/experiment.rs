//! Experiments over their runs, per variant and goal.

use std::collections::BTreeSet;

use serde::Serialize;

use super::evidence::{Placed, exposures};
use super::result::{ChallengerReport, Progress, Results};
use super::revenue::{Revenue, Sale, revenue};
use super::{Read, get, ratio};
use crate::config::{Criterion, Experiment, Goal, Outcome, Plan, Status, Unit};
use crate::decision::{Decision, RESULTS_AFTER};
use crate::facts::{Entity, Figures, Measure, Metric};
use crate::money::{Currency, decimal};
use crate::statistics::Mismatch;
use crate::time::{Day, Millis};
use crate::words::Summary;

/// An experiment over its whole run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExperimentReport {
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// Where it stands.
    pub status: Status,
    /// Start, ms.
    pub started_at: Option<Millis>,
    /// Start in the site's time zone, for people.
    pub started_local: Option<String>,
    /// End, ms.
    pub ended_at: Option<Millis>,
    /// End in the site's time zone, for people.
    pub ended_local: Option<String>,
    /// What variants are given to.
    pub unit: Unit,
    /// Share of visitors who take part, 0 to 1.
    pub coverage: f64,
    /// Visitors exposed to two variants, left out of the results.
    pub crossovers: i128,
    /// How it is decided, and what happens then.
    pub plan: Plan,
    /// Results show from here on, ms: 24 hours after the start. What follows from them is absent before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown_from: Option<Millis>,
    /// What the experiment comes to, in words.
    pub summary: Summary,
    /// How far the sample is; absent of what has not begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// What is decided, with the figures it was decided from; none of a bandit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// What was done about the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Exposures against the shares they were given by, now; absent while there are too few.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mismatch: Option<Mismatch>,
    /// Control first.
    pub variants: Vec<VariantReport>,
    /// Primary first.
    pub goals: Vec<GoalReport>,
    /// Each day with an exposure or a crossover.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<ExperimentDay>>,
}

/// A variant's exposures.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VariantReport {
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// Share of those who take part, 0 to 1.
    pub weight: f64,
    /// Distinct visitors who were given it: the only denominator.
    pub exposures: i128,
}

/// An experiment on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExperimentDay {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Visitors first exposed on that day, in the order of the variants.
    pub exposures: Vec<i128>,
    /// Visitors first exposed to a second variant on that day.
    pub crossovers: i128,
}

/// A goal's figures per variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GoalReport {
    /// The goal itself: key, name, type.
    #[serde(flatten)]
    pub goal: Goal,
    /// Whether it decides.
    pub primary: bool,
    /// What variants are compared by.
    pub criterion: Criterion,
    /// In the order of the experiment's variants.
    pub variants: Vec<GoalFigures>,
    /// Each challenger against the control; absent before results show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challengers: Option<Vec<ChallengerReport>>,
    /// Each day with any of its figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<GoalDay>>,
}

/// One goal's figures for one variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GoalFigures {
    /// The variant's key.
    pub variant: String,
    /// Distinct visitors exposed.
    pub exposures: i128,
    /// Distinct visitors who converted.
    pub conversions: i128,
    /// All conversions.
    pub total_conversions: i128,
    /// `conversions / exposures`, or `met / sessions` of a goal of sessions; absent where there is nothing to divide by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion_rate: Option<f64>,
    /// Of a goal of sessions (per session, bounce rate, exit rate).
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Sessions>,
    /// By currency; empty for goals without revenue.
    pub revenue: Vec<Revenue>,
    /// What lies beyond the plan's cap, and decides nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beyond_cap: Option<String>,
}

/// Sessions that count for a goal, and those that met it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sessions {
    /// How many count.
    pub sessions: i128,
    /// How many of them met it.
    #[serde(rename = "sessions_met")]
    pub met: i128,
}

/// One goal's figures on one day: a number for each variant, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GoalDay {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Visitors first exposed on that day.
    pub exposures: Vec<i128>,
    /// Visitors who first converted on that day.
    pub conversions: Vec<i128>,
    /// All conversions.
    pub total_conversions: Vec<i128>,
    /// Sessions that count, of a goal of sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Vec<i128>>,
    /// Those that met it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions_met: Option<Vec<i128>>,
    /// By currency; empty for goals without revenue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revenue: Vec<RevenueDay>,
}

/// Orders of one currency on one day, for each variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RevenueDay {
    /// ISO 4217 code.
    pub currency: Currency,
    /// How many.
    pub orders: Vec<i128>,
    /// Their gross value.
    pub gross: Vec<String>,
    /// The same less refunds.
    pub net: Vec<String>,
}

impl Read<'_> {
    pub(super) fn experiment(&self, experiment: &Experiment) -> ExperimentReport {
        let entity = Entity::Experiment(experiment.number);
        let run = self.ledger.run(entity);
        let range = self.asked.days_of_experiment(experiment.number);
        let days: Option<Vec<(Day, &Figures)>> = range.map(|range| self.ledger.days(entity, range).collect());
        let allocation = experiment.allocation().map(|(_, allocation)| allocation);
        let share = |ten_thousandths: u16| f64::from(ten_thousandths) / 10_000.0;
        let weight =
            |place| allocation.and_then(|allocation| allocation.weights.get(place)).copied().map_or(0.0, share);
        let local = |at: Option<Millis>| at.map(|at| self.config.zone().local(at));
        let variants = (0_u8..).zip(&experiment.variants).map(|(place, variant)| VariantReport {
            key: variant.key.clone(),
            name: variant.name.clone(),
            weight: weight(usize::from(place)),
            exposures: get(run, Metric::Exposures(place)),
        });
        let Results { challengers, progress, decision, mismatch, summary } = self.results(experiment, run);
        let mut challengers = challengers.map(Vec::into_iter);
        let goals = (0_u8..).zip(&experiment.goals).map(|goal| GoalReport {
            challengers: challengers.as_mut().and_then(Iterator::next),
            ..goal_report(goal, experiment, (run, days.as_deref()), self.config.currency)
        });
        ExperimentReport {
            key: experiment.key.clone(),
            name: experiment.name.clone(),
            status: experiment.status(self.as_of),
            started_at: experiment.started_at,
            started_local: local(experiment.started_at),
            ended_at: experiment.ended_at,
            ended_local: local(experiment.ended_at),
            unit: experiment.unit,
            coverage: allocation.map_or(0.0, |allocation| share(allocation.coverage)),
            crossovers: get(run, Metric::Crossovers),
            plan: experiment.plan.clone(),
            shown_from: experiment.started_at.map(|start| start.saturating_add(RESULTS_AFTER)),
            summary,
            progress,
            decision,
            outcome: experiment.outcome.clone(),
            mismatch,
            variants: variants.collect(),
            goals: goals.collect(),
            days: days.as_ref().map(|days| experiment_days(experiment, days)),
        }
    }
}

fn per_variant(experiment: &Experiment, figures: &Figures, metric: impl Fn(u8) -> Metric) -> Vec<i128> {
    (0_u8..).zip(&experiment.variants).map(|(variant, _)| get(figures, metric(variant))).collect()
}

fn experiment_days(experiment: &Experiment, days: &[(Day, &Figures)]) -> Vec<ExperimentDay> {
    let day = |(day, figures): &(Day, &Figures)| ExperimentDay {
        day: day.to_string(),
        exposures: per_variant(experiment, figures, Metric::Exposures),
        crossovers: get(figures, Metric::Crossovers),
    };
    let is_something = |day: &ExperimentDay| day.crossovers != 0 || day.exposures.iter().any(|count| *count != 0);
    days.iter().map(day).filter(is_something).collect()
}

fn goal_report(
    (place, goal): Placed<'_>,
    experiment: &Experiment,
    (run, days): (&Figures, Option<&[(Day, &Figures)]>),
    own: Currency,
) -> GoalReport {
    let variants = (0_u8..).zip(&experiment.variants);
    let day = |(day, figures): &(Day, &Figures)| goal_day((place, goal), experiment, *day, figures);
    GoalReport {
        goal: goal.clone(),
        primary: place == 0,
        criterion: goal.criterion(),
        variants: variants
            .map(|(variant, named)| GoalFigures {
                beyond_cap: beyond_cap((place, goal), variant, experiment, run, own),
                ..goal_figures(&named.key, place, variant, goal, run)
            })
            .collect(),
        challengers: None,
        days: days.map(|days| days.iter().filter_map(day).collect()),
    }
}

/// What of a variant's revenue lies beyond the cap; absent where none is set, or the figure that decides has none.
fn beyond_cap(
    (goal, what): Placed<'_>,
    variant: u8,
    experiment: &Experiment,
    run: &Figures,
    own: Currency,
) -> Option<String> {
    let is_capped = matches!(what.criterion(), Criterion::RevenuePerUnit | Criterion::Aov);
    experiment.plan.revenue_cap(own).filter(|_| is_capped)?;
    Some(decimal(get(run, Metric::Goal { goal, variant, measure: Measure::BeyondCap }), own))
}

/// The currencies of a goal that counts money. Only the goal's own figures are looked through.
fn of_goal(goal: &Goal, place: u8, figures: &Figures) -> Vec<Currency> {
    if !goal.is_revenue() {
        return Vec::new();
    }
    let first = Metric::Goal { goal: place, variant: 0, measure: Measure::Conversions };
    let own = figures.range(first..).map(|(metric, _)| metric);
    let own = own.take_while(|metric| matches!(metric, Metric::Goal { goal, .. } if *goal == place));
    let found = own.filter_map(|metric| match metric {
        Metric::Goal { measure: Measure::Orders(currency), .. } => Some(*currency),
        _ => None,
    });
    found.collect::<BTreeSet<Currency>>().into_iter().collect()
}

fn goal_day((place, goal): (u8, &Goal), experiment: &Experiment, day: Day, figures: &Figures) -> Option<GoalDay> {
    let of = |measure| per_variant(experiment, figures, |variant| Metric::Goal { goal: place, variant, measure });
    let revenue = |currency| {
        let text = |measure| of(measure).into_iter().map(|minor| decimal(minor, currency)).collect();
        RevenueDay {
            currency,
            orders: of(Measure::Orders(currency)),
            gross: text(Measure::Gross(currency)),
            net: text(Measure::Net(currency)),
        }
    };
    let sessions = |measure| goal.is_of_sessions().then(|| of(measure));
    let day = GoalDay {
        day: day.to_string(),
        exposures: per_variant(experiment, figures, |variant| exposures(goal, place, variant)),
        conversions: of(Measure::Conversions),
        total_conversions: of(Measure::TotalConversions),
        sessions: sessions(Measure::Sessions),
        sessions_met: sessions(Measure::SessionsMet),
        revenue: of_goal(goal, place, figures).into_iter().map(revenue).collect(),
    };
    let mut counts = day.exposures.iter().chain(&day.total_conversions).chain(day.sessions.iter().flatten());
    counts.any(|count| *count != 0).then_some(day)
}

fn goal_figures(key: &str, place: u8, variant: u8, goal: &Goal, run: &Figures) -> GoalFigures {
    let of = |measure| get(run, Metric::Goal { goal: place, variant, measure });
    let exposures = get(run, exposures(goal, place, variant));
    let conversions = of(Measure::Conversions);
    let of_currency = |currency| {
        let (orders, gross) = (of(Measure::Orders(currency)), of(Measure::Gross(currency)));
        revenue(currency, Sale { orders, gross, net: of(Measure::Net(currency)) }, Some(exposures))
    };
    let sessions = of(Measure::Sessions);
    let met = of(Measure::SessionsMet);
    GoalFigures {
        variant: key.to_owned(),
        exposures,
        conversions,
        total_conversions: of(Measure::TotalConversions),
        conversion_rate: if goal.is_of_sessions() { ratio(met, sessions) } else { ratio(conversions, exposures) },
        sessions: goal.is_of_sessions().then_some(Sessions { sessions, met }),
        // Every variant shows the same currencies, so that rows can be compared.
        revenue: of_goal(goal, place, run).into_iter().map(of_currency).collect(),
        beyond_cap: None,
    }
}
