//! Guardrails: whether a challenger harms what it must not harm.

use super::decide::comparisons;
use super::evidence::Guardrail;
use super::state::Breach;
use crate::config::Direction;
use crate::statistics::{Comparison, Interval, Method, Plan};

/// Which interval a guardrail goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// At the one time a test is decided, the one for looking once.
    Once,
    /// At all others, the one for looking again and again.
    Again,
}

impl Look {
    pub(super) fn of(method: Method, is_reached: bool) -> Self {
        if is_reached && method != Method::Sequential { Self::Once } else { Self::Again }
    }
}

/// Every breach, by goal and challenger. Only what the confidence sequence shows stops a test: guardrails are looked at all
/// the time.
pub(super) fn breaches(plan: &Plan, guardrails: &[Guardrail<'_>], look: Look) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for guardrail in guardrails {
        let comparisons = comparisons(plan, guardrail.direction, guardrail.figures);
        breaches.extend((1_u8..).zip(&comparisons).filter_map(|challenger| breach(guardrail, challenger, look)));
    }
    breaches
}

fn breach(guardrail: &Guardrail<'_>, (variant, comparison): (u8, &Comparison), look: Look) -> Option<Breach> {
    let is_harmful = |interval: Option<Interval>| interval.is_some_and(|interval| is_harm(interval, guardrail));
    let always = is_harmful(comparison.sequential.and_then(|sequential| sequential.deciding()));
    let once = look == Look::Once && is_harmful(comparison.relative.and_then(|effect| effect.interval));
    (always || once).then_some(Breach { goal: guardrail.goal, variant, stops: always && guardrail.stops })
}

/// Whether all of an interval is worse than what is tolerated.
fn is_harm([lower, upper]: Interval, guardrail: &Guardrail<'_>) -> bool {
    match guardrail.direction {
        Direction::Increase => upper < -guardrail.tolerance,
        Direction::Decrease => lower > guardrail.tolerance,
    }
}
