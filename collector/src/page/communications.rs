//! Pop-ups, notifications, website blocks and messages: what became of each, and the orders it earned.

use maud::{Markup, html};
use tributary_core::config::CommunicationKind;
use tributary_core::report::{CommunicationReport, Report};

use super::table::{Column, Row, explained, one};
use super::{Tag, layout, money, number, snippet};

const COLUMNS: [Column; 10] = [
    Column("Communication", ""),
    Column("Instances", "Times it appeared."),
    Column("Sessions shown", "Sessions in which it appeared, on the day of the first time."),
    Column("Clicks", "Sessions in which it was clicked."),
    Column("Raw clicks", "All clicks. One that dismisses is no click."),
    Column("Hovered", "Sessions in which a mouse or a pen hovered over it."),
    Column("Dismissals", "Times it was dismissed."),
    Column(
        "Orders",
        "Orders it earned: each order belongs to the one communication with the person's latest click (of a notification \
         also a hover) at most a day before, unless the site has another lookback.",
    ),
    Column("Revenue", "What those orders were worth."),
    Column("Net", "The same less refunds."),
];

/// The page.
pub fn communications(report: &Report, tag: &Tag) -> Markup {
    let rows: Vec<Row> = report.communications.iter().map(row).collect();
    let closing = |name: &str, revenue| Row {
        head: html! { (name) },
        cells: std::iter::repeat_n(one(String::new()), 6).chain(money::sales(revenue)).collect(),
    };
    let closing = [closing("Unattributed", &report.totals.unattributed), closing("All orders", &report.totals.revenue)];
    let main = html! {
        section.card {
            @if rows.is_empty() {
                (snippet::make(
                    "No communication yet. Make one for each pop-up, notification, website block or message whose clicks may earn orders. \
                     Its type decides what earns: a click, and of a notification a hover too.",
                    &report.site, &tag.origin, "communications", r#"{"key": "spring", "name": "Spring sale", "type": "popup"}"#,
                ))
            } @else {
                (explained("Communications", &COLUMNS, &rows, &closing))
            }
        }
    };
    layout::site_page(report, "communications", true, "Amounts of several currencies are never added up.", &main)
}

fn row(one_of: &CommunicationReport) -> Row {
    let of = &one_of.figures;
    let counts = [of.instances, of.sessions_shown, of.clicks, of.raw_clicks, of.hovered, of.dismissals];
    Row {
        head: layout::named(&one_of.name, kind(one_of.kind)),
        cells: counts.map(|count| one(number::count(count))).into_iter().chain(money::sales(&of.revenue)).collect(),
    }
}

fn kind(kind: CommunicationKind) -> &'static str {
    match kind {
        CommunicationKind::Popup => "Pop-up",
        CommunicationKind::Notification => "Notification",
        CommunicationKind::Block => "Website block",
        CommunicationKind::Message => "Message",
    }
}
