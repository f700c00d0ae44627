//! What happened to events on their way: each reason, what it means, and what to do about it.

use maud::{Markup, html};
use tributary_core::report::Report;
use tributary_core::wire::Reason;

use super::{layout, number};

/// Groups in the order in which they matter.
const GROUPS: [(&str, &str, &[Reason]); 3] = [
    ("Counted", "Events that are in the figures, or were already", &[Reason::Accepted, Reason::Duplicate]),
    (
        "Refused",
        "Events that are in no figure",
        &[
            Reason::Malformed,
            Reason::BadField,
            Reason::ReservedName,
            Reason::TooOld,
            Reason::InFuture,
            Reason::Bot,
            Reason::NoConsent,
            Reason::OverLimit,
        ],
    ),
    (
        "Accepted with a remark",
        "Events that count, but not for all that they say",
        &[
            Reason::BadAssignment,
            Reason::NotRunning,
            Reason::BadRevenue,
            Reason::Unknown,
            Reason::ProfileConflict,
            Reason::LateCredit,
            Reason::Crossover,
            Reason::HtmlForbidden,
            Reason::ChangeFailed,
            Reason::RedirectLoop,
        ],
    ),
];

/// The page.
pub fn diagnostics(report: &Report) -> Markup {
    let count = |reason| report.diagnostics.get(&reason).copied().unwrap_or(0);
    let main = html! {
        @for (name, about, reasons) in GROUPS {
            section.card {
                header { h2 { (name) } span.soft { (about) } }
                dl.rows {
                    @for reason in reasons {
                        @let (name, meaning, remedy) = told(*reason);
                        div.quiet[count(*reason) == 0] {
                            dt { (name) small { (meaning) " " (remedy) } }
                            dd { (number::count(count(*reason))) }
                        }
                    }
                }
            }
        }
    };
    layout::site_page(
        report,
        "diagnostics",
        true,
        "Counts of what happened on the way, on the days when it happened.",
        &main,
    )
}

/// How many events were refused, and how many were accepted with a remark.
pub fn summary(report: &Report) -> [i128; 2] {
    let sum = |group: usize| {
        let reasons = GROUPS.get(group).map_or(&[][..], |(_, _, reasons)| *reasons);
        reasons.iter().filter_map(|reason| report.diagnostics.get(reason)).sum()
    };
    [sum(1), sum(2)]
}

/// A reason's name, what it means, and what to do.
fn told(reason: Reason) -> (&'static str, &'static str, &'static str) {
    match reason {
        Reason::Accepted => ("Accepted", "Events that count.", ""),
        Reason::Duplicate => (
            "Duplicates",
            "Events sent again by a page or server that had no answer; each is counted once.",
            "Nothing to do.",
        ),
        Reason::Malformed => (
            "Malformed",
            "Not of an event's shape.",
            "Look at what your server sends: the answer names the line and the shape.",
        ),
        Reason::BadField => (
            "Bad field",
            "A field beyond its limit, such as a name of more than 128 characters.",
            "The answer names the field and its limit: shorten what is sent.",
        ),
        Reason::ReservedName => (
            "Reserved name",
            "Names that begin with $, and those of derived events, are Tributary's own.",
            "Give the event another name.",
        ),
        Reason::TooOld => (
            "Too old",
            "More than 7 days old from a page or 400 from a server, or from before what of a person has been summed up for good.",
            "Import history oldest first; phones that were offline for a week lose what they kept.",
        ),
        Reason::InFuture => (
            "In the future",
            "More than 60 seconds ahead of the collector's clock.",
            "Set your server's clock, and send its times in milliseconds UTC.",
        ),
        Reason::Bot => (
            "Bots",
            "Browsers driven by programs, and programs that say what they are.",
            "Nothing to do; for tests of your own the site can allow them (allow_automation).",
        ),
        Reason::NoConsent => (
            "No consent",
            "The browser signals refusal (Global Privacy Control or Do Not Track), and its visitor has not agreed.",
            "Nothing to do: ask for consent where you need it.",
        ),
        Reason::OverLimit => (
            "Over the limit",
            "More new visitors in a day, or more of one visitor, than is kept.",
            "Look for a loop in the page, an id that many visitors share, or a flood; the site can allow more new visitors a day.",
        ),
        Reason::BadAssignment => (
            "Bad assignment",
            "Exposures to a variant that the visitor was not assigned, or of somebody held out; they are no exposures.",
            "Report the variant that getVariant gave, under the same visitor id.",
        ),
        Reason::NotRunning => (
            "Not running",
            "Exposures before the start, in a pause or after the end; they are no exposures.",
            "A few after a change are pages that were open; more are a page that shows an ended experiment.",
        ),
        Reason::BadRevenue => (
            "Bad revenue",
            "Revenue or a refund that is no amount, or of an unknown or another currency; it counts without its value.",
            "Send a number (99.90, not \"99,90\") and a code of ISO 4217.",
        ),
        Reason::Unknown => (
            "Unknown",
            "About an experiment, variant or communication that is not configured; it only belongs to its session.",
            "Make it before it is used, and compare the keys.",
        ),
        Reason::ProfileConflict => (
            "Profile conflicts",
            "Visitors identified as a second person; the first stands.",
            "Call clear() when somebody signs out of a shared computer.",
        ),
        Reason::Crossover => (
            "Crossovers",
            "Exposed to a second variant of an experiment, and left out of its results from then on.",
            "A few come with a changed start or a shared profile; many mean that a page assigns by itself.",
        ),
        Reason::HtmlForbidden => (
            "HTML forbidden",
            "Pages that enforce Trusted Types and do not allow the policy tributary: all see control, and nobody is exposed.",
            "Add trusted-types tributary to the page's policy, or write the change as text; the inspector names the experiment.",
        ),
        Reason::ChangeFailed => (
            "Changes that failed",
            "A variant with a change that the page does not take; all of it was taken back, or that change was left out where it came later.",
            "Open the page with the inspector, which names the experiment, and mend or remove the change.",
        ),
        Reason::RedirectLoop => (
            "Redirects that came back",
            "The target of a redirect sent the visitor back at once; the visitor stays, and is not exposed there.",
            "Let the target show itself to whoever is sent there, or aim the redirect at another page.",
        ),
        Reason::LateCredit => (
            "Too late for credit",
            "History that joined a person after its credit was settled; it changes no credit already given.",
            "Import history before people are identified, oldest first.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::fixture::report;

    #[test]
    fn every_reason_is_told_once_with_its_count_or_zero() {
        let all: Vec<Reason> = GROUPS.iter().flat_map(|(_, _, reasons)| reasons.iter().copied()).collect();
        let page = diagnostics(&report()).into_string();
        for reason in &all {
            let (name, ..) = told(*reason);
            assert_eq!(page.matches(&format!("<dt>{name}<small>")).count(), 1, "{name}");
        }
        assert!(page.contains("<dd>128,220</dd>") && page.matches("<dd>0</dd>").count() == all.len() - 2, "{page}");
    }
}
