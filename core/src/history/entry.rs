//! Events outside a history: as they travel, and as they are given out.

use serde::{Deserialize, Serialize};

use crate::config::Version;
use crate::event::EventId;
use crate::judge::{Deed, Judged};
use crate::order::Verdict;
use crate::time::Millis;

/// An accepted event as it travels between actors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Millis,
    /// Its id.
    pub id: EventId,
    /// It happened in a page.
    pub is_page: bool,
    /// The profile it names.
    pub profile: Option<String>,
    /// The configuration it was accepted under.
    pub config: Version,
    /// What it was.
    pub judged: Judged,
    /// What its order came to.
    pub verdict: Option<Verdict>,
}

/// An event as it is given out to whom it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Exported {
    /// Its id.
    pub id: String,
    /// When, ms.
    pub at: Millis,
    /// Whose, if not the profile's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor: Option<String>,
    /// It happened in a page.
    pub in_page: bool,
    /// What it was: numbers are those of the configuration.
    pub was: Deed,
}
