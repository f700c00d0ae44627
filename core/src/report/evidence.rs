//! What decisions are made from: the sums of a run, in the shape that tests take.

use super::{Ledger, get};
use crate::config::{self, Allocation, Config, Criterion, Experiment, Goal};
use crate::decision::{Decision, Evidence, Guardrail, decide, results_show};
use crate::facts::{Entity, Figures, Measure, Metric};
use crate::money::Currency;
use crate::statistics::{Figure, Mismatch, mismatch};
use crate::time::Millis;

/// A goal's place within its experiment, and the goal.
pub(super) type Placed<'a> = (u8, &'a Goal);

/// What an experiment's figures decide now. `kept` is what was decided before: what stands is given back as it is. `None`
/// of what has not run, and of a run that began less than 24 hours ago.
pub fn decision(
    config: &Config,
    experiment: &Experiment,
    ledger: &Ledger,
    kept: Option<&Decision>,
    now: Millis,
) -> Option<Decision> {
    decide_on(config, experiment, ledger.run(Entity::Experiment(experiment.number)), kept, now)
}

/// The same of a run's figures.
pub(super) fn decide_on(
    config: &Config,
    experiment: &Experiment,
    run: &Figures,
    kept: Option<&Decision>,
    now: Millis,
) -> Option<Decision> {
    let started_at = experiment.started_at.filter(|start| results_show(*start, now))?;
    let primary = experiment.goals.first()?;
    let sums = |placed| sums(placed, experiment, run, config.currency);
    let guarded: Vec<(Placed<'_>, Vec<Figure>)> =
        (0_u8..).zip(&experiment.goals).skip(1).map(|placed| (placed, sums(placed))).collect();
    let guardrails = guarded.iter().filter_map(|((place, goal), figures)| {
        let config::Guardrail { tolerance, stops } = goal.guardrail?;
        Some(Guardrail { goal: *place, direction: goal.direction, tolerance, stops, figures })
    });
    let evidence = Evidence {
        plan: &experiment.plan.test(),
        direction: primary.direction,
        figures: &sums((0, primary)),
        mismatch: mismatch_of(experiment, run),
        guardrails: &guardrails.collect::<Vec<_>>(),
        started_at,
        ended: experiment.ended_at.is_some_and(|end| end <= now),
        now,
    };
    Some(decide(&evidence, kept))
}

/// A goal's sums of each variant, control first.
pub fn sums((place, goal): Placed<'_>, experiment: &Experiment, run: &Figures, currency: Currency) -> Vec<Figure> {
    let variants = (0_u8..).zip(&experiment.variants);
    variants.map(|(variant, _)| sum((place, goal), variant, run, currency)).collect()
}

fn sum((place, goal): Placed<'_>, variant: u8, run: &Figures, currency: Currency) -> Figure {
    let of = |measure| get(run, Metric::Goal { goal: place, variant, measure });
    let units = get(run, exposures(goal, place, variant));
    let orders = || of(Measure::Orders(currency));
    let within_cap = || of(Measure::Gross(currency)) - of(Measure::BeyondCap);
    let mean = |sum| Figure::Mean { units, sum, sum_of_squares: of(Measure::Squares) };
    let ratio = |numerator, denominator| Figure::Ratio {
        units,
        numerator,
        denominator,
        numerator_squares: of(Measure::Squares),
        denominator_squares: of(Measure::DenominatorSquares),
        products: of(Measure::Products),
    };
    match goal.criterion() {
        Criterion::ConversionRate => Figure::Share { units, successes: of(Measure::Conversions) },
        Criterion::SessionRate => ratio(of(Measure::SessionsMet), of(Measure::Sessions)),
        Criterion::RevenuePerUnit => mean(within_cap()),
        Criterion::OrdersPerUnit => mean(orders()),
        Criterion::Aov => ratio(within_cap(), orders()),
    }
}

/// Units that count for a goal: a goal that was added has its own.
pub(super) fn exposures(goal: &Goal, place: u8, variant: u8) -> Metric {
    match goal.added_at {
        Some(_) => Metric::Goal { goal: place, variant, measure: Measure::Exposures },
        None => Metric::Exposures(variant),
    }
}

/// Exposures against the shares of the version that each unit was first exposed under.
pub fn mismatch_of(experiment: &Experiment, run: &Figures) -> Option<Mismatch> {
    mismatch(&exposed(experiment, run), &due(experiment, run))
}

/// Units of each variant, control first.
pub(super) fn exposed(experiment: &Experiment, run: &Figures) -> Vec<i128> {
    (0_u8..).zip(&experiment.variants).map(|(variant, _)| get(run, Metric::Exposures(variant))).collect()
}

/// How many units each variant would have by the shares.
pub(super) fn due(experiment: &Experiment, run: &Figures) -> Vec<f64> {
    let mut due = vec![0.0; experiment.variants.len()];
    // The first version has what the later ones leave.
    let mut first: i128 = exposed(experiment, run).iter().sum();
    for (version, allocation) in (1_u32..).zip(&experiment.allocations).skip(1) {
        let under = |(variant, _)| get(run, Metric::ExposuresUnder { variant, version });
        let units = (0_u8..).zip(&experiment.variants).map(under).sum();
        first -= units;
        add_due(&mut due, units, allocation);
    }
    if let Some(allocation) = experiment.allocations.first() {
        add_due(&mut due, first, allocation);
    }
    due
}

fn add_due(due: &mut [f64], units: i128, allocation: &Allocation) {
    for (due, weight) in due.iter_mut().zip(&allocation.weights) {
        *due += float(units) * f64::from(*weight) / 10_000.0;
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(super) fn float(count: i128) -> f64 {
    count as f64
}
