//! An event under the configuration in force when it was accepted: which goals it meets, whether an exposure is valid.
//!
//! A judgement is kept with the event and never made again. Conversions of experiments that run are judged for every
//! visitor, exposed or not, since the exposure may still arrive.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use regex_lite::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::assignment::{assign, is_held_out, is_in_namespace};
use crate::condition::Condition;
use crate::config::{Address, Config, Experiment, Goal, GoalKind, GoalMeasure, Treatment, Unit, UrlOperator};
use crate::event::{Event, GoalRef, Kind, Sale};
use crate::hash::fnv1a64;
use crate::money::{self, Currency, Money};
use crate::time::{Millis, Zone};
use crate::url;
use crate::wire::Reason;

/// Memory of one compiled pattern: every shard compiles all of its site's, and objects share an isolate.
const MAX_PATTERN_BYTES: usize = 32 * 1024;

/// A configuration, ready to judge by.
#[derive(Debug)]
pub struct Rules {
    /// As stored.
    pub config: Config,
    zone: Zone,
    patterns: BTreeMap<String, Regex>,
    conditions: BTreeMap<String, Condition>,
}

/// What of an event matters for ever after. Stored: only ever append variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// What happened.
    pub deed: Deed,
    /// The goals of experiments it meets.
    pub meets: Vec<GoalRef>,
    /// What it is a receipt of: site goal, journey, place of the treatment. One a goal.
    pub receipts: Vec<(u16, u16, u8)>,
    /// The site goals it is a value event of.
    pub values: Vec<(u16, Worth)>,
}

impl Judged {
    /// Whether it reports an order, standing or not.
    pub fn is_order(&self) -> bool {
        matches!(self.deed, Deed::Custom { order: Some(_), .. })
    }
}

/// What a value event adds to its goal. Stored: only ever append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Worth {
    /// Itself.
    Event,
    /// Its revenue.
    Revenue,
    /// A property, in billionths.
    Decimal(i128),
}

/// What happened, judged. Stored: only ever append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// A page view.
    PageView,
    /// A click, a submit, or an exposure that does not count: it only belongs to its session.
    Presence,
    /// A valid exposure.
    Exposure {
        /// Number of the experiment.
        experiment: u16,
        /// Place of the variant.
        variant: u8,
        /// The version it was assigned under.
        version: u32,
    },
    /// A custom event.
    Custom {
        /// Its revenue; zero where there is none or a bad one.
        money: Money,
        /// Whether it is an order, and which.
        order: Option<OrderId>,
    },
    /// The visitor is this person.
    Identify {
        /// The profile's id.
        profile: String,
    },
    /// A communication, by number, appeared.
    Appearance(u16),
    /// It was clicked.
    Click(u16),
    /// It was hovered.
    Hover {
        /// Its number.
        communication: u16,
        /// It earns credit.
        qualifies: bool,
    },
    /// It was dismissed.
    Dismissal(u16),
    /// A sequence, by number, started.
    SequenceStart(u16),
    /// A campaign, by number, started.
    CampaignStart(u16),
    /// An experience ran.
    Execution {
        /// Its number.
        experience: u16,
        /// Place of the variant.
        variant: u8,
    },
    /// A refund of an order: it is a custom event besides.
    Refund {
        /// Hash of the `order_id`.
        order: u64,
        /// How much; all of it unless told.
        amount: Refunded,
    },
}

/// How much a refund takes back. Stored: only ever append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refunded {
    /// All of the order, if it is of this currency or none is told.
    All(Option<Currency>),
    /// An amount.
    Part(Money),
}

/// Which order an event reports. Stored: only ever append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderId {
    /// It gave no id: each such event is an order.
    Unnamed,
    /// Hash of the `order_id`: all its reports are one order.
    Named(u64),
}

/// An event's properties, read when a rule asks for them.
struct Properties<'a> {
    text: &'a str,
    read: OnceCell<Json>,
}

impl<'a> Properties<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, read: OnceCell::new() }
    }

    fn json(&self) -> &Json {
        self.read.get_or_init(|| serde_json::from_str(self.text).unwrap_or(Json::Null))
    }
}

impl Rules {
    /// Makes a configuration ready. A pattern that no longer compiles matches nothing, a condition never holds.
    pub fn new(config: Config) -> Self {
        let goals = || config.experiments.iter().flat_map(|experiment| &experiment.goals);
        let patterns = goals()
            .filter_map(|goal| goal.kind.address())
            .filter(|address| address.operator == UrlOperator::Regex)
            .filter_map(|address| Some((address.url.clone(), pattern(&address.url)?)))
            .collect();
        let conditions = goals()
            .filter_map(|goal| goal.kind.condition())
            .chain(config.goals.iter().filter_map(|goal| goal.condition.as_ref()))
            .filter_map(|json| Some((json.to_string(), Condition::parse(json).ok()?)))
            .collect();
        Self { zone: config.zone(), patterns, conditions, config }
    }

    /// The site's time zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Whether the holdout has this visitor.
    pub fn is_held_out(&self, visitor: &str) -> bool {
        is_held_out(visitor, self.config.holdout)
    }

    /// Judges one event of a visitor (of none where the text is empty). The second value says what was odd about it.
    pub fn judge(&self, visitor: &str, event: &Event) -> (Judged, Option<Reason>) {
        let (mut judged, odd) = match &event.kind {
            Kind::PageView { url } => {
                let url = self.public(url);
                (self.meeting(event.at, Deed::PageView, |goal| self.is_viewed(goal, &url)), None)
            }
            Kind::Click { goals, communication } => self.click(event.at, goals, communication.as_deref()),
            Kind::FormSubmit { goals } => {
                let submit = |goal: &Goal| matches!(goal.kind, GoalKind::FormSubmit { .. });
                (self.told(event.at, Deed::Presence, goals, submit), None)
            }
            Kind::Exposure { experiment, variant, version, forced } => {
                let unit = (visitor, event.profile.as_deref());
                alone(if *forced {
                    Ok(Deed::Presence)
                } else {
                    self.exposure(unit, event.at, experiment, variant, *version)
                })
            }
            Kind::Appearance { communication } => alone(self.communication(communication).map(Deed::Appearance)),
            Kind::Hover { is_touch: true, .. } => alone(Ok(Deed::Presence)),
            Kind::Hover { communication, .. } => alone(self.hover(communication)),
            Kind::Dismissal { communication } => alone(self.communication(communication).map(Deed::Dismissal)),
            Kind::SequenceStart { sequence } => {
                let found = self.config.sequences.iter().find(|one| one.key == *sequence);
                alone(found.map(|one| Deed::SequenceStart(one.number)).ok_or(Reason::Unknown))
            }
            Kind::CampaignStart { campaign } => {
                let found = self.config.campaigns.iter().find(|one| one.key == *campaign);
                alone(found.map(|one| Deed::CampaignStart(one.number)).ok_or(Reason::Unknown))
            }
            Kind::Execution { experience, variant } => alone(self.execution(visitor, experience, variant)),
            Kind::Identify { profile } => alone(Ok(Deed::Identify { profile: profile.clone() })),
            Kind::Custom { name, properties, sale } => self.custom(event.at, name, properties, sale),
        };
        judged.receipts = self.receipts(&judged.deed);
        (judged, odd)
    }

    fn public(&self, address: &str) -> String {
        let allowed: Vec<&str> = self.config.query_parameters.iter().map(String::as_str).collect();
        url::public(address, &allowed)
    }

    fn communication(&self, key: &str) -> Result<u16, Reason> {
        self.config.communication(key).map(|communication| communication.number).ok_or(Reason::Unknown)
    }

    fn hover(&self, key: &str) -> Result<Deed, Reason> {
        let communication = self.config.communication(key).ok_or(Reason::Unknown)?;
        let qualifies = communication.kind == crate::config::CommunicationKind::Notification;
        Ok(Deed::Hover { communication: communication.number, qualifies })
    }

    fn click(&self, at: Millis, goals: &[GoalRef], communication: Option<&str>) -> (Judged, Option<Reason>) {
        let communication = communication.map(|key| self.communication(key)).transpose();
        let odd = communication.err();
        let deed = communication.ok().flatten().map_or(Deed::Presence, Deed::Click);
        (self.told(at, deed, goals, |goal| matches!(goal.kind, GoalKind::Click { .. })), odd)
    }

    fn execution(&self, visitor: &str, key: &str, variant: &str) -> Result<Deed, Reason> {
        let experience = self.config.experiences.iter().find(|experience| experience.key == key);
        let experience = experience.ok_or(Reason::Unknown)?;
        let place = experience.variants.iter().position(|one| one.key == variant);
        let variant = place.and_then(|place| u8::try_from(place).ok()).ok_or(Reason::Unknown)?;
        if !visitor.is_empty() && self.is_held_out(visitor) {
            return Err(Reason::BadAssignment);
        }
        Ok(Deed::Execution { experience: experience.number, variant })
    }

    fn custom(&self, at: Millis, name: &str, properties: &str, sale: &Sale) -> (Judged, Option<Reason>) {
        let named = sale.currency.as_deref().map(currency);
        let currency = named.flatten().unwrap_or(self.config.currency);
        let revenue = sale.revenue.as_deref().map(|text| money::parse(text, currency));
        let mut is_bad = revenue == Some(None) || named == Some(None);
        let money = revenue.flatten().filter(|_| !is_bad);
        let is_order = self.config.order_events.iter().any(|order| order == name);
        let order =
            is_order.then(|| sale.order_id.as_deref().map_or(OrderId::Unnamed, |id| OrderId::Named(order_hash(id))));
        let mut deed = Deed::Custom { money: money.unwrap_or(Money { currency, minor: 0 }), order };
        if let Some(id) = sale.order_id.as_deref().filter(|_| name == "refund" && !is_order) {
            let amount = if named == Some(None) { None } else { refunded(sale, named.flatten(), currency) };
            is_bad |= amount.is_none();
            deed = amount.map_or(deed, |amount| Deed::Refund { order: order_hash(id), amount });
        }
        let properties = Properties::new(properties);
        let mut judged = self.meeting(at, deed, |goal| match &goal.kind {
            GoalKind::CustomEvent { event, condition } => event == name && self.holds(condition.as_ref(), &properties),
            GoalKind::Revenue { event, condition } => {
                event == name && money.is_some() && self.holds(condition.as_ref(), &properties)
            }
            _ => false,
        });
        judged.values = self.values(name, &properties);
        (judged, is_bad.then_some(Reason::BadRevenue))
    }

    fn holds(&self, condition: Option<&Json>, properties: &Properties<'_>) -> bool {
        condition.is_none_or(|json| {
            let condition = self.conditions.get(&json.to_string());
            condition.is_some_and(|condition| condition.holds(properties.json(), &self.config.groups))
        })
    }

    fn values(&self, name: &str, properties: &Properties<'_>) -> Vec<(u16, Worth)> {
        let goals = self.config.goals.iter().filter(|goal| goal.event == name);
        goals
            .filter(|goal| self.holds(goal.condition.as_ref(), properties))
            .map(|goal| (goal.number, worth(&goal.measure, properties)))
            .collect()
    }

    /// What the deed is a receipt of: of a goal's journeys the first in their order that has it.
    fn receipts(&self, deed: &Deed) -> Vec<(u16, u16, u8)> {
        let treatment = match deed {
            Deed::Exposure { experiment, variant, .. } => Treatment::Variant(*experiment, *variant),
            Deed::Appearance(communication) => Treatment::Communication(*communication),
            Deed::Execution { experience, variant } => Treatment::Execution(*experience, *variant),
            _ => return Vec::new(),
        };
        let mut receipts: Vec<(u16, u16, u8)> = Vec::new();
        for journey in &self.config.journeys {
            let place = journey.treatments.iter().position(|one| *one == treatment);
            let Some(place) = place.and_then(|place| u8::try_from(place).ok()) else { continue };
            if !receipts.iter().any(|(goal, ..)| *goal == journey.goal) {
                receipts.push((journey.goal, journey.number, place));
            }
        }
        receipts
    }

    /// The event with every goal of a running experiment that it meets.
    fn meeting(&self, at: Millis, deed: Deed, is_met: impl Fn(&Goal) -> bool) -> Judged {
        let started = self.config.experiments.iter().filter(|experiment| experiment.started_at.is_some());
        let meets = started
            .flat_map(|experiment| {
                // A session counts with all its page views, those before the start and after the end too.
                let runs = experiment.runs_at(at);
                let of_pages =
                    |goal: &Goal| matches!(goal.kind, GoalKind::BounceRate { .. } | GoalKind::ExitRate { .. });
                let goals = (0_u8..).zip(&experiment.goals).filter(move |(_, goal)| runs || of_pages(goal));
                goals.map(|(place, goal)| (experiment.number, place, goal))
            })
            .filter(|(_, _, goal)| is_met(goal))
            .map(|(number, place, _)| (number, place))
            .collect();
        Judged { deed, meets, receipts: Vec::new(), values: Vec::new() }
    }

    /// What the page told, as far as such goals exist and their experiments run.
    fn told(&self, at: Millis, deed: Deed, told: &[GoalRef], is_kind: impl Fn(&Goal) -> bool) -> Judged {
        let mut judged = self.meeting(at, deed, is_kind);
        judged.meets.retain(|goal| told.contains(goal));
        judged
    }

    /// Whether a page view means something to a goal: it meets it, its session could be entered here, or was on the page.
    fn is_viewed(&self, goal: &Goal, address: &str) -> bool {
        goal.kind.address().is_some_and(|pattern| self.is_at(pattern, address))
    }

    fn is_at(&self, pattern: &Address, address: &str) -> bool {
        let url = &pattern.url;
        let address = if url.starts_with('/') { path(address) } else { address };
        match pattern.operator {
            UrlOperator::Equals => address == url,
            UrlOperator::Contains => address.contains(url.as_str()),
            UrlOperator::StartsWith => address.starts_with(url.as_str()),
            UrlOperator::Regex => self.patterns.get(url).is_some_and(|pattern| pattern.is_match(address)),
        }
    }

    fn exposure(
        &self,
        (visitor, profile): (&str, Option<&str>),
        at: Millis,
        key: &str,
        variant: &str,
        version: Option<u32>,
    ) -> Result<Deed, Reason> {
        let experiment = self.config.experiment(key).ok_or(Reason::BadAssignment)?;
        if !experiment.exposes_at(at) {
            return Err(Reason::NotRunning);
        }
        if !visitor.is_empty() && self.is_held_out(visitor) {
            return Err(Reason::BadAssignment);
        }
        let unit = if experiment.unit == Unit::Profile { profile } else { Some(visitor).filter(|id| !id.is_empty()) };
        let unit = unit.ok_or(Reason::BadAssignment)?;
        let version = version.or_else(|| experiment.allocation().map(|(version, _)| version)).unwrap_or(0);
        let given = assigned(experiment, unit, version).ok_or(Reason::BadAssignment)?;
        let is_right = experiment.variants.get(usize::from(given)).is_some_and(|given| given.key == variant);
        if !is_right {
            return Err(Reason::BadAssignment);
        }
        Ok(Deed::Exposure { experiment: experiment.number, variant: given, version })
    }
}

/// A judgement without goals; what cannot be said only belongs to its session.
fn alone(deed: Result<Deed, Reason>) -> (Judged, Option<Reason>) {
    let odd = deed.as_ref().err().copied();
    let deed = deed.unwrap_or(Deed::Presence);
    (Judged { deed, meets: Vec::new(), receipts: Vec::new(), values: Vec::new() }, odd)
}

/// A regular expression of a goal; `None` where it has no meaning or would take more memory than one goal may.
pub fn pattern(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).size_limit(MAX_PATTERN_BYTES).build().ok()
}

/// What stands for an `order_id` in stored rows.
pub fn order_hash(id: &str) -> u64 {
    fnv1a64(id.as_bytes())
}

/// What a refund takes back; `None` where its amount is none. An amount without a currency is of the site's.
fn refunded(sale: &Sale, named: Option<Currency>, currency: Currency) -> Option<Refunded> {
    match &sale.amount {
        None => Some(Refunded::All(named)),
        Some(text) => money::parse(text, currency).map(Refunded::Part),
    }
}

fn worth(measure: &GoalMeasure, properties: &Properties<'_>) -> Worth {
    match measure {
        GoalMeasure::Events | GoalMeasure::Unique => Worth::Event,
        GoalMeasure::Value { property } if property == "revenue" => Worth::Revenue,
        GoalMeasure::Value { property } => {
            let number = properties.json().get(property).filter(|value| value.is_number());
            Worth::Decimal(number.and_then(|number| money::billionths(&number.to_string())).unwrap_or(0))
        }
    }
}

/// The place of the variant that a version of the experiment gives the unit.
fn assigned(experiment: &Experiment, unit: &str, version: u32) -> Option<u8> {
    let allocation = experiment.allocations.get(usize::try_from(version).ok()?.checked_sub(1)?)?;
    if experiment.namespace.as_ref().is_some_and(|namespace| !is_in_namespace(unit, &namespace.id, namespace.range)) {
        return None;
    }
    let place = assign(&experiment.seed, unit, allocation.coverage, allocation.weights.iter().copied())?;
    u8::try_from(place).ok()
}

/// The currency a JSON text names.
fn currency(json: &str) -> Option<Currency> {
    Currency::parse(&serde_json::from_str::<String>(json).ok()?)
}

/// Path and query of an address.
fn path(address: &str) -> &str {
    let after_scheme = address.find("://").map_or(0, |at| at + 3);
    address[after_scheme..].find('/').map_or("/", |at| &address[after_scheme + at..])
}
