//! The Bayesian view of a relative effect.

use serde::{Deserialize, Serialize};

use super::distribution::{normal_density, normal_quantile, normal_tail};
use super::{Interval, around};
use crate::config::Direction;

/// What is believed of the relative effect before there are figures: normally distributed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Prior {
    /// The expected effect: 0 for none, 0.05 for 5 % more.
    pub mean: f64,
    /// Its standard deviation, above 0.
    pub deviation: f64,
}

/// What is believed of a challenger's relative effect with the figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bayesian {
    /// The chance that the challenger is better than the control, in the goal's direction.
    pub chance_to_beat_control: f64,
    /// What choosing the challenger costs if it is worse, times the chance of that: a share of the control's figure.
    pub expected_loss: f64,
    /// The relative effect: mean of the posterior.
    pub value: f64,
    /// It lies in here with the chance that the confidence names.
    pub credible_interval: Interval,
}

/// The posterior of a relative effect that was observed with a standard error: normal, the precisions add up (Gelman et al.,
/// "Bayesian Data Analysis", 3rd ed., section 2.5). `None` where the numbers are beyond doubles.
pub(super) fn posterior(
    (value, squared_error): (f64, f64),
    prior: Option<Prior>,
    alpha: f64,
    direction: Direction,
) -> Option<Bayesian> {
    let (mean, variance) = match prior {
        None => (value, squared_error),
        Some(Prior { mean, deviation }) => {
            let all = squared_error + deviation.powi(2);
            let (observed, believed) = (deviation.powi(2) / all, squared_error / all);
            (value * observed + mean * believed, squared_error * observed)
        }
    };
    let deviation = variance.sqrt();
    let better = match direction {
        Direction::Increase => mean / deviation,
        Direction::Decrease => -mean / deviation,
    };
    let credible_interval = around(mean, -normal_quantile(alpha / 2.0)? * deviation)?;
    // The mean of a normal variable's part below zero, `sd (phi(z) - z Q(z))`.
    let expected_loss = (deviation * (normal_density(better) - better * normal_tail(better))).max(0.0);
    let chance_to_beat_control = normal_tail(-better);
    (chance_to_beat_control.is_finite() && expected_loss.is_finite()).then_some(Bayesian {
        chance_to_beat_control,
        expected_loss,
        value: mean,
        credible_interval,
    })
}
