//! A multi-armed bandit: more traffic to what does better, while it is being found out.
//!
//! Thompson sampling gives each variant the chance that it is the best (Thompson, "On the likelihood that one unknown
//! probability exceeds another in view of the evidence of two samples", Biometrika 25, 1933). That chance is integrated, not
//! sampled, so the same figures always give the same shares.

use crate::config::Direction;
use crate::statistics::{Estimate, Figure, estimate};

/// Ten-thousandths that the shares of all variants add up to.
const WHOLE: u16 = 10_000;

/// Each belief is cut into so many equally wide pieces.
const PIECES: u16 = 1_000;

/// A belief is cut off so many standard deviations from its mean, where it is less likely than 10^-8 even if skewed like an
/// exponential distribution.
const REACH: f64 = 20.0;

/// Shares of the variants in their order, in ten-thousandths that add up to 10,000. None is below `floor` ten-thousandths
/// (at most an equal share), so that what does badly by chance can recover. Equal shares as long as a variant has no figure
/// or there is no spread to judge by.
pub fn weights(figures: &[Figure], direction: Direction, floor: u16) -> Vec<u16> {
    let arms = u16::try_from(figures.len()).unwrap_or(WHOLE).max(1);
    let floor = floor.min(WHOLE / arms);
    let chances = beliefs(figures)
        .map(|beliefs| chances_to_be_best(&beliefs, direction))
        .filter(|chances| chances.iter().all(|chance| chance.is_finite()));
    let chances = chances.unwrap_or_else(|| vec![1.0 / f64::from(arms); figures.len()]);
    let free = f64::from(WHOLE - floor * arms);
    rounded(&chances.iter().map(|chance| f64::from(floor) + free * chance).collect::<Vec<f64>>())
}

/// What is believed of a variant's figure: the chance of each piece of a range.
struct Belief {
    from: f64,
    width: f64,
    /// Of each piece; they add up to 1.
    chances: Vec<f64>,
    /// Of all pieces before each, and of all.
    below: Vec<f64>,
}

/// Shares: a Beta distribution, from a uniform prior. Means and ratios: a normal distribution around the estimate; a variant
/// whose units are all alike has the others' spread.
fn beliefs(figures: &[Figure]) -> Option<Vec<Belief>> {
    let estimates: Vec<Estimate> = figures.iter().map(|figure| estimate(figure).ok()).collect::<Option<_>>()?;
    let widest = estimates.iter().map(|estimate| estimate.variance).fold(0.0, f64::max);
    let belief = |(figure, estimate): (&Figure, &Estimate)| match figure {
        Figure::Share { .. } => Some(beta(estimate)),
        _ if widest > 0.0 => {
            let variance = if estimate.variance > 0.0 { estimate.variance } else { widest };
            Some(normal(estimate.value, (variance / estimate.units).sqrt()))
        }
        _ => None,
    };
    figures.iter().zip(&estimates).map(belief).collect()
}

fn beta(estimate: &Estimate) -> Belief {
    let (converted, not) = (estimate.value * estimate.units, (1.0 - estimate.value) * estimate.units);
    let all = estimate.units + 2.0;
    let mean = (converted + 1.0) / all;
    let reach = REACH * (mean * (1.0 - mean) / (all + 1.0)).sqrt();
    let density = |x: f64| converted * x.ln() + not * (-x).ln_1p();
    tabulate(((mean - reach).max(0.0), (mean + reach).min(1.0)), density)
}

fn normal(mean: f64, deviation: f64) -> Belief {
    let reach = REACH * deviation;
    tabulate((mean - reach, mean + reach), |x| -((x - mean) / deviation).powi(2) / 2.0)
}

/// Cuts a range into pieces, given the logarithm of a density there, up to a constant.
fn tabulate((from, to): (f64, f64), log_density: impl Fn(f64) -> f64) -> Belief {
    let width = (to - from) / f64::from(PIECES);
    let logs: Vec<f64> = (0..PIECES).map(|piece| log_density(from + width * (f64::from(piece) + 0.5))).collect();
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let densities: Vec<f64> = logs.iter().map(|log| (log - most).exp()).collect();
    let sum: f64 = densities.iter().sum();
    let chances: Vec<f64> = densities.iter().map(|density| density / sum).collect();
    let mut below = vec![0.0];
    for chance in &chances {
        below.push(below[below.len() - 1] + chance);
    }
    Belief { from, width, chances, below }
}

impl Belief {
    /// The chance of a value below `x`.
    fn below(&self, x: f64) -> f64 {
        let place = ((x - self.from) / self.width).clamp(0.0, f64::from(PIECES));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a piece's number")]
        let piece = (place as usize).min(self.chances.len() - 1);
        let part = place - place.floor().min(f64::from(PIECES - 1));
        self.below[piece] + part * self.chances[piece]
    }
}

/// For each belief: the sum over its pieces of their chance times the chance that all others are worse.
fn chances_to_be_best(beliefs: &[Belief], direction: Direction) -> Vec<f64> {
    let others_worse = |x: f64, me: usize| -> f64 {
        let others = beliefs.iter().enumerate().filter(|(place, _)| *place != me);
        others
            .map(|(_, other)| if direction == Direction::Increase { other.below(x) } else { 1.0 - other.below(x) })
            .product()
    };
    let best = |(me, belief): (usize, &Belief)| -> f64 {
        let middles = (0..PIECES).map(|piece| belief.from + belief.width * (f64::from(piece) + 0.5));
        middles.zip(&belief.chances).map(|(x, chance)| chance * others_worse(x, me)).sum()
    };
    let chances: Vec<f64> = beliefs.iter().enumerate().map(best).collect();
    let sum: f64 = chances.iter().sum();
    chances.into_iter().map(|chance| chance / sum).collect()
}

/// Whole ten-thousandths that add up: what is cut off goes to those who lose most by it, the first of equals.
fn rounded(shares: &[f64]) -> Vec<u16> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "they lie between 0 and 10,000")]
    let mut whole: Vec<u16> = shares.iter().map(|share| share.floor() as u16).collect();
    let mut places: Vec<usize> = (0..shares.len()).collect();
    places.sort_by(|a, b| shares[*b].fract().total_cmp(&shares[*a].fract()));
    let missing = WHOLE.saturating_sub(whole.iter().sum());
    for place in places.iter().cycle().take(usize::from(missing).min(shares.len() * 2)) {
        whole[*place] += 1;
    }
    whole
}
