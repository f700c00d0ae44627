//! Sequences and campaigns: how often they started, for how many people, and what their communications earned.

use maud::{Markup, html};
use tributary_core::report::{GroupReport, People, Report};

use super::table::{Column, Row, explained, one};
use super::{Tag, layout, money, number, snippet};

const COLUMNS: [Column; 10] = [
    Column("Name", ""),
    Column("Started", "Times it started, in the days chosen above."),
    Column(
        "People today",
        "Distinct people by their latest start. These five ranges end today, whatever days are chosen.",
    ),
    Column("7 days", ""),
    Column("30 days", ""),
    Column("90 days", ""),
    Column("Ever", ""),
    Column("Orders", "Orders that its communications earned, each communication once."),
    Column("Revenue", "What those orders were worth."),
    Column("Net", "The same less refunds."),
];

/// The page.
pub fn campaigns(report: &Report, tag: &Tag) -> Markup {
    let make = |text, kind, body| snippet::make(text, &report.site, &tag.origin, kind, body);
    let main = html! {
        (group("Campaigns", &report.campaigns, || make(
            "No campaign yet. A campaign is sequences that belong together:",
            "campaigns", r#"{"key": "spring-sale", "name": "Spring sale", "sequences": ["welcome"]}"#,
        )))
        (group("Sequences", &report.sequences, || make(
            "No sequence yet. A sequence is communications in their order:",
            "sequences", r#"{"key": "welcome", "name": "Welcome", "communications": ["spring"]}"#,
        )))
    };
    let foot = "A communication of two sequences counts in both, and once in a campaign of both.";
    layout::site_page(report, "campaigns", true, foot, &main)
}

fn group(name: &str, all: &[GroupReport], empty: impl Fn() -> Markup) -> Markup {
    let rows: Vec<Row> = all.iter().map(row).collect();
    html! {
        section.card {
            header { h2 { (name) } }
            @if rows.is_empty() { (empty()) } @else { (explained(name, &COLUMNS, &rows, &[])) }
        }
    }
}

fn row(group: &GroupReport) -> Row {
    let started = one(number::count(group.figures.started));
    Row {
        head: layout::named(&group.name, &group.key),
        cells: [started]
            .into_iter()
            .chain(people(&group.profiles))
            .chain(money::sales(&group.figures.revenue))
            .collect(),
    }
}

/// Today, 7, 30, 90 days, ever.
pub fn people(people: &People) -> [Vec<String>; 5] {
    let People { last_1_day, last_7_days, last_30_days, last_90_days, ever } = *people;
    [last_1_day, last_7_days, last_30_days, last_90_days, ever].map(|count| one(number::count(count)))
}
