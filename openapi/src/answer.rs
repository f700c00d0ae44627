//! What the collector answers with besides the core's own types. That it does is checked over HTTP
//! (`tests/collector/openapi.test.mjs`).

use schemars::JsonSchema;
use serde::Serialize;
use tributary_core::config::{Config, Experiment, Outcome, Status};
use tributary_core::look::Finding;
use tributary_core::wire::{Reason, Refusal};

/// A site that was made. The secret key is told here and never again.
#[derive(Serialize, JsonSchema)]
pub struct MadeSite {
    /// Everything about the site is read and changed under it.
    #[schemars(extend("pattern" = "^sk_[0-9a-f]{48}$"))]
    secret_key: String,
    /// Every shard judges by the configuration already. Otherwise it is there within seconds.
    in_force: bool,
    /// The configuration.
    #[serde(flatten)]
    config: Config,
}

/// The configuration after a change.
#[derive(Serialize, JsonSchema)]
pub struct ChangedSite {
    /// The configuration.
    #[serde(flatten)]
    config: Config,
    /// Every shard judges by it already. Otherwise it is there within seconds.
    in_force: bool,
}

/// The experiment after a change.
#[derive(Serialize, JsonSchema)]
pub struct ChangedExperiment {
    /// The experiment.
    #[serde(flatten)]
    experiment: Experiment,
    /// Every shard judges by it already. Otherwise it is there within seconds.
    in_force: bool,
}

/// What became of a look at an experiment.
#[derive(Serialize, JsonSchema)]
pub struct Decided {
    /// The experiment's key.
    experiment: String,
    /// Where it stands.
    status: Status,
    /// When the figures were read, ms.
    as_of: i64,
    /// Deliveries still on their way. At 0 every acknowledged event is in the figures.
    pending: u32,
    /// The look found something that is not as it was.
    is_new: bool,
    /// What stands; absent before anything was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<Finding>,
    /// What a decision did about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    /// Every shard judges by the configuration already. Otherwise it is there within seconds.
    in_force: bool,
}

/// What was found about an experiment.
#[derive(Serialize, JsonSchema)]
pub struct Findings {
    /// The last 200, the first first.
    findings: Vec<Finding>,
}

/// What became of a batch.
#[derive(Serialize, JsonSchema)]
pub struct BatchAnswer {
    /// Events that count.
    accepted: u32,
    /// Events that were known already.
    duplicate: u32,
    /// Events that do not count, each with the reason. Sending them again changes nothing.
    refused: Vec<Refusal>,
    /// How far the page's times were shifted, ms: to be sent along with the next batch.
    shift: i64,
}

/// What became of an import's lines.
#[derive(Serialize, JsonSchema)]
pub struct ImportAnswer {
    /// Events that count.
    accepted: u32,
    /// Events that were known already.
    duplicate: u32,
    /// Lines that do not count, in their order.
    refused: Vec<RefusedLine>,
}

/// A line that does not count.
#[derive(Serialize, JsonSchema)]
pub struct RefusedLine {
    /// Which, from 1.
    line: usize,
    /// The event's id, or `line N` where it cannot be read.
    id: String,
    /// Why.
    reason: Reason,
    /// The field at fault.
    field: String,
    /// What it must be.
    limit: String,
}

/// Why a call is not answered with what it asked for.
#[derive(Serialize, JsonSchema)]
pub struct Error {
    /// The problem.
    error: Problem,
}

/// A problem, for programs and for people.
#[derive(Serialize, JsonSchema)]
pub struct Problem {
    /// For programs.
    code: String,
    /// For people.
    message: String,
    /// Where: a field's path such as `goals[1].selector`, `body`, `method` or a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What it must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
}
