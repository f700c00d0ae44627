//! What can be said of a challenger, in a sentence.

use super::number;
use crate::config::{Criterion, Experiment, Goal, GoalKind, Method, Unit};
use crate::statistics::{Comparison, Interval, Undefined};

/// What decides of a goal, as people call it: `revenue per visitor`.
pub fn criterion(goal: &Goal, unit: Unit) -> String {
    let one = one(unit);
    match goal.criterion() {
        Criterion::ConversionRate => "conversion rate".to_owned(),
        Criterion::SessionRate => match goal.kind {
            GoalKind::BounceRate { .. } => "bounce rate".to_owned(),
            GoalKind::ExitRate { .. } => "exit rate".to_owned(),
            _ => "conversion rate of sessions".to_owned(),
        },
        Criterion::RevenuePerUnit => format!("revenue per {one}"),
        Criterion::OrdersPerUnit => format!("orders per {one}"),
        Criterion::Aov => "average order value".to_owned(),
    }
}

/// What an experiment gives variants to.
pub fn one(unit: Unit) -> &'static str {
    match unit {
        Unit::Visitor => "visitor",
        Unit::Profile => "profile",
    }
}

/// The interval of the relative effect that the plan's method goes by.
pub fn interval(comparison: &Comparison, method: Method) -> Option<Interval> {
    match method {
        Method::Fixed => comparison.relative?.interval,
        Method::Bayesian => comparison.bayesian.map(|bayesian| bayesian.credible_interval),
        Method::Sequential => comparison.sequential.map(|sequential| sequential.interval),
    }
}

/// The estimate of the relative effect that the plan's method goes by.
pub fn estimate(comparison: &Comparison, method: Method) -> Option<f64> {
    match method {
        Method::Bayesian => comparison.bayesian.map(|bayesian| bayesian.value),
        Method::Fixed | Method::Sequential => None,
    }
    .or(comparison.relative.map(|effect| effect.value))
}

/// A challenger against the control by one goal: how far it is off, how far it may be off, and whether that may be chance.
/// What a test says that is looked at once does not hold before: `is_over` tells whether its sample is complete.
pub fn comparison(comparison: &Comparison, goal: &Goal, experiment: &Experiment, is_over: bool) -> String {
    let method = experiment.plan.method;
    let Some(value) = estimate(comparison, method) else { return why_not(comparison.undefined, goal, experiment) };
    let holds = is_over || method == Method::Sequential;
    let so_far = if holds { "" } else { " so far" };
    let off = format!("{}{so_far}", off(value, control(experiment)));
    let Some([lower, upper]) = interval(comparison, method) else {
        return format!("{off}; there is no spread yet to say how sure that is.");
    };
    let between = between([lower, upper]);
    let sure = sure(experiment.plan.confidence, method);
    let chance = if lower <= 0.0 && upper >= 0.0 { ", which may be chance" } else { "" };
    let end = if holds { "" } else { ", if the test were over now" };
    format!("{off}{chance}: {between} {sure}{end}.")
}

/// `12.3 % higher than Morning light`; what rounds to nothing is `about the same`.
fn off(value: f64, control: &str) -> String {
    if number::is_nothing(value) {
        return format!("About the same as {control}");
    }
    format!("{} {} than {control}", number::size(value), if value > 0.0 { "higher" } else { "lower" })
}

fn control(experiment: &Experiment) -> &str {
    experiment.variants.first().map_or("control", |variant| &variant.name)
}

/// `between −2.0 % and +8.1 %`.
pub(super) fn between([lower, upper]: Interval) -> String {
    format!("between {} and {}", number::change(lower), number::change(upper))
}

/// How sure an interval is, in the words of what it was made by.
pub(super) fn sure(confidence: f64, method: Method) -> String {
    match method {
        Method::Fixed | Method::Sequential => format!("with {} confidence", number::share(confidence)),
        Method::Bayesian => format!("with a chance of {}", number::share(confidence)),
    }
}

fn why_not(undefined: Option<Undefined>, goal: &Goal, experiment: &Experiment) -> String {
    match undefined {
        Some(Undefined::TooFewUnits) => format!("Too few {}s yet to compare.", one(experiment.unit)),
        Some(Undefined::NoDenominator) if goal.criterion() == Criterion::Aov => "No orders yet to compare.".to_owned(),
        Some(Undefined::NoDenominator) => "No sessions yet to compare.".to_owned(),
        Some(Undefined::Impossible) => "These figures do not add up, so they are not compared.".to_owned(),
        Some(Undefined::ControlIsZero | Undefined::NoSpread) | None => {
            format!("{} is at zero, and nothing can be measured against that.", control(experiment))
        }
    }
}
