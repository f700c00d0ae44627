//! A site's configuration as it is stored and pushed to shards.
//!
//! Every change makes a new version; a version judges the events accepted while it is in force. What a running
//! experiment counts never changes, so an event judged once keeps its judgement.

mod attribution;
mod change;
mod experiment;
mod outcome;
mod page;
mod plan;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use attribution::*;
pub use change::*;
pub use experiment::*;
pub use outcome::*;
pub use plan::*;

use crate::money::Currency;
use crate::time::{DAY, HOUR, Millis, Zone};

/// Which state of the configuration; goes up by one with every change.
pub type Version = u32;

/// Windows of triggered experiences.
pub const WINDOWS: usize = 5;

/// A site: who it is and what it counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Config {
    /// Public site key.
    pub site: String,
    /// This state of it.
    pub version: Version,
    /// For people.
    pub name: String,
    /// IANA name; fixed when the site is made, since figures are kept by its days.
    pub time_zone: String,
    /// For orders that name none.
    pub currency: Currency,
    /// Names of events that are orders.
    pub order_events: Vec<String>,
    /// Query parameters that may leave the page.
    pub query_parameters: Vec<String>,
    /// Browsers driven by programs count too.
    pub allow_automation: bool,
    /// Global Privacy Control and Do Not Track count as refusal.
    pub respect_privacy_signals: bool,
    /// Visitors nobody has heard of that pages may bring within a day by the collector's clock.
    #[serde(default = "default_new_visitors")]
    pub new_visitors_per_day: u32,
    /// Share of visitors held out of everything, in ten-thousandths. Fixed once anything has run.
    #[serde(default)]
    pub holdout: u16,
    /// The share over time: each from its version on, none before the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holdouts: Vec<(Version, u16)>,
    /// How credit is given, over time: each from its version on, the first from the beginning.
    #[serde(default = "default_crediting")]
    pub crediting: Vec<(Version, Crediting)>,
    /// Saved groups for conditions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, Vec<Value>>,
    /// In the order they were made, as all that follows.
    pub experiments: Vec<Experiment>,
    /// Pop-ups, notifications, website blocks, messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub communications: Vec<Communication>,
    /// Ordered communications.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sequences: Vec<Sequence>,
    /// Sequences that belong together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub campaigns: Vec<Campaign>,
    /// Triggered experiences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub experiences: Vec<Experience>,
    /// What the site is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<SiteGoal>,
    /// What works towards the goals.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub journeys: Vec<Journey>,
}

/// How credit is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Crediting {
    /// An interaction earns orders this long, ms, both ends included.
    pub lookback: Millis,
    /// Windows of triggered experiences, ms, growing.
    pub windows: [Millis; WINDOWS],
}

impl Default for Crediting {
    fn default() -> Self {
        Self { lookback: DAY, windows: [HOUR, 3 * HOUR, DAY, 3 * DAY, 7 * DAY] }
    }
}

/// Far more than a site of several million visitors has.
pub fn default_new_visitors() -> u32 {
    1_000_000
}

fn default_crediting() -> Vec<(Version, Crediting)> {
    vec![(0, Crediting::default())]
}

impl Config {
    /// The experiment of this key.
    pub fn experiment(&self, key: &str) -> Option<&Experiment> {
        self.experiments.iter().find(|experiment| experiment.key == key)
    }

    /// The site's time zone; UTC should the database have lost it.
    pub fn zone(&self) -> Zone {
        Zone::named(&self.time_zone).unwrap_or_default()
    }

    /// How credit was given under a version.
    pub fn crediting_in(&self, version: Version) -> Crediting {
        let past = self.crediting.iter().rev().find(|(since, _)| *since <= version);
        past.map_or_else(Crediting::default, |(_, crediting)| *crediting)
    }

    /// The share that was held out under a version.
    pub fn holdout_in(&self, version: Version) -> u16 {
        self.holdouts.iter().rev().find(|(since, _)| *since <= version).map_or(0, |(_, share)| *share)
    }

    /// The communication of this key.
    pub fn communication(&self, key: &str) -> Option<&Communication> {
        self.communications.iter().find(|communication| communication.key == key)
    }

    /// The experiment of this number.
    pub fn numbered(&self, number: u16) -> Option<&Experiment> {
        self.experiments.iter().find(|experiment| experiment.number == number)
    }

    /// The site goal of this number.
    pub fn goal(&self, number: u16) -> Option<&SiteGoal> {
        self.goals.iter().find(|goal| goal.number == number)
    }
}
