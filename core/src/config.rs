//! A site's configuration as it is stored and pushed to shards.
//!
//! Every change makes a new version; a version judges the events accepted while it is in force. What a running
//! experiment counts never changes, so an event judged once keeps its judgement.

use serde::{Deserialize, Serialize};

use crate::money::Currency;
use crate::page_config::{PageConfig, PageExperiment, PageGoal};
use crate::time::{Millis, Zone};

/// A site: who it is and what it counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Public site key.
    pub site: String,
    /// Goes up by one with every change.
    pub version: u32,
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
    /// In the order they were made.
    pub experiments: Vec<Experiment>,
}

/// An experiment. The first variant is the control, the first goal is primary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// Unique within the site, never used again.
    pub number: u16,
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// What the assignment's hash starts from.
    pub seed: String,
    /// Keys and names, control first.
    pub variants: Vec<Variant>,
    /// Shares over time; an exposure names the version it was assigned under (the index plus one).
    pub allocations: Vec<Allocation>,
    /// What is counted.
    pub goals: Vec<Goal>,
    /// Start of the run (included).
    pub started_at: Option<Millis>,
    /// End of the run (excluded).
    pub ended_at: Option<Millis>,
}

/// One arm of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
}

/// Who gets what, under one version of an experiment. All shares are ten-thousandths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// Share of visitors who take part.
    pub coverage: u16,
    /// Shares of the variants, in their order.
    pub weights: Vec<u16>,
}

/// Something an exposed visitor may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// Unique within the experiment.
    pub key: String,
    /// For people.
    pub name: String,
    /// What meets it.
    #[serde(flatten)]
    pub kind: GoalKind,
}

/// What meets a goal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum GoalKind {
    /// A page view. A `url` that begins with `/` is compared with path and query, any other with the whole address.
    PageView {
        /// How it is compared.
        operator: UrlOperator,
        /// What with.
        url: String,
    },
    /// A click on what the CSS selector matches, or inside it. The page decides.
    Click {
        /// CSS selector.
        selector: String,
    },
    /// A submit, really fired, of a form that the CSS selector matches. The page decides.
    FormSubmit {
        /// CSS selector.
        selector: String,
    },
    /// `track(event)`.
    CustomEvent {
        /// The event's name.
        event: String,
    },
    /// `track(event, { revenue })`.
    Revenue {
        /// The event's name.
        event: String,
    },
}

/// How a page's address is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UrlOperator {
    /// The same text.
    Equals,
    /// Holds it somewhere.
    Contains,
    /// Begins with it.
    StartsWith,
    /// A regular expression finds something.
    Regex,
}

/// Where an experiment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not started.
    Draft,
    /// Starts later.
    Scheduled,
    /// Counts.
    Running,
    /// Has ended.
    Completed,
}

impl Experiment {
    /// Where the experiment stands at a time.
    pub fn status(&self, now: Millis) -> Status {
        match (self.started_at, self.ended_at) {
            (None, _) => Status::Draft,
            (_, Some(end)) if end <= now => Status::Completed,
            (Some(start), _) if start > now => Status::Scheduled,
            _ => Status::Running,
        }
    }

    /// Whether a time lies in the run: `[start, end)`.
    pub fn runs_at(&self, at: Millis) -> bool {
        self.status(at) == Status::Running
    }

    /// The shares in force, with the version an exposure names.
    pub fn allocation(&self) -> Option<(u32, &Allocation)> {
        Some((u32::try_from(self.allocations.len()).ok()?, self.allocations.last()?))
    }
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

    /// What a page needs to know now.
    pub fn page(&self, now: Millis) -> PageConfig<'_> {
        let running = || self.experiments.iter().filter(move |experiment| experiment.runs_at(now));
        let goals = |selector_of: fn(&GoalKind) -> Option<&String>| {
            running()
                .flat_map(|experiment| experiment.goals.iter().enumerate().map(move |goal| (experiment.number, goal)))
                .filter_map(|(experiment, (index, goal))| {
                    let selector = selector_of(&goal.kind)?;
                    Some(PageGoal { experiment, goal: u8::try_from(index).ok()?, selector })
                })
                .collect()
        };
        PageConfig {
            query_parameters: self.query_parameters.iter().map(String::as_str).collect(),
            respect_privacy_signals: self.respect_privacy_signals,
            experiments: running().filter_map(page_experiment).collect(),
            clicks: goals(|kind| if let GoalKind::Click { selector } = kind { Some(selector) } else { None }),
            submits: goals(|kind| if let GoalKind::FormSubmit { selector } = kind { Some(selector) } else { None }),
        }
    }
}

fn page_experiment(experiment: &Experiment) -> Option<PageExperiment<'_>> {
    let (version, allocation) = experiment.allocation()?;
    Some(PageExperiment {
        key: &experiment.key,
        seed: &experiment.seed,
        version,
        coverage: allocation.coverage,
        variants: experiment.variants.iter().map(|v| v.key.as_str()).zip(allocation.weights.iter().copied()).collect(),
    })
}
