//! Ratios of sums, clustered by unit: AOV, bounce and exit rates, conversions per session.

use super::figure::{Figure, Undefined};
use super::float;
use super::mean::scatter;

/// The ratio `X / Y` and its variance by the delta method: with `R = X / Y` the unit's residuals `x - R y` add up to 0, and
/// their variance divided by the squared mean of `y` is the variance of one unit's part (Deng, Knoblich and Lu, "Applying
/// the Delta Method in Metric Analytics", KDD 2018, section 3.1; <https://arxiv.org/abs/1803.06336>).
pub(super) fn moments(figure: &Figure) -> Result<(f64, f64), Undefined> {
    let Figure::Ratio { units, numerator, denominator, numerator_squares, denominator_squares, products } = *figure
    else {
        return Err(Undefined::Impossible);
    };
    if denominator <= 0 {
        return Err(if denominator < 0 { Undefined::Impossible } else { Undefined::NoDenominator });
    }
    let scatters = || {
        let numerators = scatter(units, (numerator, numerator), numerator_squares)?;
        let denominators = scatter(units, (denominator, denominator), denominator_squares)?;
        Some(numerators >= 0.0 && denominators >= 0.0)
    };
    if scatters() != Some(true) {
        return Err(Undefined::Impossible);
    }
    let (x, y) = (float(numerator), float(denominator));
    let residuals = exact_residuals(figure).unwrap_or_else(|| {
        let (first, last) = (float(numerator_squares), (x / y).powi(2) * float(denominator_squares));
        let sum = first - 2.0 * (x / y) * float(products) + last;
        // What is left of a subtraction of equals is the rounding of doubles, no spread.
        if sum.abs() <= 1e-14 * (first + last) { 0.0 } else { sum }
    });
    if residuals < 0.0 {
        return Err(Undefined::Impossible);
    }
    let n = float(units);
    let variance = if units > 1 { residuals / (n - 1.0) * (n / y).powi(2) } else { 0.0 };
    Ok((x / y, variance))
}

/// `sum((x - X / Y y)^2) = sum((Y x - X y)^2) / Y^2`, the sum in integers; `None` beyond an i128.
fn exact_residuals(figure: &Figure) -> Option<f64> {
    let Figure::Ratio { numerator, denominator, numerator_squares, denominator_squares, products, .. } = *figure else {
        return None;
    };
    let first = denominator.checked_mul(denominator)?.checked_mul(numerator_squares)?;
    let middle = numerator.checked_mul(denominator)?.checked_mul(products)?.checked_mul(2)?;
    let last = numerator.checked_mul(numerator)?.checked_mul(denominator_squares)?;
    let sum = first.checked_sub(middle)?.checked_add(last)?;
    Some(float(sum) / float(denominator).powi(2))
}
