//! A winner, as webhooks are told of it.

use super::evidence::sums;
use super::{Asked, By, Ledger, Range, Read, get};
use crate::config::{Config, Criterion, Experiment, Method};
use crate::decision::{Decision, State};
use crate::facts::{Entity, Figures, Measure, Metric};
use crate::money::Currency;
use crate::statistics::{Figure, estimate};
use crate::time::Millis;
use crate::webhook::{About, Arm, Effect, Event, GoalName, Winner};
use crate::words;

/// What is told of the winner that was just decided, the ledger's decision; `None` where it is none.
pub fn winner(config: &Config, experiment: &Experiment, ledger: &Ledger, now: Millis) -> Option<Event> {
    let decision = ledger.decision(experiment.number)?;
    let State::Winner { variant } = decision.state else { return None };
    let today = config.zone().day(now);
    let asked = Asked { range: Range::last(1, today), by: By::Sum };
    let read = Read { config, ledger, asked, as_of: now, today };
    let run = ledger.run(Entity::Experiment(experiment.number));
    let goal = experiment.goals.first()?;
    let summary = read.results(experiment, run).summary;
    Some(Event::Winner(Box::new(Winner {
        experiment: About::of(experiment, now),
        variant: experiment.variants.get(usize::from(variant))?.clone(),
        goal: GoalName::of(&goal.key, &goal.name, &goal.kind),
        method: match decision.method {
            Method::Fixed => "fixed",
            Method::Bayesian => "bayesian",
            Method::Sequential => "sequential",
        }
        .to_owned(),
        confidence: experiment.plan.confidence,
        effect: effect(decision, variant),
        figures: arms(experiment, run, config.currency),
        summary: summary.sentence,
    })))
}

/// The winner against the control, by what decided.
fn effect(decision: &Decision, variant: u8) -> Option<Effect> {
    let comparison = decision.comparisons.get(usize::from(variant).checked_sub(1)?)?;
    let [low, high] = words::interval(comparison, decision.method).map_or([None, None], |ends| ends.map(Some));
    Some(Effect { estimate: words::estimate(comparison, decision.method)?, low, high })
}

fn arms(experiment: &Experiment, run: &Figures, currency: Currency) -> Vec<Arm> {
    let Some(goal) = experiment.goals.first() else { return Vec::new() };
    let is_money = matches!(goal.criterion(), Criterion::RevenuePerUnit | Criterion::Aov);
    let minor = if is_money { 10_f64.powi(i32::try_from(currency.digits()).unwrap_or(0)) } else { 1.0 };
    let whole = |count: i128| u64::try_from(count).unwrap_or(0);
    let conversions = |variant| get(run, Metric::Goal { goal: 0, variant, measure: Measure::Conversions });
    let arm = |((place, variant), figure): ((u8, &crate::config::Variant), Figure)| Arm {
        variant: variant.key.clone(),
        units: whole(figure.units()),
        conversions: whole(conversions(place)),
        figure: estimate(&figure).map_or(0.0, |estimate| estimate.value / minor),
    };
    (0_u8..).zip(&experiment.variants).zip(sums((0, goal), experiment, run, currency)).map(arm).collect()
}
