//! What `www/loader/inspect.js` finds in the page.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The SDK's state at one moment.
// What the page found out is true or not, each by itself.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// The site's key.
    pub site: String,
    /// The text of [`PageConfig`](tributary_core::page_config::PageConfig).
    pub config: String,
    /// The text of [`page_targeting`](tributary_core::page_targeting); empty where there is none.
    pub targeting: String,
    /// What conditions are held against, as JSON.
    pub attributes: String,
    /// `consent(true)` must come first.
    pub must_ask: bool,
    /// Global Privacy Control or Do Not Track.
    pub refuses: bool,
    /// A program drives the browser.
    pub is_automated: bool,
    /// Nothing is kept beyond the page load.
    pub is_cookieless: bool,
    /// The visitor said yes.
    pub has_consent: bool,
    /// The visitor's id; empty where there is none.
    pub visitor: String,
    /// The profile it was identified as, or nothing.
    pub profile: String,
    /// What this browser was given, by experiment.
    pub given: BTreeMap<String, String>,
    /// Experiments that the page asked for or has markup of.
    pub asked: Vec<String>,
    /// Events of exposures in this page load, as the wire has them.
    pub exposures: Vec<String>,
    /// Why the page gave nothing of an experiment, by its key.
    pub faults: BTreeMap<String, String>,
    /// Runs of events that wait in storage, as JSON.
    pub waiting: Vec<String>,
    /// Batches that were sent, in their order.
    pub sent: Vec<Sent>,
}

/// A batch that was sent.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Sent {
    /// Its JSON.
    pub body: String,
    /// The answer's status; 0 where there was none, nothing for a beacon, which nobody answers.
    pub status: Option<u16>,
    /// The answer, whatever it is.
    pub answer: Option<Value>,
}
