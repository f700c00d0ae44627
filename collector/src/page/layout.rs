//! What all of the merchant's pages share: the frame, and small parts that mean the same wherever they stand.

use maud::{DOCTYPE, Markup, html};
use tributary_core::config::Status;
use tributary_core::report::Report;

use super::number;

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

/// The ranges a merchant can choose, with the present one marked; `days` that is none of them marks none.
pub fn ranges(days: i32) -> Markup {
    html! {
        nav.days aria-label="Range" {
            @for choice in [7, 30, 90] {
                a href={ "?days=" (choice) } aria-current=[(choice == days).then_some("page")] { (choice) " days" }
            }
        }
    }
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
