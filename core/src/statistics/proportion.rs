//! Shares of units: conversion rates.

use super::figure::Undefined;
use super::{distribution, float};

/// A share and its variance, `p (1 - p)`: the unpooled one, of intervals.
pub(super) fn moments(units: i128, successes: i128) -> Result<(f64, f64), Undefined> {
    if successes < 0 || successes > units {
        return Err(Undefined::Impossible);
    }
    let p = float(successes) / float(units);
    Ok((p, p * (float(units - successes) / float(units))))
}

/// The two-proportion z-test with the pooled variance, and its two-sided p-value: under the hypothesis both groups have one
/// rate, so it is estimated from both (Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions", 3rd ed.,
/// section 3.1). `None` where both groups are alike in all units.
pub(super) fn z_test((units_a, successes_a): (i128, i128), (units_b, successes_b): (i128, i128)) -> Option<(f64, f64)> {
    let (n, m) = (float(units_a), float(units_b));
    let converted = float(successes_a.checked_add(successes_b)?);
    let all = n + m;
    let variance = converted / all * ((all - converted) / all) * (1.0 / n + 1.0 / m);
    let z = (float(successes_b) / m - float(successes_a) / n) / variance.sqrt();
    z.is_finite().then(|| (z, distribution::normal_two_sided(z)))
}
