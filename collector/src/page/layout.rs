//! What all of the merchant's pages share: the frame, and small parts that mean the same wherever they stand.

use maud::{DOCTYPE, Markup, html};
use tributary_core::config::Status;
use tributary_core::report::Report;
use tributary_core::time::Day;

use super::{chart, number};

/// The pages about a site: the last part of the address, and the name.
const SECTIONS: [(&str, &str); 7] = [
    ("", "Overview"),
    ("communications", "Communications"),
    ("campaigns", "Campaigns"),
    ("experiences", "Experiences"),
    ("goals", "Goals"),
    ("webhooks", "Webhooks"),
    ("diagnostics", "Diagnostics"),
];
/// What a range says, by its days; another length is none of them.
const RANGES: [(i32, &str); 4] = [(1, "Today"), (7, "7 days"), (30, "30 days"), (90, "90 days")];
/// The range of an address that names none.
const DEFAULT_RANGE: i32 = 30;

/// A whole document. `foot` says what holds for every figure on the page; `signed_in` offers to sign out.
pub fn document(title: &str, signed_in: bool, foot: &str, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Tributary" }
                link rel="stylesheet" href="/styles/merchant.css";
                link rel="icon" href="/styles/mark.svg";
            }
            body {
                header.top {
                    div {
                        a.brand href="/" { (logo()) "Tributary" }
                        @if signed_in {
                            form method="post" action="/sign-out" { button.plain { "Sign out" } }
                        }
                    }
                }
                main { (main) }
                footer.bottom { (foot) }
            }
        }
    }
}

/// Streams that join.
fn logo() -> Markup {
    html! {
        svg viewBox="0 0 24 24" aria-hidden="true" { path d="M4 3c0 6 8 5 8 11v7M20 3c0 6-8 5-8 11M12 3v5" {} }
    }
}

/// A page about a site: its title, the way to the others, and a foot that says what holds for every figure. `follows_range`
/// where the figures are those of the days that can be chosen.
pub fn site_page(report: &Report, section: &str, follows_range: bool, note: &str, body: &Markup) -> Markup {
    let name = SECTIONS.iter().find(|(path, _)| *path == section).map_or("", |(_, name)| *name);
    let is_overview = section.is_empty();
    let main = html! {
        div.title {
            div {
                @if !is_overview { a.crumb href={ "/sites/" (report.site) (query(report)) } { (report.name) } }
                h1 { @if is_overview { (report.name) } @else { (name) } }
                (as_of(report))
            }
            @if follows_range { (ranges(days(report))) }
        }
        (sections(report, Some(section)))
        (body)
    };
    let title = if is_overview { report.name.clone() } else { format!("{name} · {}", report.name) };
    let range = match (follows_range, report.from == report.to) {
        (false, _) => String::new(),
        (true, true) => format!("Figures of {}, a calendar day in {}. ", report.from, report.time_zone),
        (true, false) => {
            format!("Figures of {} to {}, calendar days in {}. ", report.from, report.to, report.time_zone)
        }
    };
    document(&title, true, &format!("{range}{note}"), &main)
}

/// The way to a site's pages; `current` is the one that is shown, if it is one of them.
pub fn sections(report: &Report, current: Option<&str>) -> Markup {
    html! {
        nav.sections aria-label="Pages of the site" {
            @for (path, name) in SECTIONS {
                a href={ "/sites/" (report.site) @if !path.is_empty() { "/" (path) } (query(report)) }
                    aria-current=[(current == Some(path)).then_some("page")] { (name) }
            }
        }
    }
}

/// Days that the report is of.
fn days(report: &Report) -> i32 {
    match (Day::parse(&report.from), Day::parse(&report.to)) {
        (Some(from), Some(to)) => to.0 - from.0 + 1,
        _ => 0,
    }
}

/// What keeps the chosen range on the way to another page.
fn query(report: &Report) -> String {
    let days = days(report);
    let is_chosen = days != DEFAULT_RANGE && RANGES.iter().any(|(choice, _)| *choice == days);
    if is_chosen { format!("?days={days}") } else { String::new() }
}

/// The ranges a merchant can choose, with the present one marked; `days` that is none of them marks none.
fn ranges(days: i32) -> Markup {
    html! {
        nav.days aria-label="Range" {
            @for (choice, name) in RANGES {
                a href={ "?days=" (choice) } aria-current=[(choice == days).then_some("page")] { (name) }
            }
        }
    }
}

/// What stands where an address leads nowhere.
pub fn nowhere() -> Markup {
    let main = html! {
        section.card.empty.narrow {
            h1 { "Nothing is here" }
            p { "The address leads nowhere: it may be mistyped, or the site or experiment in it does not exist." }
            p { a href="/" { "To the start" } }
        }
    };
    document("Not found", false, "", &main)
}

/// A name in a row's head, with something small beside it where that says more.
pub fn named(name: &str, more: &str) -> Markup {
    html! { span { (name) @if more != name { small { (more) } } } }
}

/// A variant with its mark. `role` says what it is, where its name does not.
pub fn variant(place: usize, name: &str, role: &str) -> Markup {
    let says_more = !role.is_empty() && !name.eq_ignore_ascii_case(role);
    html! { span.variant { (chart::mark(place)) b { (name) } @if says_more { small { (role) } } } }
}

/// What the variant of this place is among the others.
pub fn role(place: usize) -> &'static str {
    if place == 0 { "control" } else { "" }
}

/// Label and figure, side by side with its neighbours.
pub fn fact(label: &str, figure: &str) -> Markup {
    html! { div { dt { (label) } dd { (figure) } } }
}

/// A cell of a table that becomes cards on a phone, where `label` stands in for the column's heading.
pub fn cell(label: &str, figure: &str) -> Markup {
    html! { td data-label=(label) { (figure) } }
}

/// Whether every acknowledged event is in the figures, and when they were read.
pub fn as_of(report: &Report) -> Markup {
    let time = report.as_of_local.get(11..).unwrap_or(&report.as_of_local);
    html! {
        @match report.pending {
            0 => p.as-of { "Everything counted as of " (time) },
            1 => p.as-of.pending { "1 delivery on the way, as of " (time) },
            pending => p.as-of.pending { (number::count(pending)) " deliveries on the way, as of " (time) },
        }
    }
}

/// Where an experiment stands.
pub fn status(status: Status) -> Markup {
    html! {
        @match status {
            Status::Draft => span.status { "Draft" },
            Status::Scheduled => span.status { "Scheduled" },
            Status::Running => span.status.running { "Running" },
            Status::Paused => span.status { "Paused" },
            Status::Completed => span.status { "Completed" },
        }
    }
}
