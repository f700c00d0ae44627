//! What one variant's units add up to, and the estimate that follows.

use serde::{Deserialize, Serialize};

use super::{float, mean, proportion, ratio};

/// Sums over the exposed units of one variant. All of them exact; money in minor units. Every exposed unit is in it,
/// also one that did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Units that did something: a conversion rate.
    Share {
        /// Exposed units.
        units: i128,
        /// Those of them that converted.
        successes: i128,
    },
    /// A value of each unit: revenue or orders per unit.
    Mean {
        /// Exposed units.
        units: i128,
        /// Of the units' values.
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        sum: i128,
        /// Of the squares of the units' values.
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        sum_of_squares: i128,
    },
    /// A sum divided by another: revenue by orders, bounced sessions by sessions. Each unit is a cluster, for what one
    /// visitor does is not independent.
    Ratio {
        /// Exposed units.
        units: i128,
        /// What is divided.
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        numerator: i128,
        /// What it is divided by.
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        denominator: i128,
        /// Of the squares of the units' numerators.
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        numerator_squares: i128,
        /// Of the squares of the units' denominators.
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        denominator_squares: i128,
        /// Of the units' numerator times denominator.
        #[serde(with = "text")]
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        products: i128,
    },
}

/// Why something is not known. The first of these that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Undefined {
    /// Nobody of a variant was exposed, or just one where a spread is needed.
    TooFewUnits,
    /// Nothing to divide by: no orders yet, no sessions yet.
    NoDenominator,
    /// The control's figure is 0: no relative effect.
    ControlIsZero,
    /// All units of a variant are alike (none converted, all converted): no spread to judge by.
    NoSpread,
    /// Sums that no units can have added up to, such as more conversions than units; or figures of different kinds.
    Impossible,
}

/// A variant's figure with its spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Estimate {
    /// Exposed units.
    pub units: f64,
    /// The rate, the mean or the ratio; money in minor units.
    pub value: f64,
    /// Variance of what one unit adds: the estimate's own is this divided by the units. 0 where all units are alike or
    /// there is one.
    pub variance: f64,
}

impl Figure {
    /// Exposed units.
    pub fn units(&self) -> i128 {
        match self {
            Self::Share { units, .. } | Self::Mean { units, .. } | Self::Ratio { units, .. } => *units,
        }
    }
}

impl Estimate {
    /// Of the value itself.
    pub(super) fn squared_error(&self) -> f64 {
        self.variance / self.units
    }
}

/// The estimate that sums amount to.
pub fn estimate(figure: &Figure) -> Result<Estimate, Undefined> {
    let units = figure.units();
    if units <= 0 {
        return Err(if units < 0 { Undefined::Impossible } else { Undefined::TooFewUnits });
    }
    let (value, variance) = match *figure {
        Figure::Share { units, successes } => proportion::moments(units, successes)?,
        Figure::Mean { units, sum, sum_of_squares } => mean::moments(units, sum, sum_of_squares)?,
        Figure::Ratio { .. } => ratio::moments(figure)?,
    };
    Ok(Estimate { units: float(units), value, variance })
}

/// Sums as text: beyond 2^53 many readers of JSON would round a number.
mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(sum: &i128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(sum)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|_| D::Error::custom("no whole number"))
    }
}
