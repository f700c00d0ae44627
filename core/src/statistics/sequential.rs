//! A confidence sequence: an interval that may be looked at whenever one likes.

use serde::{Deserialize, Serialize};

use super::figure::Estimate;
use super::{Interval, around};

/// The number of units, of both variants together, for which the sequence is tightest.
pub const TUNING: f64 = 5_000.0;

/// Below so many conversions, or a spread that is worth as much, nothing is decided by a sequence. It holds asymptotically:
/// with a handful of conversions it is wrong too often (`docs/statistics.md` has the simulation).
const FEWEST: f64 = 100.0;

/// An interval of a relative effect that holds at all times together, and the p-value that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sequential {
    /// Of the relative effect.
    pub interval: Interval,
    /// Below alpha exactly when the interval does not hold 0.
    pub p_value: f64,
    /// There are figures enough to decide by it: the standard error of the control's figure is at most a tenth of it, the
    /// challenger's a tenth of the greater figure. That takes some 100 conversions in each, or in the control alone where the
    /// challenger is much worse.
    pub is_ready: bool,
}

/// The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory
/// and asymptotic confidence sequences" (<https://arxiv.org/abs/2103.06476v7>): equation 9 with the `rho` of equation 161,
/// the p-value of equation 155, with the units of both variants.
pub(super) fn sequence(
    (control, challenger): (&Estimate, &Estimate),
    (value, squared_error): (f64, f64),
    alpha: f64,
) -> Option<Sequential> {
    let surprise = -2.0 * alpha.ln();
    let rho_squared = (surprise + surprise.ln_1p()) / TUNING;
    let units = control.units + challenger.units;
    let grown = units * rho_squared + 1.0;
    // The equations speak of one unit's variance: of so many it is `squared_error * units`.
    let reach = (squared_error * 2.0 * grown / (units * rho_squared) * (grown.sqrt() / alpha).ln()).sqrt();
    let evidence = value.powi(2) / squared_error * units * rho_squared / (2.0 * grown) - grown.ln() / 2.0;
    let p_value = (-evidence).exp().min(1.0);
    let most = control.value.max(challenger.value).powi(2);
    let is_ready =
        control.value.powi(2) >= FEWEST * control.squared_error() && most >= FEWEST * challenger.squared_error();
    p_value.is_finite().then_some(Sequential { interval: around(value, reach)?, p_value, is_ready })
}

impl Sequential {
    /// The interval, where it may decide.
    pub fn deciding(&self) -> Option<Interval> {
        self.is_ready.then_some(self.interval)
    }
}
