//! Goals of the site: what journeys and their treatments earned, and what treating people changed.

use maud::{Markup, html};
use tributary_core::config::GoalMeasure;
use tributary_core::report::{Report, SiteGoalReport, TreatmentReport, Uplift, UpliftCounts, Worth};

use super::campaigns::people;
use super::table::{Column, Row, explained, one};
use super::{Tag, layout, number, snippet};

const COLUMNS: [Column; 7] = [
    Column(
        "Credited to",
        "A value event belongs to the person's latest treatment among the goal's journeys, within the goal's window.",
    ),
    Column("Value events", "In the days chosen above, on their own days."),
    Column(
        "People today",
        "Distinct people by their latest credited event. These five ranges end today, whatever days are chosen. Somebody \
            credited to two treatments is one person of their journey.",
    ),
    Column("7 days", ""),
    Column("30 days", ""),
    Column("90 days", ""),
    Column("Ever", ""),
];
const REVENUE: [Column; 2] =
    [Column("Revenue", "What the events were worth."), Column("Net", "The same less refunds.")];
const SUM: [Column; 1] = [Column("Sum", "The property added up; what is no number adds nothing.")];

/// The page.
pub fn goals(report: &Report, tag: &Tag) -> Markup {
    let main = html! {
        @if report.goals.is_empty() {
            section.card {
                (snippet::make(
                    "No goal yet. A goal says what the whole site is for; journeys work towards it with treatments: variants, communications, triggered experiences.",
                    &report.site, &tag.origin, "goals",
                    r#"{"key": "revenue", "name": "Revenue", "event": "purchase", "measure": "value", "property": "revenue"}"#,
                ))
            }
        }
        @for goal in &report.goals {
            section.card {
                header { h2 { (goal.goal.name) } span.soft { (measured(goal)) } }
                (credit(goal, report))
                @if goal.journeys.is_empty() { p.soft.after { "No journey works towards it yet, so nothing can be credited." } }
                (uplift(&goal.uplift))
            }
        }
    };
    layout::site_page(report, "goals", true, "Uplift since the goal was made.", &main)
}

fn measured(goal: &SiteGoalReport) -> Markup {
    html! {
        @match &goal.goal.measure {
            GoalMeasure::Events => { "Number of " code { (goal.goal.event) } },
            GoalMeasure::Unique => { "People with " code { (goal.goal.event) } },
            GoalMeasure::Value { property } => { "Sum of " code { (property) } " of " code { (goal.goal.event) } },
        }
        " · treatments earn credit for " (number::duration(goal.goal.window))
    }
}

fn credit(goal: &SiteGoalReport, report: &Report) -> Markup {
    let has_sum = goal.credited.figures.value.is_some();
    let has_money = matches!(&goal.goal.measure, GoalMeasure::Value { .. }) && !has_sum;
    let columns: Vec<Column> = COLUMNS
        .into_iter()
        .chain(REVENUE.into_iter().filter(|_| has_money))
        .chain(SUM.into_iter().filter(|_| has_sum))
        .collect();
    let row = |head: Markup, worth: &Worth| {
        let mut cells = vec![one(number::count(worth.figures.events))];
        cells.extend(people(&worth.people));
        if has_money {
            cells.extend(amounts(worth));
        }
        cells.extend(worth.figures.value.clone().map(one));
        Row { head, cells }
    };
    let mut rows = Vec::new();
    for journey in &goal.journeys {
        rows.push(row(html! { b { (journey.name) } small { "Journey" } }, &journey.credited));
        rows.extend(journey.treatments.iter().map(|treatment| row(treated(treatment, report), &treatment.credited)));
    }
    let closing = [row(html! { "All journeys" }, &goal.credited), row(html! { "Uncredited" }, &goal.uncredited)];
    explained(&goal.goal.name, &columns, &rows, &closing)
}

/// A treatment by the names that people gave it.
fn treated(treatment: &TreatmentReport, report: &Report) -> Markup {
    let TreatmentReport { kind, key, variant, .. } = treatment;
    let (mut name, mut of_variant) = (key.as_str(), variant.as_deref());
    let is_it = |known: &String| Some(known) == variant.as_ref();
    match *kind {
        "communication" => {
            if let Some(one) = report.communications.iter().find(|one| one.key == *key) {
                name = &one.name;
            }
        }
        "experience" => {
            if let Some(one) = report.experiences.iter().find(|one| one.key == *key) {
                name = &one.name;
                let named = one.variants.iter().find(|one| is_it(&one.key));
                of_variant = named.map(|one| one.name.as_str()).or(of_variant);
            }
        }
        _ => {
            if let Some(one) = report.experiments.iter().find(|one| one.key == *key) {
                name = &one.name;
                let named = one.variants.iter().find(|one| is_it(&one.key));
                of_variant = named.map(|one| one.name.as_str()).or(of_variant);
            }
        }
    }
    html! {
        span.of-journey {
            (name) @if let Some(variant) = of_variant { ": " (variant) }
            small { (kind) }
        }
    }
}

fn amounts(worth: &Worth) -> [Vec<String>; 2] {
    let of = |net: bool| -> Vec<String> {
        let amount = |one: &tributary_core::report::Amount| {
            number::amount(if net { &one.net } else { &one.gross }, one.currency)
        };
        let known: Vec<String> = worth.figures.revenue.iter().map(amount).collect();
        if known.is_empty() { one(number::NONE.into()) } else { known }
    };
    [of(false), of(true)]
}

/// People treated against people held out.
fn uplift(uplift: &Uplift) -> Markup {
    let UpliftCounts { treated, treated_converted, control, control_converted } = uplift.counts;
    html! {
        h3 { "Treated against held out" }
        @if control == 0 {
            p.soft {
                "Nobody is held out, so there is nothing to compare with. A share of visitors is held out with "
                code { "{\"holdout\": 0.05}" } " before anything has run."
            }
        } @else {
            dl.facts {
                (layout::fact("Treated people", &number::count(treated)))
                (layout::fact("of whom converted", &share(treated_converted, treated)))
                (layout::fact("Held out", &number::count(control)))
                (layout::fact("of whom converted", &share(control_converted, control)))
                (layout::fact("Uplift", &number::difference(treated_converted, treated, control_converted, control)))
                (layout::fact("Incremental conversions", &incremental(uplift)))
            }
            p.soft {
                @if let Some([from, to]) = uplift.interval {
                    "With 95 % confidence the uplift is between " (number::change(from)) " and " (number::change(to)) "."
                } @else { "Too little is known yet to say how sure that is." }
            }
        }
    }
}

fn share(part: i128, whole: i128) -> String {
    format!("{} ({})", number::count(part), number::percent(part, whole))
}

/// Conversions of the treated beyond what as many held-out people would have made.
fn incremental(uplift: &Uplift) -> String {
    let UpliftCounts { treated, treated_converted, control, control_converted } = uplift.counts;
    number::tenths(treated_converted * control - control_converted * treated, control)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: UpliftCounts = UpliftCounts { treated: 9, treated_converted: 1, control: 0, control_converted: 0 };

    fn of(counts: UpliftCounts, interval: Option<[f64; 2]>) -> Uplift {
        Uplift { counts, uplift: None, interval, incremental: None }
    }

    #[test]
    fn incremental_conversions_are_those_beyond_what_the_held_out_would_have_made() {
        let of = |treated, treated_converted, control, control_converted| {
            incremental(&of(UpliftCounts { treated, treated_converted, control, control_converted }, None))
        };
        assert_eq!(of(1_000, 60, 100, 5), "+10.0");
        assert_eq!(of(300, 10, 70, 3), "−2.9");
        assert_eq!(of(300, 10, 0, 0), number::NONE);
    }

    #[test]
    fn without_a_holdout_there_is_no_uplift_and_the_page_says_why() {
        let shown = uplift(&of(COUNTS, None)).into_string();
        assert!(shown.contains("Nobody is held out") && !shown.contains("<dl"), "{shown}");
    }

    #[test]
    fn how_sure_an_uplift_is_stands_beside_it() {
        let counts = UpliftCounts { control: 500, control_converted: 20, treated: 1_000, treated_converted: 60 };
        let shown = uplift(&of(counts, Some([-0.2418, 1.2418]))).into_string();
        assert!(shown.contains("between −24.2\u{a0}% and +124.2\u{a0}%"), "{shown}");
        let shown = uplift(&of(counts, None)).into_string();
        assert!(shown.contains("Too little is known yet"), "{shown}");
    }
}
