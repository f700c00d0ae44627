//! From figures to a decision.

use super::state::Decision;
use crate::config::Direction;
use crate::statistics::{Figure, Mismatch, Plan};
use crate::time::Millis;

/// All that a decision is made from.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// What the experiment set out to show.
    pub plan: &'a Plan,
    /// Which way the primary goal should go.
    pub direction: Direction,
    /// The primary goal's figures, control first.
    pub figures: &'a [Figure],
    /// Exposures against shares.
    pub mismatch: Option<Mismatch>,
    /// Goals that a winner must not harm.
    pub guardrails: &'a [Guardrail<'a>],
    /// Start of the run, ms.
    pub started_at: Millis,
    /// The run is over: nothing more is exposed.
    pub ended: bool,
    /// When the figures were read, ms.
    pub now: Millis,
}

/// A secondary goal that a winner must not harm.
#[derive(Debug, Clone, Copy)]
pub struct Guardrail<'a> {
    /// Place of the goal in the experiment.
    pub goal: u8,
    /// Which way it should go.
    pub direction: Direction,
    /// The relative harm that is tolerated: 0.02 for 2 % to the worse, 0 for none.
    pub tolerance: f64,
    /// A breach stops the test.
    pub stops: bool,
    /// Its figures, control first.
    pub figures: &'a [Figure],
}

/// Decides. `kept` is what was decided before: what stands is given back as it is.
pub fn decide(evidence: &Evidence<'_>, kept: Option<&Decision>) -> Decision {
    let _ = (evidence, kept);
    todo!()
}
