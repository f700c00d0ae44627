//! A site at a glance: key figures, experiments, and what happened to events on their way.

use maud::{Markup, html};
use tributary_core::config::Status;
use tributary_core::report::{
    CommunicationReport, ExperimentReport, GoalFigures, Holdout, HoldoutGroup, Report, Totals,
};
use tributary_core::wire::Reason;

use super::experiment::{exposures, running_for, shows_results};
use super::result::badge;
use super::table::{Column, Row, one, table};
use super::{Tag, diagnostics, layout, money, number, snippet};

/// The site's page.
pub fn overview(report: &Report, tag: &Tag) -> Markup {
    let nothing_yet = report.totals.sessions == 0 && report.totals.page_views == 0;
    let main = html! {
        @if nothing_yet { (snippet::nothing_arrived(&report.site, tag)) }
        section aria-label={ (report.from) " to " (report.to) } { (key_figures(&report.totals)) }
        section.card aria-labelledby="experiments" {
            header { h2 #experiments { "Experiments" } }
            @if report.experiments.is_empty() {
                (snippet::no_experiment(&report.site, &tag.origin))
            } @else {
                (experiments(report))
            }
        }
        @if !report.communications.is_empty() { (credit(report)) }
        @if report.holdout.held_out.sessions > 0 { (holdout(&report.holdout)) }
        @if !report.diagnostics.is_empty() { (diagnostics(report)) }
    };
    layout::site_page(
        report,
        "",
        true,
        "Experiments over their whole run. Amounts are gross unless they say net.",
        &main,
    )
}

/// Orders add up over currencies; amounts never do.
fn key_figures(totals: &Totals) -> Markup {
    let orders: i128 = totals.revenue.iter().map(|revenue| revenue.orders).sum();
    html! {
        dl.card.figures {
            (layout::fact("New visitors", &number::count(totals.new_visitors)))
            (layout::fact("Sessions", &number::count(totals.sessions)))
            (layout::fact("Page views", &number::count(totals.page_views)))
            (layout::fact("Orders", &number::count(orders)))
            div { dt { "Revenue" } @for amount in money::gross(&totals.revenue) { dd { (amount) } } }
            div {
                dt { abbr title="Average order value: gross revenue divided by orders" { "AOV" } }
                @for amount in money::aov(&totals.revenue) { dd { (amount) } }
            }
        }
    }
}

const CREDIT: [Column; 4] = [Column("Earned by", ""), Column("Orders", ""), Column("Revenue", ""), Column("Net", "")];

/// Which communications earned most; the rest is on their page.
fn credit(report: &Report) -> Markup {
    let orders = |one: &CommunicationReport| one.figures.revenue.iter().map(|revenue| revenue.orders).sum::<i128>();
    let mut rest: Vec<_> = report.communications.iter().filter(|one| orders(one) > 0).collect();
    // Three looks for the greatest: code for sorting is several kilobytes.
    let mut best = Vec::new();
    while let Some(place) = (0..rest.len()).rev().max_by_key(|place| orders(rest[*place])).filter(|_| best.len() < 3) {
        best.push(rest.remove(place));
    }
    let row = |head, revenue| Row { head, cells: money::sales(revenue).into() };
    let rows: Vec<Row> = best.iter().map(|one| row(html! { (one.name) }, &one.figures.revenue)).collect();
    let closing = [
        row(html! { "Unattributed" }, &report.totals.unattributed),
        row(html! { "All orders" }, &report.totals.revenue),
    ];
    html! {
        section.card {
            header {
                h2 { "What caused the orders" }
                a.soft href={ "/sites/" (report.site) "/communications" } {
                    @if !rest.is_empty() { "These earned most. " }
                    "All communications"
                }
            }
            (table("What caused the orders", &CREDIT, &rows, &closing))
        }
    }
}

const HOLDOUT: [Column; 6] = [
    Column("Visitors", ""),
    Column("Sessions", ""),
    Column("Orders", ""),
    Column("Orders / sessions", ""),
    Column("Revenue", ""),
    Column("AOV", ""),
];

fn holdout(holdout: &Holdout) -> Markup {
    let row = |name: &str, group: &HoldoutGroup| Row {
        head: html! { (name) },
        cells: vec![
            one(number::count(group.sessions)),
            one(number::count(group.orders)),
            one(number::percent(group.orders, group.sessions)),
            money::gross(&group.revenue),
            money::aov(&group.revenue),
        ],
    };
    html! {
        section.card {
            header { h2 { "Holdout" } span.soft { "Visitors who get no variant, journey or triggered experience, against all others" } }
            (table("Holdout", &HOLDOUT, &[row("Held out", &holdout.held_out), row("All others", &holdout.others)], &[]))
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
                        td.text data-label="Status" { span.states { (layout::status(experiment.status)) (badge(experiment)) } }
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
                small { (experiment.summary.headline) }
                small { (known.collect::<Vec<_>>().join(", ")) @if per_visitor { " a visitor" } }
            } @else if experiment.status == Status::Running {
                small { "results from 24 hours on" }
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

fn diagnostics(report: &Report) -> Markup {
    let count = |reason| number::count(report.diagnostics.get(&reason).copied().unwrap_or(0));
    let [refused, remarked] = diagnostics::summary(report);
    html! {
        section.card aria-labelledby="diagnostics" {
            header {
                h2 #diagnostics { "Diagnostics" }
                a.soft href={ "/sites/" (report.site) "/diagnostics" } { "Reasons and what to do" }
            }
            dl.facts {
                (layout::fact("Accepted", &count(Reason::Accepted)))
                (layout::fact("Duplicates", &count(Reason::Duplicate)))
                (layout::fact("Refused", &number::count(refused)))
                (layout::fact("With a remark", &number::count(remarked)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::fixture::{experiment, report, tag};

    #[test]
    fn a_name_that_looks_like_markup_stays_text() {
        let page = overview(&Report { name: "<script>".into(), ..report() }, &tag()).into_string();
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "{page}");
    }

    #[test]
    fn a_settled_report_says_so_and_another_says_what_is_on_the_way() {
        let settled = overview(&report(), &tag()).into_string();
        assert!(settled.contains("Everything counted as of 14:03:22"), "{settled}");
        let pending = overview(&Report { pending: 3, ..report() }, &tag()).into_string();
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
        let page = overview(&report(), &tag()).into_string();
        assert!(page.contains(r#"<a href="?days=30" aria-current="page">"#), "{page}");
    }

    #[test]
    fn a_site_without_visits_shows_its_own_tag_to_copy() {
        let empty = Report { totals: Totals::default(), experiments: vec![], ..report() };
        let page = overview(&empty, &tag()).into_string();
        assert!(page.contains("https://t.example/t.js?site=08c0ffee"), "{page}");
        assert!(page.contains("&lt;script data-global=&quot;ttoolab&quot;&gt;the(stub)&lt;/script&gt;"), "{page}");
    }

    #[test]
    fn an_experiment_of_less_than_a_day_shows_no_figure_that_could_decide() {
        let young = experiment(2 * tributary_core::time::HOUR);
        let page = overview(&Report { experiments: vec![young], ..report() }, &tag()).into_string();
        assert!(page.contains("results from 24 hours on") && !page.contains("a visitor"), "{page}");
    }
}
