//! Ratios of sums, clustered by unit: AOV, bounce and exit rates, conversions per session.

use super::figure::{Figure, Undefined};
use super::float;
use super::mean::scatter;

/// The ratio `X / Y` and its variance by the delta method: with `R = X / Y` the unit's residuals `x - R y` add up to 0, and
/// their variance divided by the squared mean of `y` is the variance of one unit's part (Deng, Knoblich and Lu, "Applying
/// the Delta Method in Metric Analytics", KDD 2018, section 3.1; <https://arxiv.org/abs/1803.06336>).
pub(super) fn moments(figure: &Figure) -> Result<(f64, f64), Undefined> {
    let Figure::Ratio { units, numerator, denominator, numerator_squares, denominator_squares, .. } = *figure else {
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
    let residuals = residuals(figure).filter(|residuals| *residuals >= 0.0).ok_or(Undefined::Impossible)?;
    let (n, y) = (float(units), float(denominator));
    let variance = if units > 1 { residuals / (n - 1.0) * (n / y).powi(2) } else { 0.0 };
    Ok((float(numerator) / y, variance))
}

/// `sum((x - R y)^2)`. What is whole of the ratio is taken off in integers, and the rest, below 1, too where an i128 holds
/// it: so units that are all alike have no residuals, and large ones lose no digits. `None` beyond an i128.
fn residuals(figure: &Figure) -> Option<f64> {
    let Figure::Ratio { numerator, denominator, numerator_squares, denominator_squares, products, .. } = *figure else {
        return None;
    };
    let (whole, rest) = (numerator.checked_div_euclid(denominator)?, numerator.checked_rem_euclid(denominator)?);
    // With u = x - whole y: sum(u y), then sum(u^2) = sum(x^2) - whole (sum(x y) + sum(u y)).
    let mixed = products.checked_sub(whole.checked_mul(denominator_squares)?)?;
    let squares = numerator_squares.checked_sub(whole.checked_mul(products.checked_add(mixed)?)?)?;
    let exact = || {
        let first = denominator.checked_mul(denominator)?.checked_mul(squares)?;
        let middle = rest.checked_mul(denominator)?.checked_mul(mixed)?.checked_mul(2)?;
        let last = rest.checked_mul(rest)?.checked_mul(denominator_squares)?;
        Some(float(first.checked_sub(middle)?.checked_add(last)?) / float(denominator).powi(2))
    };
    exact().or_else(|| {
        let part = float(rest) / float(denominator);
        Some((float(squares) - 2.0 * part * float(mixed) + part * part * float(denominator_squares)).max(0.0))
    })
}
