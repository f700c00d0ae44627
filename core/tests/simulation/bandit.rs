//! What finding out costs: conversions that the best variant would have had and the shares given did not.

use tributary_core::bandit::weights;
use tributary_core::config::Direction::Increase;
use tributary_core::statistics::Figure;

use super::{Random, World};

/// Conversions missed in a run, on average over the runs.
#[derive(Debug, Clone, Copy)]
pub struct Regret {
    /// By the bandit.
    pub bandit: f64,
    /// With equal shares all the time.
    pub equal: f64,
    /// The best variant's share on the last day.
    pub best_share: f64,
}

/// Sixty days with 2,000 visitors a day, shares set anew every night, none below five percent.
pub fn regret(rates: &[f64], runs: u32, random: &mut Random) -> Regret {
    const DAYS: u32 = 60;
    const VISITORS: f64 = 2_000.0;
    let best = rates.iter().copied().fold(0.0, f64::max);
    let mut sum = Regret { bandit: 0.0, equal: 0.0, best_share: 0.0 };
    for _ in 0..runs {
        let mut figures = vec![Figure::Share { units: 0, successes: 0 }; rates.len()];
        let mut shares = weights(&figures, Increase, 500);
        for _ in 0..DAYS {
            for ((figure, rate), share) in figures.iter_mut().zip(rates).zip(&shares) {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 2,000")]
                let visitors = (VISITORS * f64::from(*share) / 10_000.0).round() as u32;
                *figure = World::Rate(*rate).grown(*figure, visitors, random);
                sum.bandit += f64::from(visitors) * (best - rate);
            }
            shares = weights(&figures, Increase, 500);
        }
        let place = rates.iter().position(|rate| *rate >= best).unwrap_or(0);
        sum.best_share += f64::from(shares[place]) / 10_000.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few variants")]
    let each = VISITORS / rates.len() as f64;
    let equal = rates.iter().map(|rate| f64::from(DAYS) * each * (best - rate)).sum();
    Regret { bandit: sum.bandit / f64::from(runs), equal, best_share: sum.best_share / f64::from(runs) }
}
