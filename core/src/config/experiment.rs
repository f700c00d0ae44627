//! Experiments: who gets what, and what is counted.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Change, Guardrail, Outcome, PastEnd, Plan, Version};
use crate::time::Millis;

/// An experiment. The first variant is the control, the first goal is primary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Experiment {
    /// Unique within the site, never used again.
    pub number: u16,
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// What the assignment's hash starts from.
    pub seed: String,
    /// What is assigned: each visitor on its own, or each profile.
    #[serde(default)]
    pub unit: Unit,
    /// Only these units can take part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Namespace>,
    /// Only visitors of whom this holds take part (`GrowthBook`'s condition language). Decided where variants are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
    /// Keys and names, control first.
    pub variants: Vec<Variant>,
    /// Shares over time; an exposure names the version it was assigned under (the index plus one).
    pub allocations: Vec<Allocation>,
    /// What is counted.
    pub goals: Vec<Goal>,
    /// How it is decided.
    #[serde(default)]
    pub plan: Plan,
    /// Start of the run (included).
    pub started_at: Option<Millis>,
    /// The configuration's version that set the start: sessions accepted before it are not counted.
    #[serde(default)]
    pub started_in: Version,
    /// End of the run (excluded).
    pub ended_at: Option<Millis>,
    /// The configuration's version that set the end: events accepted before it know of none.
    #[serde(default)]
    pub ended_in: Version,
    /// Pauses of the run, in order: from (included), until (excluded).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<(Millis, Option<Millis>)>,
    /// What a decision did about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Ends that were undone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past_ends: Vec<PastEnd>,
}

/// What an experiment assigns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Each browser.
    #[default]
    Visitor,
    /// Each known person: nobody is assigned before `identify`.
    Profile,
}

/// A share of all units, by a hash of its own, so that experiments in one namespace exclude each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Namespace {
    /// What the hash adds to the unit's id.
    pub id: String,
    /// Thousandths: from (included), to (excluded).
    pub range: (u16, u16),
}

/// One arm of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Variant {
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// What an experiment's variant changes in the page by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// Who gets what, under one version of an experiment. All shares are ten-thousandths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Allocation {
    /// Share of visitors who take part.
    pub coverage: u16,
    /// Shares of the variants, in their order.
    pub weights: Vec<u16>,
}

/// Something an exposed unit may do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Goal {
    /// Unique within the experiment.
    pub key: String,
    /// For people.
    pub name: String,
    /// What meets it.
    #[serde(flatten)]
    pub kind: GoalKind,
    /// What a merchant hopes for.
    #[serde(default)]
    pub direction: Direction,
    /// Only what happens this long after the first exposure converts, ms, both ends included.
    #[serde(rename = "window_ms", default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Millis>,
    /// What is divided: units, or their sessions.
    #[serde(default)]
    pub per: Per,
    /// What decides of a revenue goal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decides: Option<Decides>,
    /// For a secondary goal that must not get worse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guardrail: Option<Guardrail>,
    /// For a goal added to a running experiment: units first exposed from here on are its denominator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_at: Option<Millis>,
    /// The configuration's version that brought the goal.
    #[serde(default)]
    pub added_in: Version,
}

/// Which way a goal's figure should go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    #[default]
    Increase,
    /// Less is better.
    Decrease,
}

/// What conversions are counted against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Converting units of exposed units.
    #[default]
    Unit,
    /// Converted sessions of sessions that overlap the time from first exposure to the end.
    Session,
}

/// Which figure of a revenue goal decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Decides {
    /// Revenue per exposed unit.
    #[default]
    RevenuePerUnit,
    /// Average order value.
    Aov,
    /// Orders per exposed unit.
    OrdersPerUnit,
}

/// The figure of a goal by which variants are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// Converting units of exposed units.
    ConversionRate,
    /// Sessions that met the goal of sessions that count for it.
    SessionRate,
    /// Gross revenue, as far as it is within the cap, per exposed unit.
    RevenuePerUnit,
    /// Orders per exposed unit.
    OrdersPerUnit,
    /// Gross revenue, as far as it is within the cap, per order.
    Aov,
}

/// What meets a goal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum GoalKind {
    /// A page view. A `url` that begins with `/` is compared with path and query, any other with the whole address.
    PageView(Address),
    /// A click on what the CSS selector matches, or inside it. The page decides.
    Click {
        /// CSS selector.
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Text"))]
        selector: String,
    },
    /// A submit, really fired, of a form that the CSS selector matches. The page decides.
    FormSubmit {
        /// CSS selector.
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Text"))]
        selector: String,
    },
    /// `track(event)`.
    CustomEvent {
        /// The event's name.
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::EventName"))]
        event: String,
        /// Only with properties of which this holds (`GrowthBook`'s condition language).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Condition>"))]
        condition: Option<Value>,
    },
    /// `track(event, { revenue })`.
    Revenue {
        /// The event's name.
        #[cfg_attr(feature = "schema", schemars(with = "crate::schema::EventName"))]
        event: String,
        /// Only with properties of which this holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Condition>"))]
        condition: Option<Value>,
    },
    /// Sessions of exactly one page view among sessions of at least one.
    BounceRate {
        /// Only sessions entered on such a page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entry: Option<Address>,
    },
    /// Sessions whose last page view was such a page among sessions that viewed one.
    ExitRate {
        /// The page.
        #[serde(flatten)]
        page: Address,
        /// Sessions of one page view count too.
        #[serde(default)]
        single_page: bool,
    },
}

/// A pattern of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Address {
    /// How it is compared.
    pub operator: UrlOperator,
    /// What with. One that begins with `/` is compared with path and query, any other with the whole address.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Text"))]
    pub url: String,
}

/// How a page's address is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum UrlOperator {
    /// The same text.
    Equals,
    /// Holds it somewhere.
    Contains,
    /// Begins with it.
    StartsWith,
    /// A regular expression finds something.
    Regex,
}

/// Where an experiment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not started.
    Draft,
    /// Starts later.
    Scheduled,
    /// Counts.
    Running,
    /// Everybody newly gets control; conversions of the exposed go on counting.
    Paused,
    /// Has ended.
    Completed,
}

impl Experiment {
    /// Where the experiment stands at a time.
    pub fn status(&self, now: Millis) -> Status {
        match (self.started_at, self.ended_at) {
            (None, _) => Status::Draft,
            (_, Some(end)) if end <= now => Status::Completed,
            (Some(start), _) if start > now => Status::Scheduled,
            _ if self.is_paused_at(now) => Status::Paused,
            _ => Status::Running,
        }
    }

    /// Whether a time lies in the run `[start, end)`, pauses included: conversions count.
    pub fn runs_at(&self, at: Millis) -> bool {
        matches!(self.status(at), Status::Running | Status::Paused)
    }

    /// Whether an exposure of this time can count.
    pub fn exposes_at(&self, at: Millis) -> bool {
        self.status(at) == Status::Running
    }

    fn is_paused_at(&self, at: Millis) -> bool {
        self.pauses.iter().any(|(from, until)| *from <= at && until.is_none_or(|until| at < until))
    }

    /// The end as a version of the configuration knew it.
    pub fn end_in(&self, version: Version) -> Option<Millis> {
        let past = self.past_ends.iter().find(|past| (past.from..past.until).contains(&version));
        past.map(|past| past.at).or(self.ended_at.filter(|_| version >= self.ended_in))
    }

    /// The shares in force, with the version an exposure names.
    pub fn allocation(&self) -> Option<(u32, &Allocation)> {
        Some((u32::try_from(self.allocations.len()).ok()?, self.allocations.last()?))
    }
}

impl Goal {
    /// Whether its figure is a share of sessions.
    pub fn is_of_sessions(&self) -> bool {
        self.per == Per::Session || matches!(self.kind, GoalKind::BounceRate { .. } | GoalKind::ExitRate { .. })
    }

    /// What decides: of a revenue goal what it names, or revenue per unit; else, and of one measured per session that names
    /// nothing, the share that converts.
    pub fn criterion(&self) -> Criterion {
        match self.decides.filter(|_| self.is_revenue()) {
            Some(Decides::RevenuePerUnit) => Criterion::RevenuePerUnit,
            Some(Decides::OrdersPerUnit) => Criterion::OrdersPerUnit,
            Some(Decides::Aov) => Criterion::Aov,
            None if self.is_of_sessions() => Criterion::SessionRate,
            None if self.is_revenue() => Criterion::RevenuePerUnit,
            None => Criterion::ConversionRate,
        }
    }

    /// Whether it counts money.
    pub fn is_revenue(&self) -> bool {
        matches!(self.kind, GoalKind::Revenue { .. })
    }
}

impl GoalKind {
    /// The addresses it asks for, if it is about pages.
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::PageView(address) | Self::ExitRate { page: address, .. } => Some(address),
            Self::BounceRate { entry } => entry.as_ref(),
            _ => None,
        }
    }

    /// The condition on an event's properties, if it has one.
    pub fn condition(&self) -> Option<&Value> {
        match self {
            Self::CustomEvent { condition, .. } | Self::Revenue { condition, .. } => condition.as_ref(),
            _ => None,
        }
    }
}
