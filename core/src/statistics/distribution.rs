//! Distribution functions, from the crate `statrs`: ten digits, also in the tails.

use std::f64::consts::{PI, SQRT_2};

use statrs::function::beta::checked_beta_reg;
use statrs::function::erf::{erfc, erfc_inv};
use statrs::function::gamma::{checked_gamma_ur, ln_gamma};

/// From so many degrees of freedom on Student's t is turned into a normal variable: the incomplete beta function loses a
/// digit with each tenfold, the series gains five.
const MANY_DEGREES: f64 = 200.0;

/// The standard normal density.
pub(crate) fn normal_density(z: f64) -> f64 {
    (-z * z / 2.0).exp() / (2.0 * PI).sqrt()
}

/// The chance of a standard normal variable above `z`.
pub(crate) fn normal_tail(z: f64) -> f64 {
    erfc(z / SQRT_2) / 2.0
}

/// The chance of a standard normal variable at least as far from 0 as `z`.
pub(super) fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() / SQRT_2)
}

/// The point that a standard normal variable is below with chance `p`; `None` unless `0 < p < 1`.
pub(super) fn normal_quantile(p: f64) -> Option<f64> {
    (p > 0.0 && p < 1.0).then(|| -SQRT_2 * erfc_inv(2.0 * p))
}

/// The chance of Student's t at least as far from 0 as `t`.
pub(super) fn student_two_sided(t: f64, degrees: f64) -> Option<f64> {
    if degrees >= MANY_DEGREES {
        return Some(normal_two_sided(as_normal(t, degrees)));
    }
    checked_beta_reg(degrees / 2.0, 0.5, degrees / (degrees + t * t)).ok()
}

/// The normal variable that is as improbable as `t`, to some 12 digits (Hill, "Algorithm 395: Student's t-distribution",
/// CACM 13, 1970).
fn as_normal(t: f64, degrees: f64) -> f64 {
    let a = degrees - 0.5;
    let b = 48.0 * a * a;
    let y = a * (t * t / degrees).ln_1p();
    let last = (((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b);
    ((last + y + 3.0) / b + 1.0) * y.sqrt()
}

/// The `t` that is exceeded, on either side, with chance `alpha`; `None` unless `0 < alpha < 1`.
///
/// Newton's method on the logarithm of the chance over the logarithm of `t`: that curve bends down everywhere, so it
/// converges from any start, and is nearly straight in the tails, so it does in a few steps.
pub(super) fn student_quantile(alpha: f64, degrees: f64) -> Option<f64> {
    let mut t = -normal_quantile(alpha / 2.0)?;
    let half = f64::midpoint(degrees, 1.0);
    let scale = ln_gamma(half) - ln_gamma(degrees / 2.0) - (degrees * PI).ln() / 2.0;
    for _ in 0..50 {
        let chance = student_two_sided(t, degrees)?;
        let density = (scale - half * (t * t / degrees).ln_1p()).exp();
        let step = (chance / alpha).ln() * chance / (2.0 * density * t);
        t *= step.exp();
        if step.abs() < 1e-13 {
            break;
        }
    }
    (t.is_finite() && t > 0.0).then_some(t)
}

/// The chance of a chi-squared variable above `x`; `None` for what is no number.
pub(super) fn chi_squared_tail(x: f64, degrees: f64) -> Option<f64> {
    if x <= 0.0 {
        return Some(1.0);
    }
    checked_gamma_ur(degrees / 2.0, x / 2.0).ok().filter(|chance| chance.is_finite())
}
