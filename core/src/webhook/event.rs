//! What receivers are told: `{type, timestamp, data}`.

use serde::{Deserialize, Serialize};

use super::{About, GoalName, VariantName};
use crate::time::{Millis, Zone};

/// What happened, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "WebhookEvent"))]
pub enum Kind {
    /// An experiment was made, a draft.
    #[serde(rename = "experiment.created")]
    ExperimentCreated,
    /// An experiment runs: at once when it was started, or when the time it was to start at has come.
    #[serde(rename = "experiment.started")]
    ExperimentStarted,
    /// Nobody is newly exposed.
    #[serde(rename = "experiment.paused")]
    ExperimentPaused,
    /// A paused experiment goes on, or one whose end was undone.
    #[serde(rename = "experiment.resumed")]
    ExperimentResumed,
    /// An experiment has ended.
    #[serde(rename = "experiment.completed")]
    ExperimentCompleted,
    /// An experiment has a winner: told once.
    #[serde(rename = "experiment.winner_detected")]
    WinnerDetected,
    /// Somebody wants to see whether anything arrives.
    #[serde(rename = "webhook.test")]
    Test,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ExperimentCreated,
        Self::ExperimentStarted,
        Self::ExperimentPaused,
        Self::ExperimentResumed,
        Self::ExperimentCompleted,
        Self::WinnerDetected,
        Self::Test,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExperimentCreated => "experiment.created",
            Self::ExperimentStarted => "experiment.started",
            Self::ExperimentPaused => "experiment.paused",
            Self::ExperimentResumed => "experiment.resumed",
            Self::ExperimentCompleted => "experiment.completed",
            Self::WinnerDetected => "experiment.winner_detected",
            Self::Test => "webhook.test",
        }
    }
}

/// Something that happened, with all that a receiver needs to act on it.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// An experiment was made or went from one state to another.
    Experiment(Kind, About),
    /// An experiment has a winner.
    Winner(Box<Winner>),
    /// Somebody asked whether anything arrives at this webhook.
    Test {
        /// The webhook's id.
        webhook: String,
    },
}

/// An event as it is handed to webhooks: what is sent, and what it is found by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The `webhook-id`.
    pub id: String,
    /// Which event it is.
    pub kind: Kind,
    /// The key of the experiment that it is about; empty for a test.
    pub about: String,
    /// What is sent: made once, so that every attempt sends and signs the same bytes.
    pub body: String,
}

/// A winner and what it was found from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Winner {
    /// The experiment.
    pub experiment: About,
    /// The variant that won; the control, where every other is worse.
    pub variant: VariantName,
    /// The primary goal, by which it won.
    pub goal: GoalName,
    /// How it was decided, as the experiment's configuration names it.
    pub method: String,
    /// Confidence of the decision and of the interval, for all variants together, 0 to 1.
    pub confidence: f64,
    /// The winner against the control, as a share of the control's figure: 0.12 is 12 % more. None where the control won, or
    /// its figure is 0.
    pub effect: Option<Effect>,
    /// What was measured, control first.
    pub figures: Vec<Arm>,
    /// The result in a sentence, for people.
    pub summary: String,
}

/// An estimate and the interval it is known to lie in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "WinnerEffect"))]
pub struct Effect {
    /// The best estimate.
    pub estimate: f64,
    /// The interval's lower end; none where it is open.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

/// What was measured of a variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "WinnerFigures"))]
pub struct Arm {
    /// The variant's key.
    pub variant: String,
    /// Exposed visitors (or profiles).
    pub units: u64,
    /// Of these, those that met the goal.
    pub conversions: u64,
    /// The goal's figure: a rate from 0 to 1, or an amount in the currency's usual unit.
    pub figure: f64,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: Kind,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    site: &'a str,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum What<'a> {
    Experiment { experiment: &'a About },
    Winner(&'a Winner),
    Test { webhook: &'a str },
}

impl Event {
    /// Which event it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Experiment(kind, _) => *kind,
            Self::Winner(_) => Kind::WinnerDetected,
            Self::Test { .. } => Kind::Test,
        }
    }

    /// The event as webhooks are handed it. `random` makes its id, `at` is when it happened.
    pub fn told(&self, site: &str, random: u128, at: Millis) -> Told {
        let about = match self {
            Self::Experiment(_, experiment) => experiment.key.clone(),
            Self::Winner(winner) => winner.experiment.key.clone(),
            Self::Test { .. } => String::new(),
        };
        Told { id: format!("msg_{random:032x}"), kind: self.kind(), about, body: self.body(site, at) }
    }

    /// The request's body. `at` is when it happened.
    pub fn body(&self, site: &str, at: Millis) -> String {
        let what = match self {
            Self::Experiment(_, about) => What::Experiment { experiment: about },
            Self::Winner(winner) => What::Winner(winner),
            Self::Test { webhook } => What::Test { webhook },
        };
        let body = Body { kind: self.kind(), timestamp: rfc3339(at), data: Data { site, what } };
        serde_json::to_string(&body).unwrap_or_default()
    }
}

/// `2026-07-01T11:14:59.900Z`.
fn rfc3339(at: Millis) -> String {
    let seconds = Zone::default().local(at).replace(' ', "T");
    format!("{seconds}.{:03}Z", at.rem_euclid(1000))
}
