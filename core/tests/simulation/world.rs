//! What visitors do, and the sums that a site makes of it.

use tributary_core::statistics::Figure;

use super::Random;

/// What one variant's visitors are like.
#[derive(Clone, Copy)]
pub enum World {
    /// They convert with this chance.
    Rate(f64),
    /// They buy with a chance, for a log-normal amount of this median in minor units: many spend little, few spend much.
    Spending { rate: f64, median: f64 },
    /// They have one session and some more, each of which bounces with a chance of their own around this rate.
    Bounces(f64),
}

/// The logarithm of what is spent has this standard deviation.
const SPREAD: f64 = 0.8;

impl World {
    /// What the figure estimates.
    pub fn value(&self) -> f64 {
        match *self {
            Self::Rate(rate) | Self::Bounces(rate) => rate,
            Self::Spending { rate, median } => rate * median * (SPREAD * SPREAD / 2.0).exp(),
        }
    }

    /// The figure of nobody.
    pub fn nothing(&self) -> Figure {
        match self {
            Self::Rate(_) => Figure::Share { units: 0, successes: 0 },
            Self::Spending { .. } => Figure::Mean { units: 0, sum: 0, sum_of_squares: 0 },
            Self::Bounces(_) => Figure::Ratio {
                units: 0,
                numerator: 0,
                denominator: 0,
                numerator_squares: 0,
                denominator_squares: 0,
                products: 0,
            },
        }
    }

    /// The figure after so many more visitors.
    pub fn grown(&self, figure: Figure, visitors: u32, random: &mut Random) -> Figure {
        let more = i128::from(visitors);
        match (*self, figure) {
            (Self::Rate(rate), Figure::Share { units, successes }) => {
                let successes = successes + i128::from(random.binomial(visitors, rate));
                Figure::Share { units: units + more, successes }
            }
            (Self::Spending { rate, median }, Figure::Mean { units, mut sum, mut sum_of_squares }) => {
                for _ in 0..random.binomial(visitors, rate) {
                    #[expect(clippy::cast_possible_truncation, reason = "an amount of money")]
                    let spent = i128::from((median * (SPREAD * random.normal()).exp()).round() as i64);
                    sum += spent;
                    sum_of_squares += spent * spent;
                }
                Figure::Mean { units: units + more, sum, sum_of_squares }
            }
            (Self::Bounces(rate), figure) => (0..visitors).fold(figure, |figure, _| bounce(figure, rate, random)),
            (_, figure) => figure,
        }
    }
}

/// One more visitor with sessions.
fn bounce(figure: Figure, rate: f64, random: &mut Random) -> Figure {
    let Figure::Ratio { units, numerator, denominator, numerator_squares, denominator_squares, products } = figure
    else {
        return figure;
    };
    let own = rate + 0.3 * (random.uniform() - 0.5);
    let sessions = 1 + random.poisson(0.6);
    let bounced = i128::from((0..sessions).filter(|_| random.uniform() <= own).count() as u64);
    let sessions = i128::from(sessions);
    Figure::Ratio {
        units: units + 1,
        numerator: numerator + bounced,
        denominator: denominator + sessions,
        numerator_squares: numerator_squares + bounced * bounced,
        denominator_squares: denominator_squares + sessions * sessions,
        products: products + bounced * sessions,
    }
}
