//! From figures to a decision.

use super::evidence::Evidence;
use super::guardrail::{Look, breaches};
use super::results_show;
use super::state::{Breach, Decision, Inconclusive, Invalid, State};
use crate::config::Direction;
use crate::statistics::{Comparison, Figure, Method, Plan, compare, estimate, sample};

/// What a challenger's comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Better,
    Worse,
    Neither,
}

/// Decides. `kept` is what was decided before: what stands is given back as it is, whatever the figures say now, for a test
/// that is looked at until it says something else is not the test that was promised.
///
/// Fixed and Bayesian tests are decided once, when every variant has its units. A confidence sequence may be looked at at
/// any time, so the sequential method may find a winner before that, and goes on looking after it.
pub fn decide(evidence: &Evidence<'_>, kept: Option<&Decision>) -> Decision {
    if let Some(kept) = kept.filter(|kept| kept.stands()) {
        return kept.clone();
    }
    let Evidence { plan, direction, figures, now, .. } = *evidence;
    let whole = |units: i128| i64::try_from(units).unwrap_or(i64::MAX);
    let required = sample::required(plan, direction, figures);
    let mut decision = Decision {
        state: State::Collecting { leading: None },
        since: now,
        as_of: now,
        method: plan.method,
        required: required.map(whole),
        units: figures.iter().map(|figure| whole(figure.units())).collect(),
        figures: figures.to_vec(),
        comparisons: Vec::new(),
        mismatch: None,
        breaches: Vec::new(),
    };
    if results_show(evidence.started_at, now) {
        let is_reached = required.is_some_and(|required| figures.iter().all(|figure| figure.units() >= required));
        decision.comparisons = comparisons(plan, direction, figures);
        decision.mismatch = evidence.mismatch;
        decision.breaches = breaches(plan, evidence.guardrails, Look::of(plan.method, is_reached));
        decision.state = state(evidence, &decision.comparisons, &decision.breaches, is_reached);
    }
    if let Some(kept) = kept.filter(|kept| kept.state.continues_as(decision.state)) {
        decision.since = kept.since;
    }
    decision
}

/// Each challenger against the control.
pub(super) fn comparisons(plan: &Plan, direction: Direction, figures: &[Figure]) -> Vec<Comparison> {
    let Some((control, challengers)) = figures.split_first() else { return Vec::new() };
    let settings = plan.settings(challengers.len(), direction);
    challengers.iter().map(|challenger| compare(control, challenger, &settings)).collect()
}

fn state(evidence: &Evidence<'_>, comparisons: &[Comparison], breaches: &[Breach], is_reached: bool) -> State {
    let Evidence { plan, direction, figures, .. } = *evidence;
    if evidence.mismatch.is_some_and(|mismatch| mismatch.alarm) {
        return State::Invalid { because: Invalid::Mismatch };
    }
    let alpha = plan.alpha(comparisons.len());
    let verdicts: Vec<Verdict> =
        comparisons.iter().map(|comparison| verdict(comparison, plan.method, direction, alpha)).collect();
    let harms = |place: u8| breaches.iter().any(|breach| breach.variant == place);
    let better = || (1_u8..).zip(&verdicts).filter(|(_, verdict)| **verdict == Verdict::Better).map(|(place, _)| place);
    if is_reached || plan.method == Method::Sequential {
        let admitted: Vec<u8> = better().filter(|place| !harms(*place)).collect();
        if let Some(variant) = best(figures, direction, &admitted).first() {
            return State::Winner { variant: *variant };
        }
        if !verdicts.is_empty() && verdicts.iter().all(|verdict| *verdict == Verdict::Worse) {
            return State::Winner { variant: 0 };
        }
    }
    if is_reached {
        let because = if better().next().is_some() { Inconclusive::Guardrail } else { Inconclusive::NoDifference };
        return State::Inconclusive { because };
    }
    if evidence.ended {
        return State::Invalid { because: Invalid::EndedEarly };
    }
    State::Collecting { leading: leading(figures, direction) }
}

/// What the deciding figure says. The alpha is two-sided: half of it is the chance of a false "better".
fn verdict(comparison: &Comparison, method: Method, direction: Direction, alpha: f64) -> Verdict {
    let by_sign = |effect: f64| match direction {
        Direction::Increase if effect > 0.0 => Verdict::Better,
        Direction::Decrease if effect < 0.0 => Verdict::Better,
        _ => Verdict::Worse,
    };
    let said = match method {
        Method::Fixed => comparison.test.filter(|test| test.p_value < alpha).map(|test| by_sign(test.statistic)),
        Method::Sequential => comparison.sequential.and_then(|sequential| match sequential.deciding()? {
            [lower, _] if lower > 0.0 => Some(by_sign(lower)),
            [_, upper] if upper < 0.0 => Some(by_sign(upper)),
            _ => None,
        }),
        Method::Bayesian => comparison.bayesian.and_then(|bayesian| match bayesian.chance_to_beat_control {
            chance if chance > 1.0 - alpha / 2.0 => Some(Verdict::Better),
            chance if chance < alpha / 2.0 => Some(Verdict::Worse),
            _ => None,
        }),
    };
    said.unwrap_or(Verdict::Neither)
}

/// Those of some variants whose estimate none of them exceeds, in their order.
fn best(figures: &[Figure], direction: Direction, places: &[u8]) -> Vec<u8> {
    let estimates: Vec<(u8, f64)> = places
        .iter()
        .filter_map(|place| Some((*place, estimate(figures.get(usize::from(*place))?).ok()?.value)))
        .map(|(place, value)| (place, if direction == Direction::Increase { value } else { -value }))
        .collect();
    let most = estimates.iter().map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max);
    estimates.into_iter().filter(|(_, value)| *value >= most).map(|(place, _)| place).collect()
}

/// The one variant whose estimate is better than that of every other, each of which has one.
fn leading(figures: &[Figure], direction: Direction) -> Option<u8> {
    let places: Vec<u8> = (0_u8..).zip(figures).map(|(place, _)| place).collect();
    let all_known = figures.len() > 1 && figures.iter().all(|figure| estimate(figure).is_ok());
    match best(figures, direction, &places).as_slice() {
        [one] if all_known => Some(*one),
        _ => None,
    }
}
