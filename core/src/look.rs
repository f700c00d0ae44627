//! A look at an experiment: what its figures decide now, and what is done about it.
//!
//! All that follows from a look is told together, so that who keeps it keeps all of it or nothing.

use serde::{Deserialize, Serialize};

use crate::bandit;
use crate::config::{Bandit, Config, Experiment, Status, Version};
use crate::decision::{Decision, State};
use crate::facts::Entity;
use crate::report::{Ledger, Need, decision, sums, winner};
use crate::statistics::Figure;
use crate::time::{DAY, Millis};
use crate::webhook::Event;

/// After its end an experiment is looked at for so long, ms: pages tell for 7 days what happened before it.
const STRAGGLERS: Millis = 8 * DAY;
/// A bandit's shares change when one of them would by so many ten-thousandths.
const WORTH_A_CHANGE: u16 = 100;
/// And at most so often in a run: each change is a version, and every version is kept.
pub const MAX_SHARES: usize = 200;

/// What a look found that is new, as it is kept: one of the two.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Found {
    /// A decision, with the figures it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// A bandit's new shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares: Option<Shares>,
}

/// Shares that a bandit's figures led to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shares {
    /// The experiment's version that has them.
    pub version: u32,
    /// Of the variants in their order, ten-thousandths.
    pub weights: Vec<u16>,
    /// When the figures were read, ms.
    pub as_of: Millis,
    /// The primary goal's sums of each variant, control first.
    pub figures: Vec<Figure>,
}

/// A finding in the order of an experiment's findings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// Goes up by one.
    pub number: u32,
    /// The configuration it was found under.
    pub config: Version,
    /// Deliveries that were still on their way; absent of a look on schedule, which takes what has arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<u32>,
    /// What was found: one of the two.
    pub found: Found,
}

/// What follows from a look.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Look {
    /// What is new.
    pub found: Option<Found>,
    /// The next configuration, where something is done.
    pub next: Option<Config>,
    /// A first winner, to be told besides what the change of the configuration means.
    pub winner: Option<Event>,
}

/// Whether looking at an experiment can lead to anything. `last` is what was found last.
pub fn is_watched(experiment: &Experiment, last: Option<&Found>, now: Millis) -> bool {
    let has_begun = experiment.started_at.is_some_and(|start| start <= now);
    if experiment.plan.bandit.is_some() {
        return experiment.status(now) == Status::Running && experiment.allocations.len() <= MAX_SHARES;
    }
    let is_open = experiment.ended_at.is_none_or(|end| now - end <= STRAGGLERS);
    let stands = last.and_then(|last| last.decision.as_ref()).is_some_and(Decision::stands);
    has_begun && is_open && !stands
}

/// What a look reads.
pub fn need(experiment: &Experiment) -> Need {
    Need { entity: Entity::Experiment(experiment.number), days: Vec::new(), is_run: true }
}

/// Looks at an experiment. The ledger has what [`need`] names; `last` is what was found last.
pub fn look(config: &Config, experiment: &Experiment, ledger: &mut Ledger, last: Option<&Found>, now: Millis) -> Look {
    if let Some(bandit) = experiment.plan.bandit {
        return follow(config, (experiment, bandit), ledger, last, now);
    }
    let number = experiment.number;
    let kept = last.and_then(|last| last.decision.as_ref());
    let Some(decision) = decision(config, experiment, ledger, kept, now) else { return Look::default() };
    let is_new = kept.is_none_or(|kept| kept.state != decision.state || kept.breaches != decision.breaches);
    if !is_new {
        return Look::default();
    }
    ledger.take_decision(number, decision.clone());
    let is_won = matches!(decision.state, State::Winner { .. });
    let next = match decision.state {
        State::Winner { variant } => config.with_winner(number, variant, now),
        _ if decision.stops() => config.with_breach(number, now),
        _ => None,
    };
    let about = next.as_ref().and_then(|next| next.numbered(number)).unwrap_or(experiment);
    let winner = is_won.then(|| winner(config, about, ledger, now)).flatten();
    Look { found: Some(Found { decision: Some(decision), shares: None }), next, winner }
}

/// A bandit's shares after what its figures say, once in a while and where they are worth a version.
fn follow(
    config: &Config,
    (experiment, bandit): (&Experiment, Bandit),
    ledger: &Ledger,
    last: Option<&Found>,
    now: Millis,
) -> Look {
    let Some((goal, started_at)) = experiment.goals.first().zip(experiment.started_at) else { return Look::default() };
    let changed_at = last.and_then(|last| last.shares.as_ref()).map_or(started_at, |shares| shares.as_of);
    let figures = sums((0, goal), experiment, ledger.run(Entity::Experiment(experiment.number)), config.currency);
    let is_due = now - changed_at >= bandit.every_ms && is_watched(experiment, last, now);
    if !is_due || figures.iter().any(|figure| figure.units() <= 0) {
        return Look::default();
    }
    let weights = bandit::weights(&figures, goal.direction, bandit.floor_share());
    let Some(next) = config.with_shares(experiment.number, &weights, WORTH_A_CHANGE) else { return Look::default() };
    let version = next.numbered(experiment.number).and_then(Experiment::allocation).map_or(0, |(version, _)| version);
    let shares = Shares { version, weights, as_of: now, figures };
    Look { found: Some(Found { decision: None, shares: Some(shares) }), next: Some(next), winner: None }
}
