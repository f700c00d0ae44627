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
    let absent = |undefined| Comparison { undefined: Some(undefined), ..Comparison::default() };
    let estimates = match (estimate(control), estimate(challenger)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(undefined), _) | (_, Err(undefined)) => return absent(undefined),
    };
    match (control, challenger) {
        (Figure::Share { .. }, Figure::Share { .. }) => {
            let test =
                z_test(control, challenger).map(|(statistic, p_value)| Test { statistic, degrees: None, p_value });
            let critical = normal_quantile(settings.alpha / 2.0).map(f64::abs);
            effects(estimates, test, critical, settings)
        }
        (Figure::Mean { .. }, Figure::Mean { .. }) | (Figure::Ratio { .. }, Figure::Ratio { .. }) => {
            let degrees = degrees(&estimates.0, &estimates.1);
            let test = degrees.and_then(|degrees| t_test(estimates, degrees));
            let critical = degrees.and_then(|degrees| student_quantile(settings.alpha, degrees));
            effects(estimates, test, critical, settings)
        }
        _ => absent(Undefined::Impossible),
    }
}

/// Everything that follows from two estimates, with so many standard errors to either side of an effect.
fn effects((a, b): (Estimate, Estimate), test: Option<Test>, critical: Option<f64>, settings: &Settings) -> Comparison {
    let Settings { alpha, direction, prior } = *settings;
    let interval = |value: f64, squared_error: f64| {
        let error = Some(squared_error.sqrt()).filter(|error| *error > 0.0);
        error.zip(critical).and_then(|(error, critical)| around(value, error * critical))
    };
    let difference = b.value - a.value;
    let relative = relative(&a, &b);
    // Of one variant without a spread the relative effect's error would be too small: a rate of 0 or 1 is not known exactly.
    let known = relative.filter(|_| a.variance > 0.0 && b.variance > 0.0);
    Comparison {
        absolute: difference.is_finite().then(|| Effect {
            value: difference,
            interval: interval(difference, a.squared_error() + b.squared_error()),
        }),
        relative: relative.map(|(value, squared_error)| Effect {
            value,
            interval: known.and_then(|_| interval(value, squared_error)),
        }),
        test,
        bayesian: known.and_then(|(value, squared_error)| posterior((value, squared_error), prior, alpha, direction)),
        sequential: known.and_then(|(value, squared_error)| sequence((&a, &b), (value, squared_error), alpha)),
        undefined: why(&a, &b, relative.is_some()),
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

/// Welch's t-test: the difference over its standard error, which is not pooled.
fn t_test((a, b): (Estimate, Estimate), degrees: f64) -> Option<Test> {
    let statistic = (b.value - a.value) / (a.squared_error() + b.squared_error()).sqrt();
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
