//! The figures of a set of events, straight from the rules: every question is asked of the whole list of events, and
//! nothing is remembered from one event to the next.

mod communication;
mod experience;
mod experiment;
mod session_goal;
mod site;
mod site_goal;

use std::collections::{BTreeMap, BTreeSet};

use tributary_core::assignment::is_held_out;
use tributary_core::config::Config;
use tributary_core::facts::{Entity, Facts, Metric};
use tributary_core::money::Currency;
use tributary_core::time::{DAY, Day, MINUTE, Millis, Zone};

use crate::told::{Told, Via, What};

/// Who is counted as one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Visitor(&'static str),
    Profile(&'static str),
}

/// A session by its first event: a place in the list.
type Session = usize;

/// All events, each once, in the order of their keys.
struct Oracle<'a> {
    /// By era.
    configs: &'a [Config; 2],
    /// The last of all.
    config: &'a Config,
    /// By era.
    versions: [u32; 2],
    zone: Zone,
    events: Vec<&'a Told>,
    profile_of: BTreeMap<&'static str, &'static str>,
    session_of: Vec<Option<Session>>,
    facts: Facts,
}

/// Every figure, and of the diagnostics the one that follows from the events alone.
pub fn settled(configs: &[Config; 2], told: &[Told]) -> Facts {
    let mut heard = BTreeSet::new();
    let mut events: Vec<&Told> = told.iter().filter(|event| heard.insert((owner(event), event.id()))).collect();
    events.sort_by_key(|event| event.key());
    let config = &configs[1];
    let versions = configs.each_ref().map(|config| config.version);
    let zone = config.zone();
    let mut oracle = Oracle {
        configs,
        config,
        versions,
        zone,
        events,
        profile_of: BTreeMap::new(),
        session_of: Vec::new(),
        facts: Facts::default(),
    };
    oracle.profile_of = oracle.profiles();
    oracle.session_of = (0..oracle.events.len()).map(|place| oracle.session(place)).collect();
    let sales = oracle.sales();
    oracle.count_site(&sales);
    oracle.count_communications(&sales);
    oracle.count_starts();
    oracle.count_experiences(&sales);
    oracle.count_goals(&sales);
    oracle.count_experiments(&sales);
    oracle.facts
}

/// Whose history an event is in.
fn owner(event: &Told) -> (u8, &'static str) {
    match (event.visitor, event.profile) {
        (Some(visitor), _) => (0, visitor),
        (None, Some(profile)) => (1, profile),
        (None, None) => (2, ""),
    }
}

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

impl Told {
    fn id(&self) -> String {
        match &self.via {
            Via::Page { load, number } => format!("{load}-{number}"),
            Via::Server { id, .. } => id.clone(),
        }
    }

    /// What happens in a page, whoever tells it.
    fn is_page(&self) -> bool {
        let is_of_page = matches!(
            self.what,
            What::View(_)
                | What::Touch
                | What::Submit
                | What::Click(_)
                | What::Hover { .. }
                | What::Appearance(_)
                | What::Dismissal(_)
        );
        matches!(self.via, Via::Page { .. }) || (is_of_page && self.visitor.is_some())
    }

    /// The order key.
    fn key(&self) -> (Millis, bool, u32, String, &'static str) {
        let sequence = match &self.via {
            Via::Page { number, .. } => *number,
            Via::Server { sequence, .. } if self.is_page() => *sequence,
            Via::Server { .. } => 0,
        };
        (self.at, !self.is_page(), sequence, self.id(), self.visitor.unwrap_or(""))
    }

    /// Orders, refunds and other events of a shop's own names.
    fn is_custom(&self) -> bool {
        matches!(self.what, What::Order { .. } | What::Refund { .. } | What::Signup { .. })
    }
}

impl Oracle<'_> {
    fn day(&self, at: Millis) -> Day {
        self.zone.day(at)
    }

    fn add(&mut self, at: Millis, entity: Entity, metric: Metric, amount: i128) {
        self.facts.add(self.day(at), entity, metric, amount);
    }

    /// The profile of each visitor's earliest identify.
    fn profiles(&self) -> BTreeMap<&'static str, &'static str> {
        let mut profiles = BTreeMap::new();
        for event in &self.events {
            if let (Some(visitor), What::Identify(profile)) = (event.visitor, event.what) {
                profiles.entry(visitor).or_insert(profile);
            }
        }
        profiles
    }

    fn person(&self, visitor: &'static str) -> Who {
        self.profile_of.get(visitor).map_or(Who::Visitor(visitor), |profile| Who::Profile(profile))
    }

    fn who(&self, place: usize) -> Option<Who> {
        let event = self.events[place];
        event.visitor.map(|visitor| self.person(visitor)).or(event.profile.map(Who::Profile))
    }

    /// First and last event of each run of a visitor's page events.
    fn runs(&self, visitor: &str) -> Vec<(usize, usize)> {
        self.runs_of(|place| self.events[place].visitor == Some(visitor))
    }

    /// The same of those events of a visitor that somebody sees.
    fn runs_of(&self, is_seen: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (place, event) in self.events.iter().enumerate() {
            if !event.is_page() || !is_seen(place) {
                continue;
            }
            match runs.last_mut() {
                Some((first, last))
                    if event.at - self.events[*last].at <= 30 * MINUTE && event.at - self.events[*first].at < DAY =>
                {
                    *last = place;
                }
                _ => runs.push((place, place)),
            }
        }
        runs
    }

    fn session(&self, place: usize) -> Option<Session> {
        let runs = self.events[place].visitor.map(|visitor| self.runs(visitor));
        self.session_among(place, &runs.unwrap_or_default())
    }

    /// The session of an event among its visitor's runs.
    fn session_among(&self, place: usize, runs: &[(usize, usize)]) -> Option<Session> {
        let event = self.events[place];
        let alone = event.is_custom().then_some(place);
        if event.visitor.is_some() && event.is_page() {
            return runs.iter().find(|(first, last)| (first..=last).contains(&&place)).map(|(first, _)| *first);
        }
        let latest = runs.iter().rfind(|(first, _)| self.events[*first].at <= event.at);
        let joined = latest.filter(|(_, last)| event.at - self.events[*last].at <= 30 * MINUTE);
        joined.map(|(first, _)| *first).or(alone)
    }

    fn is_held_out(&self, place: usize) -> bool {
        self.events[place].visitor.is_some_and(|visitor| is_held_out(visitor, self.config.holdout))
    }

    /// The latest event of a person at or before a time of which something holds.
    fn latest<T>(&self, who: Option<&Who>, until: Millis, of: impl Fn(usize) -> Option<T>) -> Option<(usize, T)> {
        let who = who?;
        let known = (0..self.events.len()).rev().filter(|place| self.events[*place].at <= until);
        known.filter(|place| self.who(*place).as_ref() == Some(who)).find_map(|place| Some((place, of(place)?)))
    }

    /// The version of the configuration that an event was accepted under.
    fn version(&self, place: usize) -> u32 {
        self.versions[self.events[place].era]
    }
}
