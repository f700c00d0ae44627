//! How many units it takes, and what so many units can show.

use serde::Serialize;

use super::distribution::{normal_quantile, normal_tail};
use super::figure::{Estimate, Figure, estimate};
use super::{Plan, float};
use crate::config::Direction;

/// No sample is larger than this: whoever asks for more asks for something that no shop will reach.
pub const MOST_UNITS: f64 = 1e15;

/// What an effect is measured from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Base {
    /// The share of units that convert, above 0 and below 1. Its spread follows, and the changed share's.
    Rate(f64),
    /// A mean or ratio above 0, and the variances of one unit in both variants, added.
    Spread {
        /// The control's.
        value: f64,
        /// Of both.
        variance: f64,
    },
}

/// How often one may be wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// The chance to find an effect that is none, two-sided, after the correction for several challengers.
    pub alpha: f64,
    /// The chance to find the effect there is.
    pub power: f64,
}

/// What a sample means to an experiment under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outlook {
    /// Units that each variant needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<i128>,
    /// The chance that the units so far show an effect of the planned size, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<f64>,
    /// The smallest relative effect that the units so far show with the planned power; above 0, also of a goal that should
    /// decrease.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smallest_effect: Option<f64>,
}

/// What the figures so far are good for. Required units are those of [`required`]; the rest goes by the control's rate as it
/// is observed (as planned, while none or all converted), and by the variant with the fewest units.
pub fn outlook(plan: &Plan, direction: Direction, figures: &[Figure]) -> Outlook {
    let required = required(plan, direction, figures);
    let levels = levels(plan, figures);
    let units = figures.iter().map(Figure::units).min().unwrap_or(0);
    let Some(base) = observed(plan, figures) else { return Outlook { required, ..Outlook::default() } };
    Outlook {
        required,
        power: power(base, plan.effect, direction, (levels.alpha, units)),
        smallest_effect: smallest_effect(base, direction, units, levels),
    }
}

/// Units that each variant needs. Shares: from the plan alone, before anything is observed. Means and ratios: from the
/// spread observed so far, the largest over the challengers; `None` as long as the control's figure is 0 or there is no
/// spread.
pub fn required(plan: &Plan, direction: Direction, figures: &[Figure]) -> Option<i128> {
    let base = match figures.first()? {
        Figure::Share { .. } => Base::Rate(plan.base_rate),
        Figure::Mean { .. } | Figure::Ratio { .. } => observed(plan, figures)?,
    };
    units(base, plan.effect, direction, levels(plan, figures))
}

fn levels(plan: &Plan, figures: &[Figure]) -> Levels {
    Levels { alpha: plan.alpha(figures.len().saturating_sub(1)), power: plan.power }
}

/// What is observed of a base: the widest spread of control and challenger.
fn observed(plan: &Plan, figures: &[Figure]) -> Option<Base> {
    let (control, challengers) = figures.split_first()?;
    let estimates: Option<Vec<Estimate>> = challengers.iter().map(|figure| estimate(figure).ok()).collect();
    let Ok(Estimate { value, variance, .. }) = estimate(control) else {
        return matches!(control, Figure::Share { .. }).then_some(Base::Rate(plan.base_rate));
    };
    match control {
        Figure::Share { .. } if value > 0.0 && value < 1.0 => Some(Base::Rate(value)),
        Figure::Share { .. } => Some(Base::Rate(plan.base_rate)),
        Figure::Mean { .. } | Figure::Ratio { .. } => {
            let widest = estimates?.iter().map(|challenger| challenger.variance).fold(0.0, f64::max);
            Some(Base::Spread { value, variance: variance + widest })
        }
    }
}

/// Units that each of two variants needs, rounded up: `(z_conf + z_power)^2 (s1^2 + s2^2) / d^2`, of shares with `s^2 = p (1 -
/// p)` (Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions", 3rd ed., section 4.2, with unpooled
/// variances). `None` where the effect leads to no share, or there is no spread or nothing to measure from.
pub fn units(base: Base, effect: f64, direction: Direction, levels: Levels) -> Option<i128> {
    let (variance, difference) = apart(base, effect, direction)?;
    let units = quantiles(levels)?.powi(2) * variance / difference.powi(2);
    #[expect(clippy::cast_possible_truncation, reason = "it is at most 10^15")]
    (units > 0.0 && units <= MOST_UNITS).then(|| units.ceil() as i128)
}

/// The chance that so many units in each variant show an effect, the formula of [`units`] the other way round.
pub fn power(base: Base, effect: f64, direction: Direction, (alpha, units): (f64, i128)) -> Option<f64> {
    let (variance, difference) = apart(base, effect, direction)?;
    let errors = difference * (float(units.max(0)) / variance).sqrt();
    let power = normal_tail(-normal_quantile(alpha / 2.0)? - errors);
    (variance > 0.0 && power.is_finite()).then_some(power)
}

/// The smallest relative effect that so many units in each variant show, the formula of [`units`] solved for it. `None`
/// where even the largest possible one is missed.
pub fn smallest_effect(base: Base, direction: Direction, units: i128, levels: Levels) -> Option<f64> {
    let (n, z_squared) = (float(units.max(0)), quantiles(levels)?.powi(2));
    let effect = match base {
        // n d^2 = z^2 (p (1 - p) + (p + d) (1 - p - d)) is a quadratic equation in d; a decrease has d below 0.
        Base::Rate(p) => {
            let slope = match direction {
                Direction::Increase => z_squared * (1.0 - 2.0 * p),
                Direction::Decrease => -z_squared * (1.0 - 2.0 * p),
            };
            let root = (slope * slope + 8.0 * (n + z_squared) * z_squared * p * (1.0 - p)).sqrt();
            (slope + root) / (2.0 * (n + z_squared)) / p
        }
        Base::Spread { value, variance } => (z_squared * variance / n).sqrt() / value,
    };
    apart(base, effect, direction).map(|_| effect)
}

/// The variances of one unit in both variants, added, and how far apart the variants are.
fn apart(base: Base, effect: f64, direction: Direction) -> Option<(f64, f64)> {
    let (variance, difference) = match base {
        Base::Rate(p) => {
            let changed = match direction {
                Direction::Increase => p * (1.0 + effect),
                Direction::Decrease => p * (1.0 - effect),
            };
            let is_share = p > 0.0 && p < 1.0 && (0.0..=1.0).contains(&changed);
            is_share.then_some((p * (1.0 - p) + changed * (1.0 - changed), (changed - p).abs()))?
        }
        Base::Spread { value, variance } => (variance, effect * value),
    };
    (difference > 0.0 && difference.is_finite() && variance.is_finite()).then_some((variance, difference))
}

/// `z_conf + z_power`.
fn quantiles(Levels { alpha, power }: Levels) -> Option<f64> {
    Some(normal_quantile(power)? - normal_quantile(alpha / 2.0)?)
}
