//! How units differ in what decides: what intervals and tests are made from, besides the sums.
//!
//! Each unit adds its part squared, and of a ratio the square of its part in the denominator and the product of both. With
//! the sums these give variances and covariance over units, whatever the order in which they came; units without a part
//! add nothing and are known from the exposures.

use crate::facts::Measure;
use crate::money::LIMIT;

/// A unit's part in the numerator of a figure, and in the denominator where that is not units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Counted.
    Count(i128, Option<i128>),
    /// Gross revenue, minor units, of which only so much decides as the cap allows.
    Revenue(i128, Option<i128>),
}

/// What a unit adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    numerator: i128,
    denominator: Option<i128>,
    beyond: i128,
}

impl Spread {
    /// A unit's part under a cap, minor units: no more than [`LIMIT`] where none is set, so that squares stay sums that 128
    /// bits hold.
    pub fn of(part: Part, cap: Option<i64>) -> Self {
        match part {
            Part::Count(numerator, denominator) => Self { numerator, denominator, beyond: 0 },
            Part::Revenue(gross, denominator) => {
                let numerator = gross.min(cap.unwrap_or(LIMIT).into());
                Self { numerator, denominator, beyond: gross - numerator }
            }
        }
    }

    /// The figures it adds to.
    pub fn measures(self) -> [(Measure, i128); 4] {
        let Self { numerator, denominator, beyond } = self;
        let denominator = denominator.unwrap_or(0);
        [
            (Measure::BeyondCap, beyond),
            (Measure::Squares, numerator * numerator),
            (Measure::DenominatorSquares, denominator * denominator),
            (Measure::Products, numerator * denominator),
        ]
    }
}
