//! What a decision is made from.

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
///
/// It is breached by a challenger when the whole interval of the relative effect lies beyond the tolerance, on the worse
/// side: harm that is shown, not harm that cannot be excluded. Where the control's figure is 0 there is no relative effect,
/// so nothing is breached.
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
