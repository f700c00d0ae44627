//! Goals of the site, the journeys that work towards them, and their treatments.

use serde::Serialize;

use super::communication::People;
use super::revenue::currencies;
use super::uplift::{Uplift, UpliftCounts};
use super::{OnDay, Read, get};
use crate::config::{GoalMeasure, Journey, SiteGoal, Treatment};
use crate::facts::{Entity, Figures, Metric, Value};
use crate::money::{Currency, decimal};

/// A site goal over some days.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SiteGoalReport {
    /// The goal itself.
    #[serde(flatten)]
    pub goal: SiteGoal,
    /// What its journeys earned.
    pub credited: Worth,
    /// What nothing earned.
    pub uncredited: Worth,
    /// Its journeys.
    pub journeys: Vec<JourneyReport>,
    /// People treated, and people held out, since the goal was made.
    pub uplift: Uplift,
    /// The same people by the day they were first seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uplift_days: Option<Vec<OnDay<UpliftCounts>>>,
}

/// Value events, what they add up to, and who made them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Worth {
    /// Over the days.
    #[serde(flatten)]
    pub figures: WorthFigures,
    /// Distinct people.
    pub people: People,
    /// Each day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<OnDay<WorthFigures>>>,
}

/// Value events and what they add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorthFigures {
    /// How many.
    pub events: i128,
    /// Revenue by currency: gross and net.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revenue: Vec<Amount>,
    /// A property's decimal sum, of a goal that adds one up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// Money of one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Amount {
    /// ISO 4217 code.
    pub currency: Currency,
    /// Gross.
    pub gross: String,
    /// Less refunds.
    pub net: String,
}

/// A journey over some days.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JourneyReport {
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// What it earned.
    #[serde(flatten)]
    pub credited: Worth,
    /// Its treatments.
    pub treatments: Vec<TreatmentReport>,
}

/// A treatment over some days.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TreatmentReport {
    /// What it is: `experiment`, `communication` or `experience`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its key there.
    pub key: String,
    /// The variant's key, of an experiment or an experience.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// What it earned.
    #[serde(flatten)]
    pub credited: Worth,
}

impl Read<'_> {
    pub(super) fn goal(&self, one: &SiteGoal) -> SiteGoalReport {
        let whole = Entity::Goal(one.number);
        let journeys = self.config.journeys.iter().filter(|journey| journey.goal == one.number);
        SiteGoalReport {
            goal: one.clone(),
            credited: self.worth(one, whole, Metric::Credited, Metric::People),
            uncredited: self.worth(one, whole, Metric::Uncredited, Metric::UncreditedPeople),
            journeys: journeys.map(|journey| self.journey(one, journey)).collect(),
            uplift: UpliftCounts::of(self.ledger.run(whole)).uplift(),
            uplift_days: self.each_day(&[whole], &|all| {
                Some(UpliftCounts::of(&all[0])).filter(|counts| *counts != UpliftCounts::default())
            }),
        }
    }

    fn journey(&self, goal: &SiteGoal, journey: &Journey) -> JourneyReport {
        let treatments = (0_u8..).zip(&journey.treatments).map(|(place, treatment)| {
            let (kind, key, variant) = self.treatment(*treatment);
            let entity = Entity::Treatment(journey.number, place);
            TreatmentReport { kind, key, variant, credited: self.worth(goal, entity, Metric::Credited, Metric::People) }
        });
        JourneyReport {
            key: journey.key.clone(),
            name: journey.name.clone(),
            credited: self.worth(goal, Entity::Journey(journey.number), Metric::Credited, Metric::People),
            treatments: treatments.collect(),
        }
    }

    fn treatment(&self, treatment: Treatment) -> (&'static str, String, Option<String>) {
        match treatment {
            Treatment::Variant(number, place) => {
                let one = self.config.numbered(number);
                let variant = one.and_then(|one| one.variants.get(usize::from(place)));
                ("experiment", one.map_or_else(String::new, |one| one.key.clone()), variant.map(|v| v.key.clone()))
            }
            Treatment::Communication(number) => {
                let one = self.config.communications.iter().find(|one| one.number == number);
                ("communication", one.map_or_else(String::new, |one| one.key.clone()), None)
            }
            Treatment::Execution(number, place) => {
                let one = self.config.experiences.iter().find(|one| one.number == number);
                let variant = one.and_then(|one| one.variants.get(usize::from(place)));
                ("experience", one.map_or_else(String::new, |one| one.key.clone()), variant.map(|v| v.key.clone()))
            }
        }
    }

    fn worth(&self, goal: &SiteGoal, entity: Entity, metric: fn(Value) -> Metric, people: Metric) -> Worth {
        Worth {
            figures: worth(goal, &self.of(entity), metric),
            people: self.people(entity, people),
            days: self.each_day(&[entity], &|all| Some(worth(goal, &all[0], metric)).filter(|worth| worth.events != 0)),
        }
    }
}

fn worth(goal: &SiteGoal, figures: &Figures, metric: fn(Value) -> Metric) -> WorthFigures {
    let currencies = currencies(figures, |metric| match metric {
        Metric::Credited(Value::Gross(currency)) | Metric::Uncredited(Value::Gross(currency)) => Some(currency),
        _ => None,
    });
    let amount = |currency| Amount {
        currency,
        gross: decimal(get(figures, metric(Value::Gross(currency))), currency),
        net: decimal(get(figures, metric(Value::Net(currency))), currency),
    };
    let is_decimal = matches!(&goal.measure, GoalMeasure::Value { property } if property != "revenue");
    WorthFigures {
        events: get(figures, metric(Value::Events)),
        revenue: currencies.into_iter().map(amount).collect(),
        value: is_decimal.then(|| billionths(get(figures, metric(Value::Decimal)))),
    }
}

/// Billionths as decimal text, without needless zeros.
fn billionths(sum: i128) -> String {
    let sign = if sum < 0 { "-" } else { "" };
    let (whole, rest) = (sum.unsigned_abs() / 1_000_000_000, sum.unsigned_abs() % 1_000_000_000);
    let text = format!("{sign}{whole}.{rest:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
