//! What a merchant reads, made from merged facts.

mod attribution;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::config::{Config, Experiment, Goal, GoalKind, Status};
use crate::facts::{Entity, Facts, Figures, Measure, Metric};
use crate::money::{Currency, average, decimal};
use crate::time::{Day, Millis};
use crate::wire::Reason;
pub use attribution::*;

/// A site's figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// Public site key.
    pub site: String,
    /// For people.
    pub name: String,
    /// IANA name of the zone whose days these are.
    pub time_zone: String,
    /// When this was read, ms.
    pub as_of: Millis,
    /// The same in the site's time zone, for people: `YYYY-MM-DD HH:MM:SS`.
    pub as_of_local: String,
    /// Deliveries still on their way. At 0 every acknowledged event is in the figures.
    pub pending: u32,
    /// First day of the totals (`YYYY-MM-DD`).
    pub from: String,
    /// Last day of the totals.
    pub to: String,
    /// The site over those days.
    pub totals: Totals,
    /// Each over its whole run.
    pub experiments: Vec<ExperimentReport>,
    /// Visitors held out, and all others.
    pub holdout: Holdout,
    /// Pop-ups, notifications, website blocks and messages over those days.
    pub communications: Vec<CommunicationReport>,
    /// Sequences over those days.
    pub sequences: Vec<GroupReport>,
    /// Campaigns over those days.
    pub campaigns: Vec<GroupReport>,
    /// Triggered experiences, each over its whole run.
    pub experiences: Vec<ExperienceReport>,
    /// Goals of the site over those days.
    pub goals: Vec<SiteGoalReport>,
    /// What was accepted, refused or odd over those days, by reason.
    pub diagnostics: BTreeMap<Reason, i128>,
}

/// The site's figures over some days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Totals {
    /// Visitors seen for the first time.
    pub new_visitors: i128,
    /// Sessions started.
    pub sessions: i128,
    /// Page views.
    pub page_views: i128,
    /// Custom events.
    pub custom_events: i128,
    /// Orders by currency.
    pub revenue: Vec<Revenue>,
    /// Those that no communication earned.
    pub unattributed: Vec<Revenue>,
}

/// Orders of one currency. Amounts are decimal text in the major unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Revenue {
    /// ISO 4217 code.
    pub currency: Currency,
    /// How many.
    pub orders: i128,
    /// Their gross value.
    pub gross: String,
    /// The same less refunds.
    pub net: String,
    /// Average order value; absent when there are no orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aov: Option<String>,
    /// Gross value per exposed visitor; absent where nobody is exposed and for the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_visitor: Option<String>,
}

/// An experiment over its whole run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExperimentReport {
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// Where it stands.
    pub status: Status,
    /// Start, ms.
    pub started_at: Option<Millis>,
    /// Start in the site's time zone, for people.
    pub started_local: Option<String>,
    /// End, ms.
    pub ended_at: Option<Millis>,
    /// End in the site's time zone, for people.
    pub ended_local: Option<String>,
    /// Share of visitors who take part, 0 to 1.
    pub coverage: f64,
    /// Visitors exposed to two variants, left out of the results.
    pub crossovers: i128,
    /// Control first.
    pub variants: Vec<VariantReport>,
    /// Primary first.
    pub goals: Vec<GoalReport>,
}

/// A variant's exposures.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VariantReport {
    /// The name developers use.
    pub key: String,
    /// For people.
    pub name: String,
    /// Share of those who take part, 0 to 1.
    pub weight: f64,
    /// Distinct visitors who were given it: the only denominator.
    pub exposures: i128,
}

/// A goal's figures per variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GoalReport {
    /// The goal itself: key, name, type.
    #[serde(flatten)]
    pub goal: Goal,
    /// Whether it decides.
    pub primary: bool,
    /// In the order of the experiment's variants.
    pub variants: Vec<GoalFigures>,
    /// Every day of the run with an exposure or a conversion, in order.
    pub days: Vec<GoalDay>,
}

/// One goal's figures for one variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GoalFigures {
    /// The variant's key.
    pub variant: String,
    /// Distinct visitors exposed.
    pub exposures: i128,
    /// Distinct visitors who converted.
    pub conversions: i128,
    /// All conversions.
    pub total_conversions: i128,
    /// `conversions / exposures`, or `met / sessions` of a goal of sessions; absent where there is nothing to divide by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion_rate: Option<f64>,
    /// Of a goal of sessions (per session, bounce rate, exit rate).
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Sessions>,
    /// By currency; empty for goals without revenue.
    pub revenue: Vec<Revenue>,
}

/// Sessions that count for a goal, and those that met it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sessions {
    /// How many count.
    pub sessions: i128,
    /// How many of them met it.
    #[serde(rename = "sessions_met")]
    pub met: i128,
}

/// One goal's figures on one day, per variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GoalDay {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Visitors first exposed on that day, in the order of the variants.
    pub exposures: Vec<i128>,
    /// Visitors who first converted on that day, in the order of the variants.
    pub conversions: Vec<i128>,
}

/// What a report is read from.
struct Read<'a> {
    config: &'a Config,
    facts: &'a Facts,
    range: Range,
    today: Day,
}

impl Read<'_> {
    /// An entity's figures over the range.
    fn of(&self, entity: Entity) -> Figures {
        self.over(entity, self.range.from, self.range.to)
    }

    fn over(&self, entity: Entity, from: Day, to: Day) -> Figures {
        let mut sum = Figures::new();
        for ((day, of), figures) in &self.facts.0 {
            if *of == entity && (from..=to).contains(day) {
                add(&mut sum, figures);
            }
        }
        sum
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
}

impl Range {
    /// Today and the `days - 1` days before it.
    pub fn last(days: i32, today: Day) -> Self {
        Self { from: Day(today.0 - days + 1), to: today }
    }
}

impl Report {
    /// Reads a report out of the facts of a site: its totals over a range, its experiments over their runs.
    pub fn read(config: &Config, facts: &Facts, range: Range, as_of: Millis, pending: u32) -> Self {
        let mut site = Figures::new();
        for ((day, entity), figures) in &facts.0 {
            if *entity == Entity::Site && (range.from..=range.to).contains(day) {
                add(&mut site, figures);
            }
        }
        let zone = config.zone();
        let read = Read { config, facts, range, today: zone.day(as_of) };
        let diagnostics = site.iter().filter_map(|(metric, count)| match metric {
            Metric::Diagnostic(reason) => Some((*reason, *count)),
            _ => None,
        });
        Self {
            site: config.site.clone(),
            name: config.name.clone(),
            time_zone: config.time_zone.clone(),
            as_of,
            as_of_local: zone.local(as_of),
            pending,
            from: range.from.to_string(),
            to: range.to.to_string(),
            totals: totals(&site, &read.of(Entity::Unattributed)),
            holdout: attribution::holdout(&read, &site),
            communications: config.communications.iter().map(|one| read.communication(one)).collect(),
            sequences: config.sequences.iter().map(|one| read.sequence(one)).collect(),
            campaigns: config.campaigns.iter().map(|one| read.campaign(one)).collect(),
            experiences: config.experiences.iter().map(|one| read.experience(one)).collect(),
            goals: config.goals.iter().map(|one| read.goal(one)).collect(),
            diagnostics: diagnostics.collect(),
            experiments: config.experiments.iter().map(|e| experiment(e, config, facts, as_of)).collect(),
        }
    }

    /// The report as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn totals(site: &Figures, unattributed: &Figures) -> Totals {
    let of = |metric| site.get(&metric).copied().unwrap_or(0);
    Totals {
        new_visitors: of(Metric::Visitors),
        sessions: of(Metric::Sessions),
        page_views: of(Metric::PageViews),
        custom_events: of(Metric::CustomEvents),
        revenue: sales(site),
        unattributed: sales(unattributed),
    }
}

/// Orders of every currency among figures.
fn sales(figures: &Figures) -> Vec<Revenue> {
    let of = |metric| figures.get(&metric).copied().unwrap_or(0);
    let currencies = figures.keys().filter_map(|metric| match metric {
        Metric::Orders(currency) => Some(*currency),
        _ => None,
    });
    let sale = |currency| Sale {
        orders: of(Metric::Orders(currency)),
        gross: of(Metric::Gross(currency)),
        net: of(Metric::Net(currency)),
    };
    currencies.map(|currency| revenue(currency, sale(currency), None)).collect()
}

/// Orders of one currency, in numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Sale {
    orders: i128,
    gross: i128,
    net: i128,
}

fn experiment(experiment: &Experiment, config: &Config, facts: &Facts, now: Millis) -> ExperimentReport {
    let days: BTreeMap<Day, &Figures> = facts
        .0
        .iter()
        .filter(|((_, entity), _)| *entity == Entity::Experiment(experiment.number))
        .map(|((day, _), figures)| (*day, figures))
        .collect();
    let mut run = Figures::new();
    for figures in days.values() {
        add(&mut run, figures);
    }
    let exposures = |variant| run.get(&Metric::Exposures(variant)).copied().unwrap_or(0);
    let allocation = experiment.allocation().map(|(_, allocation)| allocation);
    let share = |ten_thousandths: u16| f64::from(ten_thousandths) / 10_000.0;
    let weight = |place| allocation.and_then(|allocation| allocation.weights.get(place)).copied().map_or(0.0, share);
    let local = |at: Option<Millis>| at.map(|at| config.zone().local(at));
    let variants = (0_u8..).zip(&experiment.variants).map(|(place, variant)| VariantReport {
        key: variant.key.clone(),
        name: variant.name.clone(),
        weight: weight(usize::from(place)),
        exposures: exposures(place),
    });
    ExperimentReport {
        key: experiment.key.clone(),
        name: experiment.name.clone(),
        status: experiment.status(now),
        started_at: experiment.started_at,
        started_local: local(experiment.started_at),
        ended_at: experiment.ended_at,
        ended_local: local(experiment.ended_at),
        coverage: allocation.map_or(0.0, |allocation| share(allocation.coverage)),
        crossovers: run.get(&Metric::Crossovers).copied().unwrap_or(0),
        variants: variants.collect(),
        goals: (0_u8..)
            .zip(&experiment.goals)
            .map(|(place, goal)| goal_report(place, goal, experiment, &run, &days))
            .collect(),
    }
}

fn goal_report(
    place: u8,
    goal: &Goal,
    experiment: &Experiment,
    run: &Figures,
    days: &BTreeMap<Day, &Figures>,
) -> GoalReport {
    let variants = || (0_u8..).zip(&experiment.variants);
    let metric = |variant, measure| Metric::Goal { goal: place, variant, measure };
    let per_variant = |figures: &Figures, metric: &dyn Fn(u8) -> Metric| -> Vec<i128> {
        variants().map(|(variant, _)| figures.get(&metric(variant)).copied().unwrap_or(0)).collect()
    };
    let day = |(day, figures): (&Day, &&Figures)| GoalDay {
        day: day.to_string(),
        exposures: per_variant(figures, &Metric::Exposures),
        conversions: per_variant(figures, &|variant| metric(variant, Measure::Conversions)),
    };
    GoalReport {
        goal: goal.clone(),
        primary: place == 0,
        variants: variants().map(|(variant, named)| goal_figures(&named.key, place, variant, goal, run)).collect(),
        days: days.iter().map(day).collect(),
    }
}

fn goal_figures(key: &str, place: u8, variant: u8, goal: &Goal, run: &Figures) -> GoalFigures {
    let of = |measure| run.get(&Metric::Goal { goal: place, variant, measure }).copied().unwrap_or(0);
    let exposed = if goal.added_at.is_some() {
        Metric::Goal { goal: place, variant, measure: Measure::Exposures }
    } else {
        Metric::Exposures(variant)
    };
    let exposures = run.get(&exposed).copied().unwrap_or(0);
    let conversions = of(Measure::Conversions);
    // Every variant shows the same currencies, so that rows can be compared.
    let currencies: BTreeSet<Currency> = run
        .keys()
        .filter_map(|metric| match metric {
            Metric::Goal { goal, measure: Measure::Orders(currency), .. } if *goal == place => Some(*currency),
            _ => None,
        })
        .collect();
    let has_revenue = matches!(goal.kind, GoalKind::Revenue { .. });
    let of_currency = |currency| {
        let (orders, gross) = (of(Measure::Orders(currency)), of(Measure::Gross(currency)));
        revenue(currency, Sale { orders, gross, net: of(Measure::Net(currency)) }, Some(exposures))
    };
    let sessions = of(Measure::Sessions);
    let met = of(Measure::SessionsMet);
    GoalFigures {
        variant: key.to_owned(),
        exposures,
        conversions,
        total_conversions: of(Measure::TotalConversions),
        conversion_rate: if goal.is_of_sessions() { ratio(met, sessions) } else { ratio(conversions, exposures) },
        sessions: goal.is_of_sessions().then_some(Sessions { sessions, met }),
        revenue: currencies.into_iter().filter(|_| has_revenue).map(of_currency).collect(),
    }
}

fn revenue(currency: Currency, Sale { orders, gross, net }: Sale, exposures: Option<i128>) -> Revenue {
    let text = |minor| decimal(minor, currency);
    Revenue {
        currency,
        orders,
        gross: text(gross),
        net: text(net),
        aov: average(gross, orders).map(text),
        per_visitor: exposures.and_then(|exposures| average(gross, exposures)).map(text),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people; counts stay far below 2^53")]
fn ratio(part: i128, whole: i128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn add(sum: &mut Figures, figures: &Figures) {
    for (metric, amount) in figures {
        *sum.entry(*metric).or_default() += amount;
    }
}
