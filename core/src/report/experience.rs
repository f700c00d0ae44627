//! Triggered experiences, by the day of the execution.

use serde::Serialize;

use super::revenue::{Revenue, Sale, currencies, revenue};
use super::{OnDay, Read, get, ratio};
use crate::config::{Experience, WINDOWS};
use crate::facts::{Earned, Entity, Figures, Metric};
use crate::time::Millis;

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
    /// Over its whole run.
    #[serde(flatten)]
    pub figures: VariantFigures,
    /// What was executed, and what that earned, each day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<OnDay<VariantFigures>>>,
}

/// What became of a variant's executions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VariantFigures {
    /// People it was executed for, on the day of the first time.
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
    /// `converted_people / reached` of the whole run; absent where nobody was reached, and of single days, on which others
    /// convert than are reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion_rate: Option<f64>,
    /// Orders by currency.
    pub revenue: Vec<Revenue>,
}

impl Read<'_> {
    pub(super) fn experience(&self, one: &Experience) -> ExperienceReport {
        let entity = Entity::Experience(one.number);
        let run = self.ledger.run(entity);
        let lengths = self.config.crediting_in(self.config.version).windows;
        let variants = (0_u8..).zip(&one.variants).map(|(place, variant)| {
            let mut figures = variant_figures(run, run, place, &lengths);
            for window in &mut figures.windows {
                window.conversion_rate = ratio(window.converted_people, figures.reached);
            }
            let day = |all: &[Figures]| {
                Some(variant_figures(&all[0], run, place, &lengths)).filter(VariantFigures::is_something)
            };
            ExperienceVariant {
                key: variant.key.clone(),
                name: variant.name.clone(),
                figures,
                days: self.each_day(&[entity], &day),
            }
        });
        ExperienceReport { key: one.key.clone(), name: one.name.clone(), variants: variants.collect() }
    }
}

impl VariantFigures {
    fn is_something(&self) -> bool {
        let is_earned =
            |window: &WindowReport| window.conversions != 0 || window.revenue.iter().any(|sum| sum.orders != 0);
        self.reached != 0 || self.windows.iter().any(is_earned)
    }
}

/// A variant's figures; every window shows the currencies of the whole run.
fn variant_figures(figures: &Figures, run: &Figures, variant: u8, lengths: &[Millis; WINDOWS]) -> VariantFigures {
    let currencies = currencies(run, |metric| match metric {
        Metric::Window { measure: Earned::Orders(currency), .. } => Some(currency),
        _ => None,
    });
    let window = |(window, window_ms): (u8, &Millis)| {
        let of = |measure| get(figures, Metric::Window { variant, window, measure });
        let sale = |currency| {
            let (orders, gross) = (of(Earned::Orders(currency)), of(Earned::Gross(currency)));
            revenue(currency, Sale { orders, gross, net: of(Earned::Net(currency)) }, None)
        };
        WindowReport {
            window_ms: *window_ms,
            conversions: of(Earned::Conversions),
            converted_people: of(Earned::People),
            conversion_rate: None,
            revenue: currencies.iter().copied().map(sale).collect(),
        }
    };
    let reached = get(figures, Metric::Reached(variant));
    VariantFigures { reached, windows: (0_u8..).zip(lengths).map(window).collect() }
}
