//! Triggered experiences: what each variant earned within each window after its executions.

use maud::{Markup, html};
use tributary_core::report::{ExperienceReport, ExperienceVariant, Report, WindowReport};

use super::table::{Column, Row, meanings, one, table};
use super::{Tag, layout, money, number, snippet};

const COLUMNS: [Column; 8] = [
    Column(
        "Within",
        "How long after the person's latest execution. Windows nest: the longer one holds the shorter one's orders.",
    ),
    Column("Conversions", "Sessions with an order."),
    Column("Converted people", "People with an order."),
    Column("Conversion rate", "Converted people / people reached."),
    Column(
        "Orders",
        "Orders that the window holds, by the day of the execution. Experiences do not share: each may count the same order.",
    ),
    Column("Revenue", "What those orders were worth."),
    Column("Net", "The same less refunds."),
    Column("AOV", "Average order value: revenue / orders."),
];

/// The page.
pub fn experiences(report: &Report, tag: &Tag) -> Markup {
    let main = html! {
        @if report.experiences.is_empty() {
            section.card {
                (snippet::make(
                    "No triggered experience yet. Make one, and have your server tell each time it ran for somebody (`$execution` in an import):",
                    &report.site, &tag.origin, "experiences",
                    r#"{"key": "cart-mail", "name": "Cart reminder", "variants": [{"key": "a"}, {"key": "b"}]}"#,
                ))
            }
        }
        @for one in &report.experiences { (experience(one)) }
    };
    let foot = "Each experience over its whole run.";
    layout::site_page(report, "experiences", false, foot, &main)
}

fn experience(one: &ExperienceReport) -> Markup {
    html! {
        section.card {
            header { h2 { (one.name) } span.soft { (one.key) } }
            @for (place, variant) in one.variants.iter().enumerate() {
                div.part {
                    h3 { (layout::variant(place, &variant.name, "")) span.soft { "people reached: " (number::count(variant.figures.reached)) } }
                    (windows(variant))
                }
            }
            (meanings(&COLUMNS))
        }
    }
}

fn windows(variant: &ExperienceVariant) -> Markup {
    let row = |window: &WindowReport| Row {
        head: html! { (number::duration(window.window_ms)) },
        cells: [
            one(number::count(window.conversions)),
            one(number::count(window.converted_people)),
            one(number::percent(window.converted_people, variant.figures.reached)),
        ]
        .into_iter()
        .chain(money::sales(&window.revenue))
        .chain([money::aov(&window.revenue)])
        .collect(),
    };
    table(&variant.name, &COLUMNS, &variant.figures.windows.iter().map(row).collect::<Vec<_>>(), &[])
}
