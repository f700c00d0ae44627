//! A site at a glance: key figures, experiments, and what happened to events on their way.

use std::collections::BTreeMap;

use maud::{Markup, html};
use tributary_core::config::Status;
use tributary_core::report::{ExperimentReport, GoalFigures, Report, Revenue, Totals};
use tributary_core::time::Day;
use tributary_core::wire::Reason;

use super::experiment::{exposures, running_for, shows_results};
use super::{layout, number, snippet};

/// The site's page. `origin` is the collector's own (`https://collector.example`), for what a developer copies.
pub fn overview(report: &Report, origin: &str) -> Markup {
    let nothing_yet = report.totals.sessions == 0 && report.totals.page_views == 0;
    let main = html! {
        div.title {
            div { h1 { (report.name) } (layout::as_of(report)) }
            (layout::ranges(days(report)))
        }
        @if nothing_yet { (snippet::nothing_arrived(&report.site, origin)) }
        section aria-label={ (report.from) " to " (report.to) } { (key_figures(&report.totals)) }
        section.card aria-labelledby="experiments" {
            header { h2 #experiments { "Experiments" } }
            @if report.experiments.is_empty() {
                (snippet::no_experiment(&report.site, origin))
            } @else {
                (experiments(report))
            }
        }
        @if !report.diagnostics.is_empty() { (diagnostics(&report.diagnostics)) }
    };
    let foot = format!(
        "Figures of {} to {}, calendar days in {}; experiments over their whole run. Amounts are gross.",
        report.from, report.to, report.time_zone
    );
    layout::document(&report.name, true, &foot, &main)
}

fn days(report: &Report) -> i32 {
    match (Day::parse(&report.from), Day::parse(&report.to)) {
        (Some(from), Some(to)) => to.0 - from.0 + 1,
        _ => 0,
    }
}

/// Orders add up over currencies; amounts never do.
fn key_figures(totals: &Totals) -> Markup {
    let orders: i128 = totals.revenue.iter().map(|revenue| revenue.orders).sum();
    let amounts = |of: fn(&Revenue) -> Option<&String>| -> Vec<String> {
        let known = totals.revenue.iter().filter_map(|revenue| Some(number::amount(of(revenue)?, revenue.currency)));
        Some(known.collect::<Vec<_>>()).filter(|known| !known.is_empty()).unwrap_or(vec![number::NONE.into()])
    };
    html! {
        dl.card.figures {
            (layout::fact("Sessions", &number::count(totals.sessions)))
            (layout::fact("Page views", &number::count(totals.page_views)))
            (layout::fact("Orders", &number::count(orders)))
            div { dt { "Revenue" } @for amount in amounts(|revenue| Some(&revenue.gross)) { dd { (amount) } } }
            div {
                dt { abbr title="Average order value: gross revenue divided by orders" { "AOV" } }
                @for amount in amounts(|revenue| revenue.aov.as_ref()) { dd { (amount) } }
            }
        }
    }
}

fn experiments(report: &Report) -> Markup {
    html! {
        table.cards {
            thead {
                tr {
                    th scope="col" { "Experiment" }
                    th.text scope="col" { "Status" }
                    th scope="col" { "Running for" }
                    th scope="col" { "Exposures" }
                    th scope="col" { "Primary goal" }
                }
            }
            tbody {
                @for experiment in &report.experiments {
                    tr {
                        th scope="row" {
                            a href={ "/sites/" (report.site) "/experiments/" (experiment.key) } { (experiment.name) }
                            @if experiment.name != experiment.key { small { (experiment.key) } }
                        }
                        td.text data-label="Status" { (layout::status(experiment.status)) }
                        (layout::cell("Running for", &running_for(experiment, report.as_of)))
                        (layout::cell("Exposures", &match experiment.status {
                            Status::Draft | Status::Scheduled => number::NONE.into(),
                            Status::Running | Status::Paused | Status::Completed => number::count(exposures(experiment)),
                        }))
                        td data-label="Primary goal" { (primary_goal(experiment, report)) }
                    }
                }
            }
        }
    }
}

/// The primary goal with the figure that decides it: revenue per visitor where there is one currency of it, else the rate.
fn primary_goal(experiment: &ExperimentReport, report: &Report) -> Markup {
    let Some(goal) = experiment.goals.iter().find(|goal| goal.primary) else { return html! { (number::NONE) } };
    let per_visitor = goal.variants.iter().all(|figures| figures.revenue.len() == 1);
    let known = goal.variants.iter().zip(&experiment.variants).filter_map(|(figures, variant)| {
        let figure = if per_visitor { revenue_per_visitor(figures)? } else { rate(figures)? };
        Some(format!("{} {figure}", variant.name))
    });
    html! {
        span {
            (goal.goal.name)
            @if shows_results(experiment, report.as_of) {
                small { (known.collect::<Vec<_>>().join(", ")) @if per_visitor { " a visitor" } }
            } @else if experiment.status == Status::Running {
                small { "counts only until 24 hours" }
            }
        }
    }
}

fn rate(figures: &GoalFigures) -> Option<String> {
    figures.conversion_rate.map(|_| number::percent(figures.conversions, figures.exposures))
}

fn revenue_per_visitor(figures: &GoalFigures) -> Option<String> {
    let revenue = figures.revenue.first()?;
    Some(number::amount(revenue.per_visitor.as_ref()?, revenue.currency))
}

fn diagnostics(counts: &BTreeMap<Reason, i128>) -> Markup {
    html! {
        section.card aria-labelledby="diagnostics" {
            header { h2 #diagnostics { "Diagnostics" } span.soft { "What happened to events on their way" } }
            dl.rows {
                @for (reason, number) in counts {
                    @let (name, meaning) = meaning(*reason);
                    div { dt { (name) small { (meaning) } } dd { (number::count(*number)) } }
                }
            }
        }
    }
}

/// A diagnostic's name and what it means for the merchant.
fn meaning(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::Accepted => ("Accepted", "events that count"),
        Reason::Duplicate => ("Duplicates", "sent again by a page that had no answer; counted once"),
        Reason::Malformed => ("Malformed", "refused: not of an event's shape"),
        Reason::BadField => ("Bad field", "refused: a field beyond its limit"),
        Reason::ReservedName => ("Reserved name", "refused: names that begin with $ are Tributary's own"),
        Reason::TooOld => ("Too old", "refused: older than can be counted"),
        Reason::InFuture => ("In the future", "refused: ahead of the collector's clock"),
        Reason::Bot => ("Bots", "refused: browsers driven by programs"),
        Reason::OverLimit => {
            ("Over the limit", "refused: more new visitors in a day, or more of one visitor, than is kept")
        }
        Reason::BadAssignment => {
            ("Bad assignment", "exposures to a variant that the visitor was not assigned; not counted as such")
        }
        Reason::NotRunning => ("Not running", "exposures before the start or after the end; not counted as such"),
        Reason::BadRevenue => ("Bad revenue", "events whose revenue is no amount; counted without it"),
        Reason::Unknown => {
            ("Unknown", "events about something that is not configured; they only belong to their session")
        }
        Reason::ProfileConflict => ("Profile conflicts", "visitors identified as a second person; the first stands"),
        Reason::LateCredit => ("Too late for credit", "history that joined a person after its credit was settled"),
        Reason::NoConsent => ("No consent", "refused: the browser signals refusal, and its visitor has not agreed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::fixture::{experiment, report};

    #[test]
    fn a_name_that_looks_like_markup_stays_text() {
        let page = overview(&Report { name: "<script>".into(), ..report() }, "https://t.example").into_string();
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "{page}");
    }

    #[test]
    fn a_settled_report_says_so_and_another_says_what_is_on_the_way() {
        let settled = overview(&report(), "").into_string();
        assert!(settled.contains("Everything counted as of 14:03:22"), "{settled}");
        let pending = overview(&Report { pending: 3, ..report() }, "").into_string();
        assert!(pending.replace('\u{a0}', " ").contains("3 deliveries on the way"), "{pending}");
    }

    #[test]
    fn without_orders_there_is_no_average() {
        let totals = Totals { revenue: vec![], ..report().totals };
        let shown = key_figures(&totals).into_string();
        assert_eq!(shown.matches("<dd>–</dd>").count(), 2, "{shown}");
    }

    #[test]
    fn the_range_in_force_is_marked() {
        let page = overview(&report(), "").into_string();
        assert!(page.contains(r#"<a href="?days=30" aria-current="page">"#), "{page}");
    }

    #[test]
    fn a_site_without_visits_shows_its_own_tag_to_copy() {
        let empty = Report { totals: Totals::default(), experiments: vec![], ..report() };
        let page = overview(&empty, "https://t.example").into_string();
        assert!(page.contains("https://t.example/t.js?site=08c0ffee"), "{page}");
    }

    #[test]
    fn an_experiment_of_less_than_a_day_shows_no_figure_that_could_decide() {
        let young = experiment(2 * tributary_core::time::HOUR);
        let page = overview(&Report { experiments: vec![young], ..report() }, "").into_string();
        assert!(page.contains("counts only") && !page.contains("a visitor"), "{page}");
    }
}
