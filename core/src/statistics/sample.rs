//! How many units it takes, and what so many units can show.

use super::distribution::{normal_quantile, normal_tail};
use super::figure::{Estimate, Figure, estimate};
use super::{Plan, float};
use crate::config::Direction;

/// No sample is larger than this: whoever asks for more asks for something that no shop will reach.
pub const MOST_UNITS: f64 = 1e15;

/// Units that each variant needs. Shares: from the plan alone, before anything is observed. Means and ratios: from the
/// spread observed so far, the largest over the challengers; `None` as long as the control's figure is 0 or there is no
/// spread.
pub fn required(plan: &Plan, direction: Direction, figures: &[Figure]) -> Option<i128> {
    let (control, challengers) = figures.split_first()?;
    let alpha = plan.alpha(challengers.len());
    if matches!(control, Figure::Share { .. }) {
        return shares(plan.base_rate, plan.effect, direction, (alpha, plan.power));
    }
    let control = estimate(control).ok()?;
    let of = |challenger: &Figure| spread(&control, &estimate(challenger).ok()?, plan.effect, (alpha, plan.power));
    challengers.iter().map(of).try_fold(0, |most, units| Some(units?.max(most))).filter(|units| *units > 0)
}

/// `(z_conf + z_power)^2 (p1 (1 - p1) + p2 (1 - p2)) / (p2 - p1)^2`, rounded up (Fleiss, Levin and Paik, 3rd ed., formula
/// 4.14 without its continuity correction and with unpooled variances). `alpha` is two-sided, after the correction. `None`
/// where the effect leads to no rate between 0 and 1.
pub fn shares(base: f64, effect: f64, direction: Direction, levels: (f64, f64)) -> Option<i128> {
    let changed = changed(base, effect, direction)?;
    let variance = base * (1.0 - base) + changed * (1.0 - changed);
    rounded(quantiles(levels)?.powi(2) * variance / (changed - base).powi(2))
}

/// `(z_conf + z_power)^2 (s1^2 + s2^2) / (e m1)^2`, rounded up.
pub fn spread(control: &Estimate, challenger: &Estimate, effect: f64, levels: (f64, f64)) -> Option<i128> {
    let variance = control.variance + challenger.variance;
    (control.value > 0.0).then_some(())?;
    rounded(quantiles(levels)?.powi(2) * variance / (effect * control.value).powi(2))
}

/// The chance that an effect of shares is found with so many units in each variant.
pub fn power(base: f64, effect: f64, direction: Direction, (alpha, units): (f64, i128)) -> Option<f64> {
    let changed = changed(base, effect, direction)?;
    let variance = base * (1.0 - base) + changed * (1.0 - changed);
    let noncentrality = (changed - base).abs() / (variance / float(units.max(0))).sqrt();
    Some(normal_tail(normal_quantile(1.0 - alpha / 2.0)? - noncentrality)).filter(|power| power.is_finite())
}

/// The smallest relative effect of shares that so many units in each variant find with the plan's power. `None` where even
/// the largest possible one is missed.
pub fn smallest_effect(base: f64, direction: Direction, units: i128, levels: (f64, f64)) -> Option<f64> {
    let _ = (base, direction, units, levels);
    None
}

/// The rate after a relative effect.
fn changed(base: f64, effect: f64, direction: Direction) -> Option<f64> {
    let changed = match direction {
        Direction::Increase => base * (1.0 + effect),
        Direction::Decrease => base * (1.0 - effect),
    };
    (base > 0.0 && base < 1.0 && effect > 0.0 && (0.0..=1.0).contains(&changed)).then_some(changed)
}

/// `z_conf + z_power`.
fn quantiles((alpha, power): (f64, f64)) -> Option<f64> {
    Some(normal_quantile(1.0 - alpha / 2.0)? + normal_quantile(power)?)
}

fn rounded(units: f64) -> Option<i128> {
    #[expect(clippy::cast_possible_truncation, reason = "it is below 10^15")]
    (units >= 0.0 && units <= MOST_UNITS).then(|| units.ceil() as i128)
}
