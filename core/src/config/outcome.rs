//! What a decision did to an experiment's traffic, and what stays of it when it is undone.

use serde::{Deserialize, Serialize};

use super::{After, Experiment, Variant, Version};
use crate::time::Millis;

/// What was done about an experiment. It is acted on once: also when it was undone, nothing is done again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outcome {
    /// When, ms.
    pub at: Millis,
    /// Why.
    pub because: Because,
    /// The winner's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<String>,
    /// What was done, as the plan said; a breach completes.
    pub action: After,
    /// The key of the variant that everybody gets, but the held-out: they get the control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gives: Option<String>,
    /// When it was taken back, ms: by an undo, or by a stop of the experiment that had ended already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Millis>,
}

/// Why something was done about an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// It has a winner.
    Winner,
    /// A variant breached a guardrail that stops the test.
    Guardrail,
}

/// An end that was undone. Versions of the configuration in which it was known go on knowing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PastEnd {
    /// When it was, ms.
    pub at: Millis,
    /// The first version that knew it.
    pub from: Version,
    /// The first that did not any more.
    pub until: Version,
}

impl Experiment {
    /// The variant that everybody gets although, or because, the experiment has ended.
    pub fn rollout(&self) -> Option<&Variant> {
        let outcome = self.outcome.as_ref().filter(|outcome| outcome.until.is_none())?;
        let gives = outcome.gives.as_ref()?;
        self.variants.iter().find(|variant| variant.key == *gives)
    }
}
