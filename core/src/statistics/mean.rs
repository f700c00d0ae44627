//! Means over units: revenue or orders per unit.

use super::figure::{Estimate, Undefined};
use super::float;

/// A mean and its sample variance; 0 where there is one unit.
pub(super) fn moments(units: i128, sum: i128, sum_of_squares: i128) -> Result<(f64, f64), Undefined> {
    let spread = scatter(units, (sum, sum), sum_of_squares).ok_or(Undefined::Impossible)?;
    if spread < 0.0 {
        return Err(Undefined::Impossible);
    }
    let variance = if units > 1 { spread / float(units - 1) } else { 0.0 };
    Ok((float(sum) / float(units), variance))
}

/// `sum(x y) - sum(x) sum(y) / n`, without the cancellation that the formula invites: both are shifted by whole numbers
/// next to their means, in integers, so that what is subtracted in the end is small. `None` beyond an i128.
pub(super) fn scatter(units: i128, (x, y): (i128, i128), products: i128) -> Option<f64> {
    let (mean_x, rest_x) = (x.checked_div_euclid(units)?, x.checked_rem_euclid(units)?);
    let (mean_y, rest_y) = (y.checked_div_euclid(units)?, y.checked_rem_euclid(units)?);
    // sum((x - mean_x) (y - mean_y)), where x = n mean_x + rest_x.
    let shifted = products.checked_sub(mean_x.checked_mul(y)?)?.checked_sub(mean_y.checked_mul(rest_x)?)?;
    let rests = rest_x.checked_mul(rest_y)?;
    let exact = shifted.checked_mul(units).and_then(|whole| whole.checked_sub(rests));
    Some(exact.map_or_else(|| float(shifted) - float(rests) / float(units), |whole| float(whole) / float(units)))
}

/// The degrees of freedom of two means of unequal variance (Welch, "The generalization of 'Student's' problem when several
/// different population variances are involved", Biometrika 34, 1947; Satterthwaite 1946). `None` where a group has no two
/// units, or neither has a spread.
pub(super) fn degrees(a: &Estimate, b: &Estimate) -> Option<f64> {
    (a.units > 1.0 && b.units > 1.0).then_some(())?;
    let both = a.squared_error() + b.squared_error();
    let part = |one: &Estimate| match one.squared_error() / both {
        share if share > 0.0 => share * share / (one.units - 1.0),
        _ => 0.0,
    };
    let degrees = 1.0 / (part(a) + part(b));
    degrees.is_finite().then_some(degrees)
}
