//! Who is told what happens to experiments, and whether it arrived.

use maud::{Markup, html};
use tributary_core::report::Report;
use tributary_core::time::{Millis, Zone};
use tributary_core::webhook::{Attempt, Disabled, Notice, Problem, Reason, ShownWebhook, State};

use super::layout::{fact, named, site_page};
use super::table::{Column, Row, one, table};
use super::{Tag, number::NONE, snippet};

const COLUMNS: [Column; 5] =
    [Column("Event", ""), Column("When", ""), Column("State", ""), Column("Attempts", ""), Column("Last answer", "")];

/// The page. Times are told in the site's zone.
pub fn webhooks(report: &Report, zone: &Zone, webhooks: &[(ShownWebhook, Vec<Notice>)], tag: &Tag) -> Markup {
    let body = html! {
        @if webhooks.is_empty() { section.card { (none(report, tag)) } }
        @for (webhook, notices) in webhooks { (card(report, zone, webhook, notices, tag)) }
    };
    let note = "Times are of the site's time zone. All that was told, with every attempt, is in the log: GET …/webhooks/{id}/notices.";
    site_page(report, "webhooks", false, note, &body)
}

fn none(report: &Report, tag: &Tag) -> Markup {
    let text = "No webhook yet. A webhook is an address that is told when an experiment starts, ends or has a winner. Make one with the secret key; the answer has the secret that its receiver checks signatures with:";
    snippet::make(text, &report.site, &tag.origin, "webhooks", "{\"url\": \"https://hooks.shop.example/tributary\"}")
}

fn card(report: &Report, zone: &Zone, webhook: &ShownWebhook, notices: &[Notice], tag: &Tag) -> Markup {
    let name = if webhook.description.is_empty() { "Webhook" } else { &webhook.description };
    html! {
        section.card.webhook {
            header {
                h2.name { (name) @match webhook.disabled { None => span.status.running { "Enabled" }, Some(_) => span.status { "Disabled" } } }
                code.soft { (webhook.id) }
            }
            @if let Some(disabled) = &webhook.disabled { (notice_of(report, zone, webhook, disabled, tag)) }
            dl.facts {
                (fact("Address", &webhook.url))
                (fact("Told of", &told_of(webhook)))
                @if webhook.failed_in_a_row > 0 {
                    (fact("Failed in a row", &format!("{} of {}", webhook.failed_in_a_row, tributary_core::webhook::MAX_FAILED)))
                }
            }
            @if notices.is_empty() {
                p.soft { "Nothing has happened since it was made." }
            } @else {
                h3 { "Latest events" }
                (table(&format!("Latest events told to {}", webhook.url), &COLUMNS, &rows(zone, notices), &[]))
            }
        }
    }
}

/// That it is disabled, why, and what to do about it.
fn notice_of(report: &Report, zone: &Zone, webhook: &ShownWebhook, disabled: &Disabled, tag: &Tag) -> Markup {
    let (class, why) = match disabled.reason {
        Reason::Asked => ("note", "on request"),
        Reason::Failures => ("note error", "because ten events in a row did not arrive"),
        Reason::Gone => ("note error", "because its receiver answered 410: it wants no more"),
    };
    html! {
        p class=(class) role="status" {
            "Disabled since " (minute(zone, disabled.at)) ", " (why) ". What happens meanwhile waits, up to 1,000 events and 30 days."
        }
        details {
            summary { "How to enable it again" }
            pre {
                "curl -X PATCH " (tag.origin) "/v1/sites/" (report.site) "/webhooks/" (webhook.id) " \\\n"
                "  -H \"Authorization: Bearer sk_…\" \\\n"
                "  -d '{\"enabled\": true}'"
            }
        }
    }
}

fn told_of(webhook: &ShownWebhook) -> String {
    if webhook.events.is_empty() {
        return "Everything".to_owned();
    }
    webhook.events.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
}

fn rows(zone: &Zone, notices: &[Notice]) -> Vec<Row> {
    let row = |notice: &Notice| Row {
        head: named(notice.kind.name(), if notice.about.is_empty() { notice.kind.name() } else { &notice.about }),
        cells: vec![
            one(minute(zone, notice.at)),
            one(state(zone, notice)),
            one(notice.attempts.len().to_string()),
            one(notice.attempts.last().map_or_else(|| NONE.to_owned(), answer)),
        ],
    };
    notices.iter().map(row).collect()
}

fn state(zone: &Zone, notice: &Notice) -> String {
    match (notice.state, notice.next_at) {
        (State::Acknowledged, _) => "Arrived".to_owned(),
        (State::Failed, _) => "Failed".to_owned(),
        (State::Waiting, None) => "Waits".to_owned(),
        (State::Waiting, Some(_)) if notice.attempts.is_empty() => "On its way".to_owned(),
        (State::Waiting, Some(next)) => format!("Again at {}", clock(zone, next)),
    }
}

/// Nothing of the answer's body: what stands there is the receiver's.
fn answer(attempt: &Attempt) -> String {
    match (attempt.error, attempt.status) {
        (None | Some(Problem::Status), Some(status)) => format!("{status} in {} ms", attempt.duration_ms),
        (Some(Problem::Redirect), Some(status)) => format!("{status}, a redirect"),
        (Some(Problem::Timeout), _) => "None in time".to_owned(),
        (Some(Problem::Address), _) => "Address not allowed".to_owned(),
        _ => "None".to_owned(),
    }
}

/// `2026-07-01 11:14`.
fn minute(zone: &Zone, at: Millis) -> String {
    zone.local(at).chars().take(16).collect()
}

/// `11:14`.
fn clock(zone: &Zone, at: Millis) -> String {
    minute(zone, at).split_off(11)
}

#[cfg(test)]
mod tests {
    use tributary_core::time::MINUTE;
    use tributary_core::webhook::{Kind, Told};

    use super::super::fixture::{AS_OF, report, tag};
    use super::*;

    fn webhook(disabled: Option<Disabled>) -> ShownWebhook {
        ShownWebhook {
            id: "wh_0123456789abcdef".into(),
            url: "https://hooks.shop.example/<b>".into(),
            description: String::new(),
            events: vec![Kind::WinnerDetected, Kind::ExperimentStarted],
            created_at: AS_OF,
            disabled,
            failed_in_a_row: 3,
            previous_secret_until: None,
        }
    }

    fn notice(attempt: Option<Attempt>, state: State, next_at: Option<Millis>) -> Notice {
        let (kind, about) = (Kind::WinnerDetected, "<hero>".to_owned());
        let notice = Notice::new(Told { id: "msg_1".into(), kind, about, body: String::new() }, AS_OF, true);
        Notice { attempts: attempt.into_iter().collect(), state, next_at, ..notice }
    }

    fn shown(webhook: ShownWebhook, notices: Vec<Notice>) -> String {
        webhooks(&report(), &Zone::default(), &[(webhook, notices)], &tag()).into_string()
    }

    #[test]
    fn each_event_says_where_it_stands_and_what_was_answered_but_nothing_that_a_receiver_wrote() {
        let answered = |status| Attempt::answered(AS_OF, 40, status, None, b"<script>");
        let silent = Attempt::unanswered(AS_OF, 10_000, Problem::Timeout);
        let rows = [
            (notice(Some(answered(204)), State::Acknowledged, None), "Arrived", "204 in 40 ms"),
            (notice(Some(answered(500)), State::Failed, None), "Failed", "500 in 40 ms"),
            (notice(Some(answered(302)), State::Failed, None), "Failed", "302, a redirect"),
            (notice(Some(silent), State::Waiting, Some(AS_OF + 5 * MINUTE)), "Again at 14:08", "None in time"),
            (notice(None, State::Waiting, Some(AS_OF)), "On its way", NONE),
            (notice(None, State::Waiting, None), "Waits", NONE),
        ];
        for (notice, state, answer) in rows {
            let page = shown(webhook(None), vec![notice]);
            for expected in [format!("\"State\">{state}<"), format!("\"Last answer\">{answer}<")] {
                assert!(page.contains(&expected), "{expected} in {page}");
            }
            assert!(page.contains("experiment.winner_detected<small>&lt;hero&gt;</small>"), "{page}");
            assert!(!page.contains("script"), "{page}");
        }
    }

    #[test]
    fn a_disabled_webhook_says_why_and_how_to_enable_it() {
        let rows = [
            (Reason::Asked, "on request"),
            (Reason::Failures, "ten events in a row did not arrive"),
            (Reason::Gone, "answered 410"),
        ];
        for (reason, why) in rows {
            let page = shown(webhook(Some(Disabled { at: AS_OF, reason })), vec![]);
            for expected in ["Disabled since 2026-11-21 14:03", why, "enabled&quot;: true", ">Disabled<"] {
                assert!(page.contains(expected), "{expected} in {page}");
            }
        }
    }

    #[test]
    fn a_webhook_tells_its_address_as_text_and_what_it_is_told_of() {
        let page = shown(webhook(None), vec![]);
        for expected in [
            "https://hooks.shop.example/&lt;b&gt;",
            "experiment.winner_detected, experiment.started",
            "3 of 10",
            ">Enabled<",
        ] {
            assert!(page.contains(expected), "{expected} in {page}");
        }
    }

    #[test]
    fn a_site_without_webhooks_is_told_how_to_make_one() {
        let page = webhooks(&report(), &Zone::default(), &[], &tag()).into_string();
        assert!(page.contains("No webhook yet") && page.contains("/v1/sites/08c0ffee/webhooks"), "{page}");
    }
}
