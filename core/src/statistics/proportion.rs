//! Shares of units: conversion rates.

use super::distribution::normal_two_sided;
use super::figure::{Figure, Undefined};
use super::float;

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
pub(super) fn z_test(control: &Figure, challenger: &Figure) -> Option<(f64, f64)> {
    let Figure::Share { units: a, successes: of_a } = *control else { return None };
    let Figure::Share { units: b, successes: of_b } = *challenger else { return None };
    let (converted, all) = (float(of_a.checked_add(of_b)?), float(a.checked_add(b)?));
    let variance = converted / all * ((all - converted) / all) * (1.0 / float(a) + 1.0 / float(b));
    let z = (float(of_b) / float(b) - float(of_a) / float(a)) / variance.sqrt();
    z.is_finite().then(|| (z, normal_two_sided(z)))
}
