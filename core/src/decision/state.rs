//! A decision, as it is kept and shown.

use serde::{Deserialize, Serialize};

use crate::statistics::{Comparison, Figure, Method, Mismatch};
use crate::time::Millis;

/// Where an experiment's decision stands. Variants are places in the experiment: 0 is the control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Some variant has not the units it needs.
    Collecting {
        /// The best estimate so far, if there is one that is better than all others. It may be chance.
        leading: Option<u8>,
    },
    /// Significantly better than the control, and the best of those that are; the control, when every challenger is
    /// significantly worse.
    Winner {
        /// Which.
        variant: u8,
    },
    /// The sample is reached, and there is no winner.
    Inconclusive {
        /// Why.
        because: Inconclusive,
    },
    /// The figures prove nothing.
    Invalid {
        /// Why.
        because: Invalid,
    },
}

/// Why there is no winner although the sample is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Inconclusive {
    /// No challenger is significantly better, and not all are worse.
    NoDifference,
    /// Those that are better breach a guardrail.
    Guardrail,
}

/// Why figures prove nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Invalid {
    /// Variants were not given as their shares say.
    Mismatch,
    /// The experiment ended before the sample was reached.
    EndedEarly,
}

/// A challenger that harms a guardrail by more than is tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Breach {
    /// Place of the goal in the experiment.
    pub goal: u8,
    /// Place of the challenger.
    pub variant: u8,
    /// The test should be stopped: the guardrail asks for it, and the harm is shown by the confidence sequence, which may be
    /// looked at at any time.
    pub stops: bool,
}

/// A decision with the figures it was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Decision {
    /// What was decided.
    #[serde(flatten)]
    pub state: State,
    /// Since when, ms.
    pub since: Millis,
    /// When the figures were read, ms.
    pub as_of: Millis,
    /// What decided.
    pub method: Method,
    /// Units that each variant needs; absent while that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<i64>,
    /// Units of each variant, control first.
    pub units: Vec<i64>,
    /// The primary goal's sums of each variant, control first.
    pub figures: Vec<Figure>,
    /// Each challenger against the control.
    pub comparisons: Vec<Comparison>,
    /// Exposures against shares; absent where there are too few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mismatch: Option<Mismatch>,
    /// Guardrails that are breached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaches: Vec<Breach>,
}

impl State {
    /// Whether a later state is the same one still; another leader is.
    pub(super) fn continues_as(self, later: Self) -> bool {
        self == later || matches!((self, later), (Self::Collecting { .. }, Self::Collecting { .. }))
    }
}

impl Decision {
    /// Whether it is taken for good: a winner, or a test that is decided once and has been.
    pub fn stands(&self) -> bool {
        match self.state {
            State::Winner { .. } => true,
            State::Inconclusive { .. } => self.method != Method::Sequential,
            State::Collecting { .. } | State::Invalid { .. } => false,
        }
    }

    /// Whether a guardrail asks for the test to be stopped.
    pub fn stops(&self) -> bool {
        self.breaches.iter().any(|breach| breach.stops)
    }

    /// The part of the sample that the smallest variant has, 0 to 1; `None` while the sample is not known.
    pub fn progress(&self) -> Option<f64> {
        let fewest = self.units.iter().copied().min()?.max(0);
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        self.required.map(|required| (fewest as f64 / required.max(1) as f64).min(1.0))
    }
}
