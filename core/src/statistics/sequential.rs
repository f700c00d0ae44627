//! A confidence sequence: an interval that may be looked at whenever one likes.

use serde::{Deserialize, Serialize};

use super::{Interval, around};

/// The number of units, of both variants together, for which the sequence is tightest.
pub const TUNING: f64 = 5_000.0;

/// An interval of a relative effect that holds at all times together, and the p-value that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sequential {
    /// Of the relative effect.
    pub interval: Interval,
    /// Below alpha exactly when the interval does not hold 0.
    pub p_value: f64,
}

/// The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory
/// and asymptotic confidence sequences" (<https://arxiv.org/abs/2103.06476v7>): equation 9 with the `rho` of equation 161,
/// the p-value of equation 155. `units` are those of both variants.
pub(super) fn sequence(value: f64, squared_error: f64, units: f64, alpha: f64) -> Option<Sequential> {
    let surprise = -2.0 * alpha.ln();
    let rho = (surprise + surprise.ln_1p()) / TUNING;
    let grown = units * rho + 1.0;
    // The equations speak of one unit's variance: of so many it is `squared_error * units`.
    let reach = (squared_error * 2.0 * grown / (units * rho) * (grown.sqrt() / alpha).ln()).sqrt();
    let evidence = value.powi(2) / squared_error * units * rho / (2.0 * grown) - grown.ln() / 2.0;
    let p_value = (-evidence).exp().min(1.0);
    p_value.is_finite().then_some(Sequential { interval: around(value, reach)?, p_value })
}
