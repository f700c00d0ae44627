//! Sample-ratio mismatch: variants were not given as their shares say, so the groups are not alike.

use serde::{Deserialize, Serialize};

use super::distribution::chi_squared_tail;
use super::float;

/// A split this improbable rings the alarm.
pub const ALARM: f64 = 0.001;

/// Below so many expected units of a variant nothing is said: the test's distribution is not good enough (Cochran, "Some
/// Methods for Strengthening the Common chi-squared Tests", Biometrics 10, 1954).
const FEWEST_EXPECTED: f64 = 5.0;

/// How far the exposures are from the shares.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Mismatch {
    /// Pearson's chi-squared.
    pub chi_squared: f64,
    /// The chance of a split at least this far off.
    pub p_value: f64,
    /// It is below [`ALARM`]: no winner while it rings.
    pub alarm: bool,
}

/// Pearson's test of exposures against what the shares let expect. `expected` is the sum over the experiment's versions of
/// the units first exposed under it times the variant's share in it, so both add up to the same; a variant that was never
/// to be given is left out. `None` below two variants or [`FEWEST_EXPECTED`] units.
pub fn mismatch(observed: &[i128], expected: &[f64]) -> Option<Mismatch> {
    let cells: Vec<(f64, f64)> =
        observed.iter().map(|count| float(*count)).zip(expected.iter().copied()).filter(|(_, e)| *e > 0.0).collect();
    if cells.len() < 2 || cells.iter().any(|(_, expected)| *expected < FEWEST_EXPECTED) {
        return None;
    }
    let chi_squared: f64 = cells.iter().map(|(observed, expected)| (observed - expected).powi(2) / expected).sum();
    let degrees = u32::try_from(cells.len() - 1).ok()?;
    let p_value = chi_squared_tail(chi_squared, f64::from(degrees))?;
    Some(Mismatch { chi_squared, p_value, alarm: p_value < ALARM })
}
