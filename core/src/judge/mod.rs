//! An event under the configuration in force when it was accepted: which goals it meets, whether an exposure is valid.
//!
//! A judgement is kept with the event and never made again. Conversions of experiments that run are judged for every
//! visitor, exposed or not, since the exposure may still arrive.

mod custom;
mod deed;
mod exposure;
mod page;
mod properties;
mod syntax;

use std::collections::BTreeMap;

use regex_lite::Regex;

use crate::assignment::is_held_out;
use crate::condition::{Condition, Groups, groups};
use crate::config::{Config, Goal, GoalKind, Treatment, UrlOperator, Version};
use crate::event::{Event, GoalRef, Kind};
use crate::hash::fnv1a64;
use crate::time::{Millis, Zone};
use crate::url;
use crate::wire::Reason;
pub use deed::{Deed, Judged, OrderId, Refunded, Worth};
pub use page::pattern;

/// A configuration, ready to judge by.
#[derive(Debug)]
pub struct Rules {
    /// As stored.
    pub config: Config,
    zone: Zone,
    patterns: BTreeMap<String, Regex>,
    conditions: BTreeMap<String, Condition>,
    groups: Groups,
}

impl Rules {
    /// Makes a configuration ready. A pattern that no longer compiles matches nothing, a condition never holds.
    pub fn new(config: Config) -> Self {
        let goals = || config.experiments.iter().flat_map(|experiment| &experiment.goals);
        let patterns = goals()
            .filter_map(|goal| goal.kind.address())
            .filter(|address| address.operator == UrlOperator::Regex)
            .filter_map(|address| Some((address.url.clone(), pattern(&address.url, false)?)))
            .collect();
        let conditions = goals()
            .filter_map(|goal| goal.kind.condition())
            .chain(config.goals.iter().filter_map(|goal| goal.condition.as_ref()))
            .filter_map(|json| Some((json.to_string(), Condition::parse(json).ok()?)))
            .collect();
        let groups = groups(&config.groups);
        Self { zone: config.zone(), patterns, conditions, groups, config }
    }

    /// The site's time zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Whether the holdout has this visitor.
    pub fn is_held_out(&self, visitor: &str) -> bool {
        is_held_out(visitor, self.config.holdout)
    }

    /// Whether it had this visitor under a version of the configuration.
    pub fn was_held_out(&self, visitor: &str, version: Version) -> bool {
        is_held_out(visitor, self.config.holdout_in(version))
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
            Kind::NotGiven { experiment, why } => {
                alone(Err(self.config.experiment(experiment).map_or(Reason::Unknown, |_| *why)))
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
}

/// A judgement without goals; what cannot be said only belongs to its session.
fn alone(deed: Result<Deed, Reason>) -> (Judged, Option<Reason>) {
    let odd = deed.as_ref().err().copied();
    let deed = deed.unwrap_or(Deed::Presence);
    (Judged { deed, meets: Vec::new(), receipts: Vec::new(), values: Vec::new() }, odd)
}

/// What stands for an `order_id` in stored rows.
pub fn order_hash(id: &str) -> u64 {
    fnv1a64(id.as_bytes())
}
