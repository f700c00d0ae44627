//! An experiment, as receivers are told of it: what it is known by, and where it stands.

use serde::Serialize;

use crate::config::{Experiment, GoalKind, Status, Variant};
use crate::time::Millis;

/// An experiment, as it is when something happens to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExperimentSummary"))]
pub struct About {
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// Where it stands now.
    pub status: Status,
    /// Keys and names, control first.
    pub variants: Vec<VariantName>,
    /// What is counted, the primary goal first.
    pub goals: Vec<GoalName>,
    /// Start of the run, ms.
    pub started_at: Option<Millis>,
    /// End of the run, ms.
    pub ended_at: Option<Millis>,
}

/// A variant by its names: what it changes in a page is nobody's business but the page's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VariantName {
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
}

/// A goal by its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GoalName {
    /// Unique within the experiment.
    pub key: String,
    /// For people.
    pub name: String,
    /// What meets it, e.g. `revenue`.
    #[serde(rename = "type")]
    pub kind: String,
}

impl About {
    /// What is told of an experiment at a time.
    pub fn of(experiment: &Experiment, at: Millis) -> Self {
        Self {
            key: experiment.key.clone(),
            name: experiment.name.clone(),
            status: experiment.status(at),
            variants: experiment.variants.iter().map(VariantName::of).collect(),
            goals: experiment.goals.iter().map(|goal| GoalName::of(&goal.key, &goal.name, &goal.kind)).collect(),
            started_at: experiment.started_at,
            ended_at: experiment.ended_at,
        }
    }
}

impl VariantName {
    /// The names of a variant.
    pub fn of(variant: &Variant) -> Self {
        Self { key: variant.key.clone(), name: variant.name.clone() }
    }
}

impl GoalName {
    /// The names of a goal.
    pub fn of(key: &str, name: &str, kind: &GoalKind) -> Self {
        let kind = match kind {
            GoalKind::PageView(_) => "page_view",
            GoalKind::Click { .. } => "click",
            GoalKind::FormSubmit { .. } => "form_submit",
            GoalKind::CustomEvent { .. } => "custom_event",
            GoalKind::Revenue { .. } => "revenue",
            GoalKind::BounceRate { .. } => "bounce_rate",
            GoalKind::ExitRate { .. } => "exit_rate",
        };
        Self { key: key.to_owned(), name: name.to_owned(), kind: kind.to_owned() }
    }
}
