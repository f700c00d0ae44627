//! A goal's figures per variant.
//!
//! A difference is shown as it is, in ink like any other figure: whether it means anything is for the interval to say.

use maud::{Markup, html};
use tributary_core::config::{Criterion, GoalKind, UrlOperator};
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
                h3 {
                    span.first-letter { (words::criterion(&goal.goal, experiment.unit)) }
                    span.soft { (if goal.goal.guardrail.is_some() { "a guardrail" } else { "decides nothing" }) }
                }
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
    let decides = words::criterion(&goal.goal, experiment.unit);
    let is_of_sessions = goal.goal.is_of_sessions();
    let rate = match goal.goal.kind {
        GoalKind::BounceRate { .. } => "Bounce rate",
        GoalKind::ExitRate { .. } => "Exit rate",
        _ => "Conversion rate",
    };
    let shown = |text: String| if results { text } else { number::NONE.to_owned() };
    html! {
        table.cards {
            @if let Some(currency) = currency { caption.hidden { (goal.goal.name) " in " (currency.code()) } }
            thead {
                tr {
                    th scope="col" { "Variant" }
                    th scope="col" { "Exposures" }
                    @if is_of_sessions { th scope="col" { "Sessions" } }
                    th scope="col" { (if is_of_sessions { "That met it" } else { "Conversions" }) }
                    th scope="col" { (rate) }
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
                        @if let Some(sessions) = figures.sessions {
                            (layout::cell("Sessions", &number::count(sessions.sessions)))
                            (layout::cell("That met it", &number::count(sessions.met)))
                            (layout::cell(rate, &shown(number::percent(sessions.met, sessions.sessions))))
                        } @else {
                            (layout::cell("Conversions", &number::count(figures.conversions)))
                            (layout::cell(rate, &shown(number::percent(figures.conversions, figures.exposures))))
                        }
                        @if let Some(currency) = currency { (revenue_cells(figures, currency, results)) }
                        (layout::cell(&format!("Difference in {decides}"), &match goal.variants.first() {
                            Some(control) if place > 0 => shown(difference(goal, figures, control, currency)),
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

/// How far a variant lies from control in what decides; of money in one currency.
fn difference(goal: &GoalReport, ours: &GoalFigures, control: &GoalFigures, currency: Option<Currency>) -> String {
    match (compared(goal, ours, currency), compared(goal, control, currency)) {
        (Some(ours), Some(base)) => number::difference(ours.0, ours.1, base.0, base.1),
        _ => number::NONE.into(),
    }
}

/// What decides, as a part and what it is divided by.
fn compared(goal: &GoalReport, figures: &GoalFigures, currency: Option<Currency>) -> Option<(i128, i128)> {
    let sold = || of_currency(figures, currency?);
    let gross = || Some(i128::from(money::parse(&sold()?.gross, currency?)?.minor));
    Some(match goal.criterion {
        Criterion::ConversionRate => (figures.conversions, figures.exposures),
        Criterion::SessionRate => figures.sessions.map(|sessions| (sessions.met, sessions.sessions))?,
        Criterion::RevenuePerUnit => (gross()?, figures.exposures),
        Criterion::OrdersPerUnit => (sold()?.orders, figures.exposures),
        Criterion::Aov => (gross()?, sold()?.orders),
    })
}

#[cfg(test)]
mod tests {
    use tributary_core::time::DAY;

    use tributary_core::report::Sessions;

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
    fn a_goal_of_sessions_shows_its_sessions_and_what_decides_is_what_is_compared() {
        let mut experiment = fixture::experiment(2 * DAY);
        let goal = &mut experiment.goals[1];
        goal.goal.kind = GoalKind::BounceRate { entry: None };
        goal.criterion = Criterion::SessionRate;
        for (figures, met) in goal.variants.iter_mut().zip([1_000, 500]) {
            figures.sessions = Some(Sessions { sessions: 4_000, met });
        }
        let page = goal_table(&experiment.goals[1], &experiment, true).into_string().replace('\u{a0}', " ");
        for shown in [">4,000</td>", ">1,000</td>", "data-label=\"Bounce rate\">25.0 %</td>", ">−50.0 %</td>"] {
            assert!(page.contains(shown), "{shown} in {page}");
        }
        experiment.goals[0].criterion = Criterion::Aov;
        let page = goal_table(&experiment.goals[0], &experiment, true).into_string().replace('\u{a0}', " ");
        // 7254.00 / 83 against 6963.40 / 74.
        assert!(page.contains(">−7.1 %</td>"), "{page}");
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
