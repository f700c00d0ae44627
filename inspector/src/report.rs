//! What there is to say about a page.

use serde::Serialize;
use serde_json::Value;
use tributary_core::page_config::PageConfig;

use crate::delivery;
use crate::enrolment;
use crate::seen::Seen;

/// All of it: what the panel shows, and what `await tributary.inspect()` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// The site's key.
    pub site: String,
    /// The visitor's id; empty where there is none.
    pub visitor: String,
    /// The profile it was identified as, or nothing.
    pub profile: String,
    /// Whether anything is measured, and why not.
    pub measuring: Measuring,
    /// What a developer should know besides.
    pub notes: Vec<&'static str>,
    /// Running experiments, and those that the page asks for.
    pub experiments: Vec<Experiment>,
    /// Events, the latest first.
    pub events: Vec<Event>,
}

/// Whether anything is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measuring {
    /// Yes.
    #[default]
    Yes,
    /// `consent(true)` must come first.
    ConsentMissing,
    /// Global Privacy Control or Do Not Track, and nobody said otherwise.
    BrowserRefuses,
    /// The visitor withdrew.
    Withdrawn,
    /// The configuration cannot be read: it is of another build.
    Damaged,
}

/// An experiment and this visitor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Experiment {
    /// Its key.
    pub key: String,
    /// The variant, if the visitor is in.
    pub variant: Option<String>,
    /// The version under which.
    pub version: Option<i64>,
    /// Why the visitor is not in: `not_running`, `no_consent`, `no_profile`, `cookieless`, `held_out`, `outside_namespace`,
    /// `condition` or `not_covered`; of one who is in, why the page could not give the variant: `html_forbidden`,
    /// `change_failed` or `redirect_loop`.
    pub reason: Option<&'static str>,
    /// The figures behind it, in words.
    pub detail: String,
    /// It was exposed in this page load.
    pub exposed: bool,
}

/// An event and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// `load-number`.
    pub id: String,
    /// When, ms since the epoch.
    pub at: i64,
    /// Its name.
    pub name: String,
    /// Its properties.
    pub properties: Value,
    /// Where it stands.
    #[serde(flatten)]
    pub fate: Fate,
}

/// What became of an event; later ones outrank earlier ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum Fate {
    /// In storage, to be sent.
    Waiting,
    /// Nobody answered, or somebody who is not the collector: it is sent again.
    Unanswered {
        /// The answer's status; 0 where there was none.
        status: u16,
    },
    /// Handed to a beacon, which nobody answers: the next page sends it again.
    Beacon,
    /// Taken.
    Accepted,
    /// Taken, now or before: the answer says how many of its batch came a second time, and not which.
    AcceptedOrDuplicate {
        /// So many of the batch were there already.
        duplicates: u64,
    },
    /// All of its batch were there already.
    Duplicate,
    /// Not taken.
    Refused {
        /// Why.
        reason: String,
        /// Which field.
        field: Option<String>,
        /// What it must be.
        limit: Option<String>,
    },
}

/// Looks at a page.
pub fn report(seen: &Seen) -> Report {
    let (measuring, experiments) = match PageConfig::decode(&seen.config) {
        Some(config) => {
            let measuring = measuring(seen, &config);
            (measuring, enrolment::experiments(seen, &config, measuring))
        }
        None => (Measuring::Damaged, Vec::new()),
    };
    Report {
        site: seen.site.clone(),
        visitor: if measuring == Measuring::Yes { seen.visitor.clone() } else { String::new() },
        profile: seen.profile.clone(),
        measuring,
        notes: notes(seen),
        experiments,
        events: delivery::events(seen),
    }
}

fn measuring(seen: &Seen, config: &PageConfig<'_>) -> Measuring {
    let refuses = config.respect_privacy_signals && seen.refuses;
    match (seen.has_consent, seen.must_ask, refuses) {
        (false, true, _) => Measuring::ConsentMissing,
        (false, _, true) => Measuring::BrowserRefuses,
        _ if seen.visitor.is_empty() => Measuring::Withdrawn,
        _ => Measuring::Yes,
    }
}

fn notes(seen: &Seen) -> Vec<&'static str> {
    let mut notes = Vec::new();
    if seen.is_automated {
        notes.push(
            "A program drives this browser: the collector refuses what it sends, unless the site allows automation.",
        );
    }
    if seen.is_cookieless {
        notes.push("Cookieless: the id lives for this page load, and nobody is in an experiment.");
    }
    notes
}
