//! One event told to one webhook, and what became of it.

use serde::{Deserialize, Serialize};

use super::{Kind, Told, schedule};
use crate::row;
use crate::time::{DAY, Millis};

const FORMAT: u8 = 1;

/// Notices that are kept of a webhook; beyond that the oldest go, those that are settled first.
pub const MAX_NOTICES: usize = 1_000;
/// A notice is kept so long, ms.
pub const NOTICES_FOR: Millis = 30 * DAY;
/// Attempts that are kept of a notice, the latest.
const MAX_ATTEMPTS: usize = 10;
/// Characters that are kept of an answer's body.
pub const MAX_ANSWER: usize = 500;

/// One event told to one webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Notice {
    /// The `webhook-id`: the same at every attempt, and at every webhook that is told of the event.
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^msg_[0-9a-f]{32}$")))]
    pub id: String,
    /// Which event it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The key of the experiment that it is about; empty for a test.
    pub about: String,
    /// What is sent, as text.
    pub body: String,
    /// When the webhook was to be told, ms.
    pub at: Millis,
    /// Where it stands.
    pub state: State,
    /// When it is tried next, ms; none when it is settled, or waits until the webhook is enabled.
    pub next_at: Option<Millis>,
    /// Attempts since it was told or replayed.
    pub tries: u32,
    /// The latest attempts, at most ten.
    pub attempts: Vec<Attempt>,
}

/// Where a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "NoticeState"))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// To be tried, or tried again.
    Waiting,
    /// The receiver answered 2xx.
    Acknowledged,
    /// It is not tried any more.
    Failed,
}

/// One request and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attempt {
    /// When it began, ms.
    pub at: Millis,
    /// How long it took, ms.
    pub duration_ms: Millis,
    /// The answer's status; none where there was no answer.
    pub status: Option<u16>,
    /// Why it counts as failed; none where it was acknowledged.
    pub error: Option<Problem>,
    /// How the answer's body begins: at most 500 characters of it, as text.
    pub answer: String,
    /// How long the receiver asked to be left alone, ms (`Retry-After`).
    #[serde(skip)]
    pub retry_after: Option<Millis>,
}

/// What is wrong with an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AttemptError"))]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The address may not be posted to.
    Address,
    /// Nothing answered there, or what answered is no HTTP.
    Connection,
    /// The answer took more than ten seconds.
    Timeout,
    /// The answer leads elsewhere: redirects are not followed.
    Redirect,
    /// The answer says something else than 2xx.
    Status,
}

/// What an attempt amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 2xx.
    Acknowledged,
    /// 410: the receiver wants no more of anything.
    Gone,
    /// Anything else.
    Failed {
        /// How long the receiver asked to be left alone at least, ms.
        patience: Millis,
    },
}

impl Notice {
    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        row::encode(FORMAT, self)
    }

    /// Reads the stored form; `None` where it is damaged or of a later format.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        row::decode(FORMAT, bytes)
    }

    /// An event that is to be told at once; one that waits for its webhook where that is disabled.
    pub fn new(told: Told, now: Millis, is_due: bool) -> Self {
        let Told { id, kind, about, body } = told;
        let next_at = is_due.then_some(now);
        Self { id, kind, about, body, at: now, state: State::Waiting, next_at, tries: 0, attempts: Vec::new() }
    }

    /// Begins anew, at once, whatever became of it.
    pub fn replay(&mut self, now: Millis) {
        (self.state, self.next_at, self.tries) = (State::Waiting, Some(now), 0);
    }

    pub(super) fn add(&mut self, attempt: Attempt) {
        self.tries += 1;
        self.attempts.push(attempt);
        let surplus = self.attempts.len().saturating_sub(MAX_ATTEMPTS);
        self.attempts.drain(..surplus);
    }

    pub(super) fn settle(&mut self, state: State) {
        (self.state, self.next_at) = (state, None);
    }
}

impl Attempt {
    /// An attempt that an answer came of. `body` is how it begins.
    pub fn answered(at: Millis, duration_ms: Millis, status: u16, retry_after: Option<&str>, body: &[u8]) -> Self {
        let error = match status {
            200..=299 => None,
            300..=399 => Some(Problem::Redirect),
            _ => Some(Problem::Status),
        };
        let retry_after = retry_after.and_then(|seconds| seconds.trim().parse::<u32>().ok());
        let retry_after = retry_after.map(|seconds| i64::from(seconds) * 1000);
        Self { at, duration_ms, status: Some(status), error, answer: readable(body), retry_after }
    }

    /// An attempt without an answer.
    pub fn unanswered(at: Millis, duration_ms: Millis, problem: Problem) -> Self {
        Self { at, duration_ms, status: None, error: Some(problem), answer: String::new(), retry_after: None }
    }

    /// What it amounts to.
    pub fn outcome(&self) -> Outcome {
        match (self.error, self.status) {
            (None, _) => Outcome::Acknowledged,
            (Some(_), Some(410)) => Outcome::Gone,
            (Some(_), _) => {
                Outcome::Failed { patience: self.retry_after.unwrap_or(0).clamp(0, schedule::MAX_PATIENCE) }
            }
        }
    }
}

/// Text that can be shown: what is no character, or controls a terminal, is left out.
fn readable(body: &[u8]) -> String {
    let is_shown = |character: &char| *character != char::REPLACEMENT_CHARACTER && !character.is_control();
    String::from_utf8_lossy(body).chars().filter(is_shown).take(MAX_ANSWER).collect()
}
