//! A goal's figures per variant.
//!
//! A difference is shown as it is, in ink like any other figure: whether it means anything is for the interval to say.

use maud::{Markup, html};
use tributary_core::config::{GoalKind, UrlOperator};
use tributary_core::money::{self, Currency};
use tributary_core::report::{ExperimentReport, GoalFigures, GoalReport, Revenue};
use tributary_core::words;

use super::intervals::intervals;
use super::result::rows;
use super::{layout, number};

/// A goal's table; of a goal with revenue in several currencies one table a currency, since amounts never mix.
pub fn goal_table(goal: &GoalReport, experiment: &ExperimentReport, results: bool) -> Markup {
    let currencies: Vec<Currency> = goal
        .variants
        .first()
        .into_iter()
        .flat_map(|figures| &figures.revenue)
        .map(|revenue| revenue.currency)
        .collect();
    html! {
        section.card {
            header {
                h2 { (goal.goal.name) }
                span.soft { @if goal.primary { "Primary goal · " } (met_by(&goal.goal.kind)) }
            }
            @if currencies.is_empty() { (table(goal, experiment, results, None)) }
            @for currency in &currencies { (table(goal, experiment, results, Some(*currency))) }
            @if !goal.primary { (secondary(goal, experiment)) }
        }
    }
}

/// How far the challengers are off by a goal that decides nothing. The primary goal's stand with the result.
fn secondary(goal: &GoalReport, experiment: &ExperimentReport) -> Markup {
    let rows = rows(goal, experiment);
    html! {
        @if !rows.is_empty() {
            div.quiet {
                h3 { (words::criterion(&goal.goal, experiment.unit)) span.soft { "decides nothing" } }
                (intervals(&rows, true))
            }
        }
    }
}

fn met_by(kind: &GoalKind) -> Markup {
    let compared = |operator: &UrlOperator| match operator {
        UrlOperator::Equals => "is",
        UrlOperator::Contains => "contains",
        UrlOperator::StartsWith => "starts with",
        UrlOperator::Regex => "matches",
    };
    html! {
        @match kind {
            GoalKind::PageView(page) => { "page view whose address " (compared(&page.operator)) " " code { (page.url) } },
            GoalKind::Click { selector } => { "click on " code { (selector) } },
            GoalKind::FormSubmit { selector } => { "submit of " code { (selector) } },
            GoalKind::CustomEvent { event, .. } => { "event " code { (event) } },
            GoalKind::Revenue { event, .. } => { "revenue of " code { (event) } },
            GoalKind::BounceRate { entry: None } => { "sessions of one page view" },
            GoalKind::BounceRate { entry: Some(page) } => {
                "sessions of one page view, entered where the address " (compared(&page.operator)) " " code { (page.url) }
            },
            GoalKind::ExitRate { page, .. } => {
                "sessions left on a page whose address " (compared(&page.operator)) " " code { (page.url) }
            },
        }
    }
}

fn table(goal: &GoalReport, experiment: &ExperimentReport, results: bool, currency: Option<Currency>) -> Markup {
    let decides = if currency.is_some() { "revenue per visitor" } else { "conversion rate" };
    let shown = |text: String| if results { text } else { number::NONE.to_owned() };
    html! {
        table.cards {
            @if let Some(currency) = currency { caption.hidden { (goal.goal.name) " in " (currency.code()) } }
            thead {
                tr {
                    th scope="col" { "Variant" }
                    th scope="col" { "Exposures" }
                    th scope="col" { "Conversions" }
                    th scope="col" { "Conversion rate" }
                    @if currency.is_some() {
                        th scope="col" { "Orders" }
                        th scope="col" { "Revenue" }
                        th scope="col" { abbr title="Average order value" { "AOV" } }
                        th scope="col" { "Revenue per visitor" }
                    }
                    th scope="col" { "Difference to control" small { (decides) } }
                }
            }
            tbody {
                @for (place, (figures, variant)) in goal.variants.iter().zip(&experiment.variants).enumerate() {
                    tr {
                        th scope="row" { (layout::variant(place, &variant.name, layout::role(place))) }
                        (layout::cell("Exposures", &number::count(figures.exposures)))
                        (layout::cell("Conversions", &number::count(figures.conversions)))
                        (layout::cell("Conversion rate", &shown(number::percent(figures.conversions, figures.exposures))))
                        @if let Some(currency) = currency { (revenue_cells(figures, currency, results)) }
                        (layout::cell("Difference to control", &match goal.variants.first() {
                            Some(control) if place > 0 => shown(difference(figures, control, currency)),
                            _ => number::NONE.into(),
                        }))
                    }
                }
            }
        }
    }
}

fn revenue_cells(figures: &GoalFigures, currency: Currency, results: bool) -> Markup {
    let revenue = of_currency(figures, currency);
    let amount = |text: Option<&String>| text.map_or(number::NONE.into(), |text| number::amount(text, currency));
    let average = |text: Option<&String>| amount(text.filter(|_| results));
    html! {
        (layout::cell("Orders", &number::count(revenue.map_or(0, |revenue| revenue.orders))))
        (layout::cell("Revenue", &amount(revenue.map(|revenue| &revenue.gross))))
        (layout::cell("AOV", &average(revenue.and_then(|revenue| revenue.aov.as_ref()))))
        (layout::cell("Revenue per visitor", &average(revenue.and_then(|revenue| revenue.per_visitor.as_ref()))))
    }
}

fn of_currency(figures: &GoalFigures, currency: Currency) -> Option<&Revenue> {
    figures.revenue.iter().find(|revenue| revenue.currency == currency)
}

/// How far a variant lies from control in what decides: revenue per visitor of a currency, else the conversion rate.
fn difference(figures: &GoalFigures, control: &GoalFigures, currency: Option<Currency>) -> String {
    let Some(currency) = currency else {
        return number::difference(figures.conversions, figures.exposures, control.conversions, control.exposures);
    };
    let gross = |figures| {
        of_currency(figures, currency)
            .and_then(|revenue| money::parse(&revenue.gross, currency))
            .map(|sum| i128::from(sum.minor))
    };
    match (gross(figures), gross(control)) {
        (Some(ours), Some(base)) => number::difference(ours, figures.exposures, base, control.exposures),
        _ => number::NONE.into(),
    }
}

#[cfg(test)]
mod tests {
    use tributary_core::time::DAY;

    use super::*;
    use crate::page::fixture;

    #[test]
    fn a_revenue_goal_is_compared_by_revenue_per_visitor_and_any_other_by_its_rate() {
        let experiment = fixture::experiment(2 * DAY);
        let page: String =
            experiment.goals.iter().map(|goal| goal_table(goal, &experiment, true).into_string()).collect();
        let page = page.replace('\u{a0}', " ");
        // 7254.00 / 2000 against 6963.40 / 2400, and 300 / 2000 against 480 / 2400.
        for shown in ["+25.0 %", "−25.0 %", "$7,254.00", "$87.40", "$3.63"] {
            assert!(page.contains(&format!(">{shown}</td>")), "{shown} in {page}");
        }
    }

    #[test]
    fn amounts_of_two_currencies_stand_in_two_tables() {
        let mut experiment = fixture::experiment(2 * DAY);
        let euro = Currency::parse("EUR").expect("a currency");
        for figures in &mut experiment.goals[0].variants {
            figures.revenue.push(Revenue { currency: euro, ..figures.revenue[0].clone() });
        }
        let page = goal_table(&experiment.goals[0], &experiment, true).into_string();
        assert_eq!(page.matches("<table").count(), 2, "{page}");
        assert!(page.contains("$7,254.00") && page.contains("€7,254.00"), "{page}");
    }
}
