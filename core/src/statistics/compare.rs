//! A challenger against the control.

use serde::{Deserialize, Serialize};

use super::bayes::{Bayesian, Prior, posterior};
use super::distribution::{normal_quantile, student_quantile, student_two_sided};
use super::figure::{Estimate, Figure, Undefined, estimate};
use super::mean::degrees;
use super::proportion::z_test;
use super::sequential::{Sequential, sequence};
use super::{Interval, around};
use crate::config::Direction;

/// How two variants are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The chance of a false winner that this comparison may have, after the correction for several challengers.
    pub alpha: f64,
    /// Which way the goal should go: what "better" means to the Bayesian figures.
    pub direction: Direction,
    /// What is believed of the relative effect beforehand; flat when absent.
    pub prior: Option<Prior>,
}

/// All that can be said of a challenger. What is absent is not known; `undefined` says why.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Comparison {
    /// Challenger less control; money in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absolute: Option<Effect>,
    /// The same divided by the control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relative: Option<Effect>,
    /// Whether there is a difference: z-test of shares, t-test of means and ratios.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
    /// On the relative effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bayesian: Option<Bayesian>,
    /// On the relative effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequential: Option<Sequential>,
    /// Why something of the above is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undefined: Option<Undefined>,
}

/// A difference with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Effect {
    /// The estimate.
    pub value: f64,
    /// At the confidence that the number of challengers leaves; absent where there is no spread to tell it from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
}

/// A test of the hypothesis that challenger and control are alike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Test {
    /// z or t.
    pub statistic: f64,
    /// Of Student's t; absent for z.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degrees: Option<f64>,
    /// Two-sided.
    pub p_value: f64,
}

/// Compares a challenger with the control.
pub fn compare(control: &Figure, challenger: &Figure, settings: &Settings) -> Comparison {
    match estimate(control).and_then(|a| Ok((a, estimate(challenger)?))) {
        Ok((a, b)) if std::mem::discriminant(control) == std::mem::discriminant(challenger) => {
            compare_estimates((control, &a), (challenger, &b), settings)
        }
        Ok(_) => Comparison { undefined: Some(Undefined::Impossible), ..Comparison::default() },
        Err(undefined) => Comparison { undefined: Some(undefined), ..Comparison::default() },
    }
}

fn compare_estimates(
    (control, a): (&Figure, &Estimate),
    (challenger, b): (&Figure, &Estimate),
    settings: &Settings,
) -> Comparison {
    let alpha = settings.alpha;
    let squared_error = a.squared_error() + b.squared_error();
    let degrees = match control {
        Figure::Share { .. } => None,
        Figure::Mean { .. } | Figure::Ratio { .. } => degrees(a, b),
    };
    let critical = match (control, degrees) {
        (Figure::Share { .. }, _) => normal_quantile(alpha / 2.0).map(f64::abs),
        (_, degrees) => degrees.and_then(|degrees| student_quantile(alpha, degrees)),
    };
    let interval = |value: f64, squared_error: f64| {
        let spread = Some(squared_error.sqrt()).filter(|error| *error > 0.0);
        spread.zip(critical).and_then(|(error, critical)| around(value, error * critical))
    };
    let difference = b.value - a.value;
    let test = match (control, challenger) {
        (Figure::Share { units: n, successes: x }, Figure::Share { units: m, successes: y }) => {
            z_test((*n, *x), (*m, *y)).map(|(statistic, p_value)| Test { statistic, degrees: None, p_value })
        }
        _ => degrees.and_then(|degrees| t_test(difference / squared_error.sqrt(), degrees)),
    };
    let relative = relative(a, b);
    // Of one variant without a spread the relative effect's error would be too small: a rate of 0 or 1 is not known exactly.
    let known = relative.filter(|_| a.variance > 0.0 && b.variance > 0.0);
    let bayesian = known
        .and_then(|(value, squared_error)| posterior(value, squared_error, settings.prior, alpha, settings.direction));
    let sequential = known.and_then(|(value, squared_error)| sequence(value, squared_error, a.units + b.units, alpha));
    Comparison {
        absolute: difference
            .is_finite()
            .then(|| Effect { value: difference, interval: interval(difference, squared_error) }),
        relative: relative.map(|(value, _)| Effect {
            value,
            interval: known.and_then(|(value, squared_error)| interval(value, squared_error)),
        }),
        undefined: why(a, b, relative.is_some()),
        test,
        bayesian,
        sequential,
    }
}

/// The relative effect and its squared error, by the delta method on the ratio of two independent estimates (Deng, Knoblich
/// and Lu, KDD 2018, section 2; <https://arxiv.org/abs/1803.06336>): `var(b) / a^2 + var(a) b^2 / a^4`. `None` unless the
/// control's figure is above 0.
fn relative(a: &Estimate, b: &Estimate) -> Option<(f64, f64)> {
    let value = (b.value - a.value) / a.value;
    let squared_error = (b.squared_error() + a.squared_error() * (b.value / a.value).powi(2)) / a.value.powi(2);
    (a.value > 0.0 && value.is_finite() && squared_error.is_finite()).then_some((value, squared_error))
}

fn t_test(statistic: f64, degrees: f64) -> Option<Test> {
    let p_value = student_two_sided(statistic, degrees).filter(|p_value| p_value.is_finite())?;
    statistic.is_finite().then_some(Test { statistic, degrees: Some(degrees), p_value })
}

/// Why not everything is known of two estimates.
fn why(a: &Estimate, b: &Estimate, has_relative: bool) -> Option<Undefined> {
    match (a, b) {
        _ if a.units < 2.0 || b.units < 2.0 => Some(Undefined::TooFewUnits),
        _ if !has_relative => Some(Undefined::ControlIsZero),
        _ if a.variance <= 0.0 || b.variance <= 0.0 => Some(Undefined::NoSpread),
        _ => None,
    }
}
