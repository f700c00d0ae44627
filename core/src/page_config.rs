//! What a page needs to know of its site's configuration, in a compact binary form (postcard).
//!
//! It travels in `t.js` as unpadded URL-safe base64. Only running experiments are in it: all else is control.

use serde::{Deserialize, Serialize};

/// The public part of a site's configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageConfig<'a> {
    /// Query parameters that may leave the page; all others are cut from every address.
    #[serde(borrow)]
    pub query_parameters: Vec<&'a str>,
    /// Global Privacy Control and Do Not Track count as refusal.
    pub respect_privacy_signals: bool,
    /// Running experiments.
    pub experiments: Vec<PageExperiment<'a>>,
    /// Goals met by a click.
    pub clicks: Vec<PageGoal<'a>>,
    /// Goals met by a submit.
    pub submits: Vec<PageGoal<'a>>,
}

/// A running experiment, as far as the page computes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageExperiment<'a> {
    /// The name developers use.
    pub key: &'a str,
    /// What the hash starts from.
    pub seed: &'a str,
    /// The version an exposure names.
    pub version: u32,
    /// Share of visitors who take part, in ten-thousandths.
    pub coverage: u16,
    /// Keys and weights in ten-thousandths, the control first.
    pub variants: Vec<(&'a str, u16)>,
}

/// A goal that the page decides: a click or a submit on what the selector matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageGoal<'a> {
    /// Number of the experiment within the site.
    pub experiment: u16,
    /// Place of the goal within the experiment.
    pub goal: u8,
    /// A CSS selector.
    pub selector: &'a str,
}

impl<'a> PageConfig<'a> {
    /// The binary form.
    ///
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// Reads the binary form; `None` where it is damaged.
    pub fn decode(bytes: &'a [u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}
