//! Orders and amounts, as they are told.

use std::collections::BTreeSet;

use serde::Serialize;

use super::get;
use crate::facts::{Figures, Metric};
use crate::money::{Currency, average, decimal};

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

/// Orders of one currency, in numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sale {
    pub orders: i128,
    pub gross: i128,
    pub net: i128,
}

/// Orders of every currency among figures.
pub(super) fn sales(figures: &Figures) -> Vec<Revenue> {
    let of = |metric| get(figures, metric);
    let currencies = currencies(figures, |metric| match metric {
        Metric::Orders(currency) => Some(currency),
        _ => None,
    });
    let sale = |currency| Sale {
        orders: of(Metric::Orders(currency)),
        gross: of(Metric::Gross(currency)),
        net: of(Metric::Net(currency)),
    };
    currencies.into_iter().map(|currency| revenue(currency, sale(currency), None)).collect()
}

/// The currencies that some of the figures are of.
pub(super) fn currencies(figures: &Figures, of: impl Fn(Metric) -> Option<Currency>) -> BTreeSet<Currency> {
    figures.keys().filter_map(|metric| of(*metric)).collect()
}

pub(super) fn revenue(currency: Currency, Sale { orders, gross, net }: Sale, exposures: Option<i128>) -> Revenue {
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
