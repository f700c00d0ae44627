//! The script that a site's pages get: which of the builds, and what the collector writes in front of it.
//!
//! A first visit pays for every byte before it sees a variant, and a second request would cost it a round trip. So there is
//! one script at one address, and the site's configuration picks what is in it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a script can do besides measuring and `getVariant`, in the order in which a build's file names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Part {
    /// Finds pop-ups, notifications, website blocks, and forms in shadow roots.
    Communications,
    /// Gives variants that the markup holds, and shows them to whoever tests them.
    Variants,
    /// Gives variants that the configuration describes.
    Changes,
    /// Knows whom experiments are for that are not for everybody.
    Targeting,
}

impl Part {
    /// As `scripts/build-sdk.mjs` names it.
    fn name(self) -> &'static str {
        match self {
            Self::Communications => "communications",
            Self::Variants => "variants",
            Self::Changes => "changes",
            Self::Targeting => "targeting",
        }
    }
}

/// A site's script, as any of its shards tells the edge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageScript {
    /// What the site's pages need.
    pub parts: Vec<Part>,
    /// What the script is given.
    pub given: Given,
    /// A condition asks for the visitor's country: each answer then says it, and belongs to one visitor.
    pub asks_for_country: bool,
}

/// A variant's key and what it changes, as [`Change::in_page`](crate::config::Change::in_page) has it.
pub type VariantChanges = (String, Vec<Value>);

/// What stands in front of the script, as `self.__tributary`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Given {
    /// The site's key.
    pub site: String,
    /// The text of [`PageConfig`](crate::page_config::PageConfig).
    pub config: String,
    /// What variants change by themselves, of each experiment in which some do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<(String, Vec<VariantChanges>)>,
    /// The text of [`page_targeting`](crate::page_targeting), where experiments are not for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targeting: Option<String>,
    /// Where the request came from, as the edge saw it: two letters of ISO 3166-1. Only where a condition asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

impl PageScript {
    /// The build's file name.
    pub fn file(&self) -> String {
        let parts: String = self.parts.iter().flat_map(|part| [".", part.name()]).collect();
        format!("t{parts}.js")
    }
}
