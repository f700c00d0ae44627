//! An event under the configuration in force when it was accepted: which goals it meets, whether an exposure is valid.
//!
//! A judgement is kept with the event and never made again. Conversions of experiments that run are judged for every
//! visitor, exposed or not, since the exposure may still arrive.

use std::collections::BTreeMap;

use regex_lite::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::assignment::assign;
use crate::config::{Config, Experiment, GoalKind, UrlOperator};
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
}

/// What of an event matters for ever after. Stored: only ever append variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// What happened.
    pub deed: Deed,
    /// The goals it meets.
    pub meets: Vec<GoalRef>,
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
}

/// Which order an event reports. Stored: only ever append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderId {
    /// It gave no id: each such event is an order.
    Unnamed,
    /// Hash of the `order_id`: all its reports are one order.
    Named(u64),
}

impl Rules {
    /// Makes a configuration ready. A pattern that no longer compiles matches nothing.
    pub fn new(config: Config) -> Self {
        let goals = config.experiments.iter().flat_map(|experiment| &experiment.goals);
        let patterns = goals
            .filter_map(|goal| match &goal.kind {
                GoalKind::PageView { operator: UrlOperator::Regex, url } => Some((url.clone(), pattern(url)?)),
                _ => None,
            })
            .collect();
        Self { zone: config.zone(), patterns, config }
    }

    /// The site's time zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Judges one event of a visitor. The second value says what was odd about it.
    pub fn judge(&self, visitor: &str, event: &Event) -> (Judged, Option<Reason>) {
        match &event.kind {
            Kind::PageView { url } => {
                let url = self.public(url);
                (self.meeting(event.at, Deed::PageView, |goal| self.is_at(goal, &url)), None)
            }
            Kind::Click { goals } => (self.told(event.at, goals, |goal| matches!(goal, GoalKind::Click { .. })), None),
            Kind::FormSubmit { goals } => {
                (self.told(event.at, goals, |goal| matches!(goal, GoalKind::FormSubmit { .. })), None)
            }
            Kind::Exposure { experiment, variant, version } => {
                match self.exposure(visitor, event.at, experiment, variant, *version) {
                    Ok(deed) => (Judged { deed, meets: Vec::new() }, None),
                    Err(reason) => (Judged { deed: Deed::Presence, meets: Vec::new() }, Some(reason)),
                }
            }
            Kind::Identify { profile } => {
                (Judged { deed: Deed::Identify { profile: profile.clone() }, meets: Vec::new() }, None)
            }
            Kind::Custom { name, sale } => self.custom(event.at, name, sale),
        }
    }

    fn public(&self, address: &str) -> String {
        let allowed: Vec<&str> = self.config.query_parameters.iter().map(String::as_str).collect();
        url::public(address, &allowed)
    }

    fn custom(&self, at: Millis, name: &str, sale: &Sale) -> (Judged, Option<Reason>) {
        let named = sale.currency.as_deref().map(currency);
        let currency = named.flatten().unwrap_or(self.config.currency);
        let revenue = sale.revenue.as_deref().map(|text| money::parse(text, currency));
        let is_bad = revenue == Some(None) || named == Some(None);
        let money = revenue.flatten().filter(|_| !is_bad);
        let order =
            self.config.order_events.iter().any(|order| order == name).then(|| {
                sale.order_id.as_deref().map_or(OrderId::Unnamed, |id| OrderId::Named(fnv1a64(id.as_bytes())))
            });
        let deed = Deed::Custom { money: money.unwrap_or(Money { currency, minor: 0 }), order };
        let judged = self.meeting(at, deed, |goal| match goal {
            GoalKind::CustomEvent { event } => event == name,
            GoalKind::Revenue { event } => event == name && money.is_some(),
            _ => false,
        });
        (judged, is_bad.then_some(Reason::BadRevenue))
    }

    /// The event with every goal of a running experiment that it meets.
    fn meeting(&self, at: Millis, deed: Deed, is_met: impl Fn(&GoalKind) -> bool) -> Judged {
        let running = self.config.experiments.iter().filter(|experiment| experiment.runs_at(at));
        let meets = running
            .flat_map(|experiment| {
                (0_u8..).zip(&experiment.goals).map(|(place, goal)| (experiment.number, place, goal))
            })
            .filter(|(_, _, goal)| is_met(&goal.kind))
            .map(|(number, place, _)| (number, place))
            .collect();
        Judged { deed, meets }
    }

    /// What the page told, as far as such goals exist and their experiments run.
    fn told(&self, at: Millis, told: &[GoalRef], is_kind: impl Fn(&GoalKind) -> bool) -> Judged {
        let mut judged = self.meeting(at, Deed::Presence, is_kind);
        judged.meets.retain(|goal| told.contains(goal));
        judged
    }

    fn is_at(&self, goal: &GoalKind, address: &str) -> bool {
        let GoalKind::PageView { operator, url } = goal else { return false };
        let address = if url.starts_with('/') { path(address) } else { address };
        match operator {
            UrlOperator::Equals => address == url,
            UrlOperator::Contains => address.contains(url.as_str()),
            UrlOperator::StartsWith => address.starts_with(url.as_str()),
            UrlOperator::Regex => self.patterns.get(url).is_some_and(|pattern| pattern.is_match(address)),
        }
    }

    fn exposure(&self, visitor: &str, at: Millis, key: &str, variant: &str, version: u32) -> Result<Deed, Reason> {
        let experiment = self.config.experiment(key).ok_or(Reason::BadAssignment)?;
        if !experiment.runs_at(at) {
            return Err(Reason::NotRunning);
        }
        let given = assigned(experiment, visitor, version).ok_or(Reason::BadAssignment)?;
        let is_right = experiment.variants.get(usize::from(given)).is_some_and(|given| given.key == variant);
        if !is_right {
            return Err(Reason::BadAssignment);
        }
        Ok(Deed::Exposure { experiment: experiment.number, variant: given, version })
    }
}

/// A regular expression of a goal; `None` where it has no meaning or would take more memory than one goal may.
pub fn pattern(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).size_limit(MAX_PATTERN_BYTES).build().ok()
}

/// The place of the variant that a version of the experiment gives the visitor.
fn assigned(experiment: &Experiment, visitor: &str, version: u32) -> Option<u8> {
    let allocation = experiment.allocations.get(usize::try_from(version).ok()?.checked_sub(1)?)?;
    let place = assign(&experiment.seed, visitor, allocation.coverage, allocation.weights.iter().copied())?;
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
