//! Money in cells: a line for each currency, never added up over currencies. Orders do add up.

use tributary_core::report::Revenue;

use super::number;

/// Orders of any currency.
pub fn orders(revenue: &[Revenue]) -> Vec<String> {
    vec![number::count(revenue.iter().map(|revenue| revenue.orders).sum::<i128>())]
}

/// Gross value.
pub fn gross(revenue: &[Revenue]) -> Vec<String> {
    amounts(revenue, |revenue| Some(&revenue.gross))
}

/// Value less refunds.
pub fn net(revenue: &[Revenue]) -> Vec<String> {
    amounts(revenue, |revenue| Some(&revenue.net))
}

/// Average order value.
pub fn aov(revenue: &[Revenue]) -> Vec<String> {
    amounts(revenue, |revenue| revenue.aov.as_ref())
}

/// Orders, gross and net: what most tables end with.
pub fn sales(revenue: &[Revenue]) -> [Vec<String>; 3] {
    [orders(revenue), gross(revenue), net(revenue)]
}

fn amounts(revenue: &[Revenue], of: fn(&Revenue) -> Option<&String>) -> Vec<String> {
    let known = revenue.iter().filter_map(|revenue| Some(number::amount(of(revenue)?, revenue.currency)));
    Some(known.collect::<Vec<_>>()).filter(|known| !known.is_empty()).unwrap_or(vec![number::NONE.into()])
}
