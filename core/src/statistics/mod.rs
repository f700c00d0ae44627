//! What figures prove: tests, intervals, sample sizes.
//!
//! Everything here is a pure function of sums over units. What cannot be said is absent with its reason
//! ([`Undefined`]), never a number that is none. `docs/statistics.md` has each formula with its source.

mod bayes;
mod compare;
mod distribution;
mod figure;
mod mean;
mod mismatch;
mod plan;
mod proportion;
mod ratio;
pub mod sample;
mod sequential;

pub use bayes::{Bayesian, Prior};
pub use compare::{Comparison, Effect, Settings, Test, compare};
pub use figure::{Estimate, Figure, Undefined, estimate};
pub use mismatch::{ALARM, Mismatch, mismatch};
pub use plan::{Method, Plan};
pub use sequential::{Sequential, TUNING};

/// Lower and upper end.
pub type Interval = [f64; 2];

/// The nearest double of a sum. Sums below 2^53 are exact, larger ones are off by less than 10^-15 of themselves.
#[expect(clippy::cast_precision_loss, reason = "for estimates; exact arithmetic comes before it")]
fn float(sum: i128) -> f64 {
    sum as f64
}

/// The ends `reach` away from a value, if they are numbers.
fn around(value: f64, reach: f64) -> Option<Interval> {
    let ends = [value - reach, value + reach];
    ends.iter().all(|end| end.is_finite()).then_some(ends)
}
