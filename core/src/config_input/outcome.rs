//! What becomes of an experiment's traffic after a decision, and how it is taken back.

use super::{InputError, MAX_CONFIG_BYTES};
use crate::config::{After, Allocation, Because, Config, Experiment, Outcome, PastEnd, Version};
use crate::time::Millis;

impl Config {
    /// The next version, with what the plan says about the first winner, a place among the variants; `None` where nothing
    /// is to be done: something was done already, or the experiment was ended by hand, which says what its traffic gets.
    pub fn with_winner(&self, number: u16, winner: u8, now: Millis) -> Option<Self> {
        self.with_outcome(number, now, |experiment| {
            let key = experiment.variants.get(usize::from(winner))?.key.clone();
            let action = experiment.plan.after;
            let gives = match action {
                After::AllToWinner => Some(key.clone()),
                After::AllToControl => Some(experiment.variants.first()?.key.clone()),
                After::KeepRunning | After::Complete => None,
            };
            Some(Outcome { at: now, because: Because::Winner, winner: Some(key), action, gives, until: None })
        })
    }

    /// The next version, with an experiment ended because a variant breached a guardrail that stops the test.
    pub fn with_breach(&self, number: u16, now: Millis) -> Option<Self> {
        self.with_outcome(number, now, |_| {
            let (because, action) = (Because::Guardrail, After::Complete);
            Some(Outcome { at: now, because, winner: None, action, gives: None, until: None })
        })
    }

    fn with_outcome(&self, number: u16, now: Millis, of: impl FnOnce(&Experiment) -> Option<Outcome>) -> Option<Self> {
        let mut next = self.next();
        let version = next.version;
        let experiment = next.experiments.iter_mut().find(|experiment| experiment.number == number)?;
        if experiment.outcome.is_some() || experiment.ended_at.is_some() {
            return None;
        }
        let outcome = of(experiment)?;
        if outcome.action != After::KeepRunning {
            end(experiment, version, now);
        }
        experiment.outcome = Some(outcome);
        Some(next)
    }

    /// The next version, with a bandit's next shares; `None` where none of them changes by as much as `worth`, in
    /// ten-thousandths, or where versions would take the room that a merchant's own changes need.
    pub fn with_shares(&self, number: u16, weights: &[u16], worth: u16) -> Option<Self> {
        let mut next = self.next();
        let experiment = next.experiments.iter_mut().find(|experiment| experiment.number == number)?;
        let Allocation { coverage, weights: known } = experiment.allocations.last()?;
        let is_worth_it = known.iter().zip(weights).any(|(one, other)| one.abs_diff(*other) >= worth);
        if !is_worth_it || weights.len() != known.len() {
            return None;
        }
        let allocation = Allocation { coverage: *coverage, weights: weights.to_vec() };
        experiment.allocations.push(allocation);
        Some(next).filter(|next| next.bytes() <= MAX_CONFIG_BYTES / 4 * 3)
    }

    /// The next version, with what a decision did taken back: the experiment runs again, with the shares it had. The time in
    /// between is a pause of the run.
    pub fn with_undo(&self, key: &str, now: Millis) -> Result<Self, InputError> {
        self.with_experiment_taken_back(key, |experiment, version| {
            let Some(outcome) = experiment.outcome.as_mut().filter(|outcome| outcome.action != After::KeepRunning)
            else {
                return Err(InputError::Conflict("no decision changed the experiment's traffic"));
            };
            if outcome.until.is_some() {
                return Err(InputError::Conflict("what the decision did was taken back already"));
            }
            outcome.until = Some(now);
            if let Some(at) = experiment.ended_at.take() {
                experiment.past_ends.push(PastEnd { at, from: experiment.ended_in, until: version });
                // A pause that was never resumed goes on.
                if experiment.pauses.last().is_none_or(|(_, until)| until.is_some()) {
                    experiment.pauses.push((at, Some(now.max(at))));
                }
            }
            Ok(())
        })
    }
}

/// Ends an experiment; it does not before it started.
pub(super) fn end(experiment: &mut Experiment, version: Version, now: Millis) {
    experiment.ended_at = Some(now.max(experiment.started_at.unwrap_or(now)));
    experiment.ended_in = version;
}

/// Stops, for good, what everybody gets after the end; false where that is nothing.
pub(super) fn end_rollout(experiment: &mut Experiment, now: Millis) -> bool {
    let is_given = experiment.rollout().is_some();
    if let Some(outcome) = experiment.outcome.as_mut().filter(|_| is_given) {
        outcome.until = Some(now);
    }
    is_given
}
