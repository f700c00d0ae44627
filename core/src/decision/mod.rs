//! What an experiment's figures decide.

mod decide;
mod evidence;
mod guardrail;
mod state;

pub use decide::decide;
pub use evidence::{Evidence, Guardrail};
pub use state::{Breach, Decision, Inconclusive, Invalid, State};

use crate::time::{DAY, Millis};

/// Results show from so long after the start: the first hours are not like the days that follow.
pub const RESULTS_AFTER: Millis = DAY;

/// Whether results show at a time.
pub fn results_show(started_at: Millis, now: Millis) -> bool {
    now.saturating_sub(started_at) >= RESULTS_AFTER
}
