//! Communications, experiences, goals and the holdout, as a merchant reads them.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Read, Revenue, Sale, ratio, revenue, sales};
use crate::config::{
    Campaign, Communication, CommunicationKind, Experience, GoalMeasure, Journey, Sequence, SiteGoal, Treatment,
};
use crate::facts::{Earned, Entity, Figures, Metric, Value};
use crate::money::{Currency, decimal};
use crate::time::Day;

/// Visitors held out of everything against all others.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Holdout {
    /// Those held out.
    pub held_out: HoldoutGroup,
    /// All others.
    pub others: HoldoutGroup,
}

/// One side of the holdout.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HoldoutGroup {
    /// Sessions.
    pub sessions: i128,
    /// Orders of any currency.
    pub orders: i128,
    /// `orders / sessions`; absent without sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orders_per_session: Option<f64>,
    /// By currency.
    pub revenue: Vec<Revenue>,
}

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
    /// Times it started.
    pub started: i128,
    /// Distinct people with a start.
    pub profiles: People,
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

/// A triggered experience over its whole run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExperienceReport {
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// Its variants.
    pub variants: Vec<ExperienceVariant>,
}

/// A variant of an experience.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExperienceVariant {
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// People it was executed for.
    pub reached: i128,
    /// Shortest first, as long as they are now.
    pub windows: Vec<WindowReport>,
}

/// What a variant earned within a window after its executions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WindowReport {
    /// How long, ms.
    pub window_ms: i64,
    /// Sessions with an order.
    pub conversions: i128,
    /// People with an order.
    pub converted_people: i128,
    /// `converted_people / reached`; absent where nobody was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion_rate: Option<f64>,
    /// Orders by currency.
    pub revenue: Vec<Revenue>,
}

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
}

/// Value events and what they add up to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Worth {
    /// How many.
    pub events: i128,
    /// Distinct people.
    pub people: People,
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

/// People treated against people held out, since the goal was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Uplift {
    /// People with a receipt, none of whose visitors is held out.
    pub treated: i128,
    /// Those with a credited value event.
    pub treated_converted: i128,
    /// People all of whose visitors are held out.
    pub control: i128,
    /// Those with any value event.
    pub control_converted: i128,
    /// `(treated rate - control rate) / control rate`; absent without a control that converts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uplift: Option<f64>,
    /// `treated_converted - control_converted * treated / control`; absent without a control.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incremental: Option<f64>,
}

/// The held-out against all others.
pub(super) fn holdout(read: &Read<'_>, site: &Figures) -> Holdout {
    let held_out = read.of(Entity::HeldOut);
    let mut others = site.clone();
    for (metric, amount) in &held_out {
        *others.entry(*metric).or_default() -= amount;
    }
    Holdout { held_out: group(&held_out), others: group(&others) }
}

fn group(figures: &Figures) -> HoldoutGroup {
    let sessions = get(figures, Metric::Sessions);
    let orders = figures.iter().filter(|(metric, _)| matches!(metric, Metric::Orders(_))).map(|(_, count)| count).sum();
    HoldoutGroup { sessions, orders, orders_per_session: ratio(orders, sessions), revenue: sales(figures) }
}

impl Read<'_> {
    pub(super) fn communication(&self, one: &Communication) -> CommunicationReport {
        let figures = self.of(Entity::Communication(one.number));
        let of = |metric| get(&figures, metric);
        CommunicationReport {
            key: one.key.clone(),
            name: one.name.clone(),
            kind: one.kind,
            instances: of(Metric::Instances),
            sessions_shown: of(Metric::SessionsShown),
            clicks: of(Metric::SessionsClicked),
            raw_clicks: of(Metric::RawClicks),
            hovered: of(Metric::SessionsHovered),
            dismissals: of(Metric::Dismissals),
            revenue: sales(&figures),
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
        let mut earned = Figures::new();
        for key in communications.collect::<BTreeSet<_>>() {
            if let Some(communication) = self.config.communication(key) {
                super::add(&mut earned, &self.of(Entity::Communication(communication.number)));
            }
        }
        GroupReport {
            key: key.to_owned(),
            name: name.to_owned(),
            started: get(&self.of(entity), Metric::Started),
            profiles: self.people(entity, Metric::People),
            revenue: sales(&earned),
        }
    }

    /// By the day of each person's latest, so that every range up to today can be told.
    fn people(&self, entity: Entity, metric: Metric) -> People {
        let last = |days: i32| get(&self.over(entity, Day(self.today.0 - days + 1), Day(i32::MAX)), metric);
        People {
            last_1_day: last(1),
            last_7_days: last(7),
            last_30_days: last(30),
            last_90_days: last(90),
            ever: get(&self.all(entity), metric),
        }
    }

    fn all(&self, entity: Entity) -> Figures {
        self.over(entity, Day(i32::MIN), Day(i32::MAX))
    }

    pub(super) fn experience(&self, one: &Experience) -> ExperienceReport {
        let run = self.all(Entity::Experience(one.number));
        let lengths = self.config.crediting_in(self.config.version).windows;
        let window = |variant: u8, window: u8, window_ms: i64, reached: i128| {
            let of = |measure| get(&run, Metric::Window { variant, window, measure });
            let currencies: BTreeSet<Currency> = run
                .keys()
                .filter_map(|metric| match metric {
                    Metric::Window { measure: Earned::Orders(currency), .. } => Some(*currency),
                    _ => None,
                })
                .collect();
            let sale = |currency| {
                let (orders, gross) = (of(Earned::Orders(currency)), of(Earned::Gross(currency)));
                revenue(currency, Sale { orders, gross, net: of(Earned::Net(currency)) }, None)
            };
            let converted_people = of(Earned::People);
            WindowReport {
                window_ms,
                conversions: of(Earned::Conversions),
                converted_people,
                conversion_rate: ratio(converted_people, reached),
                revenue: currencies.into_iter().map(sale).collect(),
            }
        };
        let variants = (0_u8..).zip(&one.variants).map(|(place, variant)| {
            let reached = get(&run, Metric::Reached(place));
            ExperienceVariant {
                key: variant.key.clone(),
                name: variant.name.clone(),
                reached,
                windows: (0_u8..).zip(lengths).map(|(number, ms)| window(place, number, ms, reached)).collect(),
            }
        });
        ExperienceReport { key: one.key.clone(), name: one.name.clone(), variants: variants.collect() }
    }

    pub(super) fn goal(&self, one: &SiteGoal) -> SiteGoalReport {
        let whole = Entity::Goal(one.number);
        let journeys = self.config.journeys.iter().filter(|journey| journey.goal == one.number);
        SiteGoalReport {
            goal: one.clone(),
            credited: self.worth(one, whole, Metric::Credited, Metric::People),
            uncredited: self.worth(one, whole, Metric::Uncredited, Metric::UncreditedPeople),
            journeys: journeys.map(|journey| self.journey(one, journey)).collect(),
            uplift: uplift(&self.all(whole)),
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
        let figures = self.of(entity);
        let currencies: BTreeSet<Currency> = figures
            .keys()
            .filter_map(|metric| match metric {
                Metric::Credited(Value::Gross(currency)) | Metric::Uncredited(Value::Gross(currency)) => {
                    Some(*currency)
                }
                _ => None,
            })
            .collect();
        let amount = |currency| Amount {
            currency,
            gross: decimal(get(&figures, metric(Value::Gross(currency))), currency),
            net: decimal(get(&figures, metric(Value::Net(currency))), currency),
        };
        let is_decimal = matches!(&goal.measure, GoalMeasure::Value { property } if property != "revenue");
        Worth {
            events: get(&figures, metric(Value::Events)),
            people: self.people(entity, people),
            revenue: currencies.into_iter().map(amount).collect(),
            value: is_decimal.then(|| billionths(get(&figures, metric(Value::Decimal)))),
        }
    }
}

fn uplift(all: &Figures) -> Uplift {
    let of = |metric| get(all, metric);
    let (treated, treated_converted) = (of(Metric::Treated), of(Metric::TreatedConverted));
    let (control, control_converted) = (of(Metric::Control), of(Metric::ControlConverted));
    let uplift = ratio(treated_converted, treated).zip(ratio(control_converted, control));
    let uplift = uplift.filter(|(_, control)| *control > 0.0).map(|(treated, control)| (treated - control) / control);
    #[expect(clippy::cast_precision_loss, reason = "for people; counts stay far below 2^53")]
    let incremental = ratio(treated, control).map(|share| treated_converted as f64 - control_converted as f64 * share);
    Uplift { treated, treated_converted, control, control_converted, uplift, incremental }
}

/// Billionths as decimal text, without needless zeros.
fn billionths(sum: i128) -> String {
    let sign = if sum < 0 { "-" } else { "" };
    let (whole, rest) = (sum.unsigned_abs() / 1_000_000_000, sum.unsigned_abs() % 1_000_000_000);
    let text = format!("{sign}{whole}.{rest:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn get(figures: &Figures, metric: Metric) -> i128 {
    figures.get(&metric).copied().unwrap_or(0)
}
