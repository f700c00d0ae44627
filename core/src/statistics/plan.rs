//! What an experiment sets out to show, and how: fixed at its start.

use serde::{Deserialize, Serialize};

use super::bayes::Prior;
use super::compare::Settings;
use crate::config::Direction;

/// Which figure decides. Chosen before the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The p-value, looked at once, when the sample is reached.
    #[default]
    Fixed,
    /// The chance to beat the control, looked at once, when the sample is reached.
    Bayesian,
    /// The confidence sequence, which may be looked at at any time.
    Sequential,
}

/// What the primary goal is measured by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Plan {
    /// The share of units that convert without a change; for shares alone, above 0 and below 1.
    pub base_rate: f64,
    /// The smallest relative effect that must not be missed, above 0.
    pub effect: f64,
    /// How sure a winner must be, two-sided, above 0 and below 1.
    pub confidence: f64,
    /// The chance to find an effect of that size, above 0 and below 1.
    pub power: f64,
    /// What decides.
    pub method: Method,
    /// What is believed of the relative effect beforehand; nothing (flat) when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prior: Option<Prior>,
}

impl Default for Plan {
    fn default() -> Self {
        Self { base_rate: 0.02, effect: 0.2, confidence: 0.95, power: 0.8, method: Method::Fixed, prior: None }
    }
}

impl Plan {
    /// The chance of a false winner that one challenger of so many may have (Bonferroni): all of them together have at most
    /// `1 - confidence`.
    pub fn alpha(&self, challengers: usize) -> f64 {
        let challengers = u32::try_from(challengers.max(1)).unwrap_or(u32::MAX);
        (1.0 - self.confidence) / f64::from(challengers)
    }

    /// How each of so many challengers is compared with the control.
    pub fn settings(&self, challengers: usize, direction: Direction) -> Settings {
        Settings { alpha: self.alpha(challengers), direction, prior: self.prior }
    }
}
