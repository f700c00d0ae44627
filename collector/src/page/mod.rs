//! What a merchant sees: pure functions from a report to a whole HTML document.
//!
//! No script, and no style but `/styles/merchant.css`. Names come from merchants, so every text goes through maud, which
//! escapes it.

mod campaigns;
mod chart;
mod communications;
mod diagnostics;
mod experiences;
mod experiment;
#[cfg(test)]
mod fixture;
mod goal_table;
mod goals;
mod intervals;
mod layout;
mod money;
mod number;
mod over_days;
mod overview;
mod result;
mod sign_in;
mod snippet;
mod table;
mod webhooks;

use maud::Markup;
use tributary_core::report::Report;

pub use layout::nowhere;
pub use sign_in::{Attempt, sign_in};
pub use webhooks::webhooks;

/// What a developer copies needs to know.
pub struct Tag {
    /// The collector's own origin (`https://collector.example`).
    pub origin: String,
    /// The stub's script.
    pub stub: String,
}

/// The page of a site about what stands after the site's key in the address; `None` where there is none.
pub fn about(about: &[&str], report: &Report, tag: &Tag) -> Option<Markup> {
    Some(match about {
        [] => overview::overview(report, tag),
        ["experiments", key] => experiment::experiment(report, key, tag)?,
        ["communications"] => communications::communications(report, tag),
        ["campaigns"] => campaigns::campaigns(report, tag),
        ["experiences"] => experiences::experiences(report, tag),
        ["goals"] => goals::goals(report, tag),
        ["diagnostics"] => diagnostics::diagnostics(report),
        _ => return None,
    })
}
