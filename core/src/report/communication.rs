//! Communications, and the sequences and campaigns they are in.

use std::collections::BTreeSet;

use serde::Serialize;

use super::revenue::{Revenue, sales};
use super::{OnDay, Read, get};
use crate::config::{Campaign, Communication, CommunicationKind, Sequence};
use crate::facts::{Entity, Figures, Metric, add_to};
use crate::time::Day;

/// A communication over some days.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CommunicationReport {
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: CommunicationKind,
    /// What became of it.
    #[serde(flatten)]
    pub figures: CommunicationFigures,
    /// Each day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<OnDay<CommunicationFigures>>>,
}

/// A communication's figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CommunicationFigures {
    /// Times it appeared.
    pub instances: i128,
    /// Sessions in which it appeared.
    pub sessions_shown: i128,
    /// Sessions in which it was clicked.
    pub clicks: i128,
    /// Clicks.
    pub raw_clicks: i128,
    /// Sessions in which it was hovered.
    pub hovered: i128,
    /// Times it was dismissed.
    pub dismissals: i128,
    /// Orders it earned, on their days.
    pub revenue: Vec<Revenue>,
}

/// A sequence or a campaign over some days.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupReport {
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// What became of it.
    #[serde(flatten)]
    pub figures: GroupFigures,
    /// Distinct people with a start.
    pub profiles: People,
    /// Each day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<OnDay<GroupFigures>>>,
}

/// A sequence's or campaign's figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupFigures {
    /// Times it started.
    pub started: i128,
    /// What its communications earned, each once.
    pub revenue: Vec<Revenue>,
}

/// Distinct people by the latest of what they did, up to today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct People {
    /// Today.
    pub last_1_day: i128,
    /// The last 7 days.
    pub last_7_days: i128,
    /// The last 30 days.
    pub last_30_days: i128,
    /// The last 90 days.
    pub last_90_days: i128,
    /// Ever.
    pub ever: i128,
}

impl Read<'_> {
    pub(super) fn communication(&self, one: &Communication) -> CommunicationReport {
        let entity = Entity::Communication(one.number);
        CommunicationReport {
            key: one.key.clone(),
            name: one.name.clone(),
            kind: one.kind,
            figures: communication(&self.of(entity)),
            days: self.each_day(&[entity], &|all| Some(communication(&all[0]))),
        }
    }

    pub(super) fn sequence(&self, one: &Sequence) -> GroupReport {
        self.group((&one.key, &one.name), Entity::Sequence(one.number), one.communications.iter())
    }

    pub(super) fn campaign(&self, one: &Campaign) -> GroupReport {
        let sequences = self.config.sequences.iter().filter(|sequence| one.sequences.contains(&sequence.key));
        let communications = sequences.flat_map(|sequence| &sequence.communications);
        self.group((&one.key, &one.name), Entity::Campaign(one.number), communications)
    }

    fn group<'a>(
        &self,
        (key, name): (&str, &str),
        entity: Entity,
        communications: impl Iterator<Item = &'a String>,
    ) -> GroupReport {
        let keys: BTreeSet<&String> = communications.collect();
        let communications = keys.into_iter().filter_map(|key| self.config.communication(key));
        let earners: Vec<Entity> = communications.map(|one| Entity::Communication(one.number)).collect();
        let mut earned = Figures::new();
        for earner in &earners {
            add_to(&mut earned, &self.of(*earner));
        }
        let entities: Vec<Entity> = std::iter::once(entity).chain(earners).collect();
        GroupReport {
            key: key.to_owned(),
            name: name.to_owned(),
            figures: group(&self.of(entity), &earned),
            profiles: self.people(entity, Metric::People),
            days: self.each_day(&entities, &|figures| {
                let mut earned = Figures::new();
                figures.iter().skip(1).for_each(|figures| add_to(&mut earned, figures));
                Some(group(&figures[0], &earned))
            }),
        }
    }

    /// By the day of each person's latest, so that every range up to today can be told.
    pub(super) fn people(&self, entity: Entity, metric: Metric) -> People {
        let since = |day: Day| super::Range { from: day, to: Day(i32::MAX) };
        let last = |days: i32| get(&self.ledger.over(entity, since(Day(self.today.0 - days + 1))), metric);
        People {
            last_1_day: last(1),
            last_7_days: last(7),
            last_30_days: last(30),
            last_90_days: last(90),
            ever: get(self.ledger.run(entity), metric),
        }
    }
}

fn communication(figures: &Figures) -> CommunicationFigures {
    let of = |metric| get(figures, metric);
    CommunicationFigures {
        instances: of(Metric::Instances),
        sessions_shown: of(Metric::SessionsShown),
        clicks: of(Metric::SessionsClicked),
        raw_clicks: of(Metric::RawClicks),
        hovered: of(Metric::SessionsHovered),
        dismissals: of(Metric::Dismissals),
        revenue: sales(figures),
    }
}

fn group(own: &Figures, earned: &Figures) -> GroupFigures {
    GroupFigures { started: get(own, Metric::Started), revenue: sales(earned) }
}
