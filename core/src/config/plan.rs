//! How an experiment is decided: chosen before the start, fixed from then on, so that nobody picks the test that wins.

use serde::{Deserialize, Serialize};

pub use crate::statistics::{Method, Prior};

use crate::assignment::FULL_SHARE;
use crate::money::{self, Currency};
use crate::statistics;
use crate::time::{DAY, Millis};

/// What decides an experiment, and what happens then. Of rates, all numbers are shares: 0.02 is 2 %.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Plan {
    /// Which test decides; the others stand beside it.
    pub method: Method,
    /// What the control's rate is thought to be, for a primary goal that is a rate of units.
    pub base_rate: f64,
    /// The smallest relative effect worth finding: 0.2 is a fifth more (or less, of a goal that should decrease).
    pub smallest_effect: f64,
    /// Two-sided confidence: 1 less the share of winners that there would be without any effect.
    pub confidence: f64,
    /// The chance to find the smallest effect.
    pub power: f64,
    /// What is believed of the relative uplift beforehand, of the Bayesian method; without it every uplift is as likely.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prior: Option<Prior>,
    /// The most that one unit's revenue counts in tests and intervals, as decimal text in the site's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revenue_cap: Option<String>,
    /// What the collector does about a first winner.
    pub after: After,
    /// The experiment's shares follow its results, and it has no winner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandit: Option<Bandit>,
}

/// What the collector does about a first winner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// The experiment ends, and everybody but the held-out gets the winner.
    AllToWinner,
    /// The experiment ends, and everybody gets the control.
    AllToControl,
    /// Nothing: it runs on.
    #[default]
    KeepRunning,
    /// The experiment ends, and pages know of it no more.
    Complete,
}

/// A multi-armed bandit: shares that follow the primary goal's figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bandit {
    /// The least share of each variant, 0 to 1.
    pub floor: f64,
    /// How often shares are computed anew, ms.
    pub every_ms: Millis,
}

/// A secondary goal that must not get worse.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Guardrail {
    /// How much worse than the control's it may be, relative: 0.05 is 5 %. A variant that is significantly worse than
    /// that cannot win.
    pub tolerance: f64,
    /// A breach ends the experiment.
    pub stops: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            method: Method::default(),
            base_rate: 0.02,
            smallest_effect: 0.2,
            confidence: 0.95,
            power: 0.8,
            prior: None,
            revenue_cap: None,
            after: After::default(),
            bandit: None,
        }
    }
}

impl Default for Bandit {
    fn default() -> Self {
        Self { floor: 0.05, every_ms: DAY }
    }
}

impl Bandit {
    /// The floor in ten-thousandths.
    pub fn floor_share(self) -> u16 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1, checked when it was made")]
        let share = (self.floor * f64::from(FULL_SHARE)).round() as u16;
        share.min(FULL_SHARE)
    }
}

impl Plan {
    /// The part of it that the tests know.
    pub fn test(&self) -> statistics::Plan {
        let &Self { base_rate, smallest_effect: effect, confidence, power, method, prior, .. } = self;
        statistics::Plan { base_rate, effect, confidence, power, method, prior }
    }

    /// The most that one unit's revenue counts, in minor units of the site's currency.
    pub fn revenue_cap(&self, currency: Currency) -> Option<i64> {
        Some(money::parse(self.revenue_cap.as_deref()?, currency)?.minor)
    }

    /// The first field that another plan has otherwise.
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let fields = [
            ("method", self.method == other.method),
            ("base_rate", self.base_rate.to_bits() == other.base_rate.to_bits()),
            ("smallest_effect", self.smallest_effect.to_bits() == other.smallest_effect.to_bits()),
            ("confidence", self.confidence.to_bits() == other.confidence.to_bits()),
            ("power", self.power.to_bits() == other.power.to_bits()),
            ("prior", self.prior == other.prior),
            ("revenue_cap", self.revenue_cap == other.revenue_cap),
            ("after", self.after == other.after),
            ("bandit", self.bandit == other.bandit),
        ];
        fields.into_iter().find_map(|(name, is_same)| (!is_same).then_some(name))
    }
}
