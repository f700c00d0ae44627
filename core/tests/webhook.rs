//! A webhook's secrets, its retries, and when it is given up.

use tributary_core::time::{DAY, HOUR, MINUTE};
use tributary_core::webhook::address::Localhost;
use tributary_core::webhook::schedule::wait_after;
use tributary_core::webhook::signature::{secret, sign};
use tributary_core::webhook::{
    Attempt, Disabled, Event, Kind, MAX_FAILED, NewWebhook, Notice, Problem, Reason, State, Told, Webhook,
    WebhookChange,
};

const NOW: i64 = 1_790_000_000_000;
/// The vector of the Standard Webhooks libraries.
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const BODY: &str = r#"{"test": 2432232314}"#;

fn webhook(body: &str) -> Result<Webhook, String> {
    let new: NewWebhook = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let made = new.into_webhook("site", "wh_1".into(), [7; 32], NOW, Localhost::Refused);
    made.map_err(|error| error.to_string())
}

fn any() -> Webhook {
    webhook(r#"{"url": "https://hooks.shop.example/"}"#).unwrap()
}

fn notice(kind: Kind) -> Notice {
    Notice::new(Told { id: ID.into(), kind, about: "hero".into(), body: BODY.into() }, NOW, true)
}

fn answered(at: i64, status: u16) -> Attempt {
    Attempt::answered(at, 40, status, None, b"")
}

fn change(body: &str) -> WebhookChange {
    serde_json::from_str(body).unwrap()
}

#[test]
fn signatures_are_those_of_the_standard_webhooks_libraries() {
    let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    for secret in ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
        assert_eq!(sign(secret, ID, 1_614_265_330, BODY).as_deref(), Some(expected), "{secret}");
    }
    assert_eq!(sign("whsec_no base64", ID, 1_614_265_330, BODY), None);
    assert_eq!(secret([0; 32]), format!("whsec_{}=", "A".repeat(43)));
}

#[test]
fn after_a_rotation_both_secrets_sign_for_a_day_and_then_the_new_one_alone() {
    let mut webhook = any();
    let first = webhook.secret().to_owned();
    webhook.rotate([8; 32], NOW);
    let second = webhook.secret().to_owned();
    let by = |secret: &str, at: i64| sign(secret, ID, at / 1000, BODY).unwrap();
    let before = NOW + DAY - 1;
    assert_eq!(webhook.signatures(ID, BODY, before), format!("{} {}", by(&second, before), by(&first, before)));
    assert_eq!(webhook.signatures(ID, BODY, NOW + DAY), by(&second, NOW + DAY));
    assert_eq!(webhook.shown.previous_secret_until, Some(NOW + DAY));

    webhook.rotate([9; 32], NOW + 1);
    let signatures = webhook.signatures(ID, BODY, NOW + 2);
    assert!(signatures.contains(&by(&second, NOW + 2)) && !signatures.contains(&by(&first, NOW + 2)), "{signatures}");
}

#[test]
fn retries_come_after_their_waits_and_at_most_a_fifth_later() {
    let rows = [(1, MINUTE), (2, 5 * MINUTE), (3, 15 * MINUTE), (4, HOUR), (5, 6 * HOUR)];
    for (attempts, wait) in rows {
        assert_eq!(wait_after(attempts, 0), Some(wait), "{attempts}");
        assert_eq!(wait_after(attempts, u32::MAX), Some(wait + wait / 5), "{attempts}");
    }
    assert_eq!((wait_after(0, 0), wait_after(6, 0), wait_after(u32::MAX, 0)), (None, None, None));
}

#[test]
fn an_acknowledged_notice_is_final_and_every_other_answer_but_410_is_tried_again() {
    for status in [200, 201, 202, 204, 299] {
        let (mut webhook, mut notice) = (any(), notice(Kind::ExperimentStarted));
        webhook.settle(&mut notice, answered(NOW, status), 0);
        assert_eq!((notice.state, notice.next_at), (State::Acknowledged, None), "{status}");
    }
    let rows = [
        (301, Problem::Redirect),
        (307, Problem::Redirect),
        (400, Problem::Status),
        (401, Problem::Status),
        (404, Problem::Status),
        (429, Problem::Status),
        (500, Problem::Status),
    ];
    for (status, problem) in rows {
        let (mut webhook, mut notice) = (any(), notice(Kind::ExperimentStarted));
        webhook.settle(&mut notice, answered(NOW, status), 0);
        assert_eq!((notice.state, notice.next_at), (State::Waiting, Some(NOW + 40 + MINUTE)), "{status}");
        assert_eq!(notice.attempts[0].error, Some(problem), "{status}");
    }
    for problem in [Problem::Timeout, Problem::Connection] {
        let (mut webhook, mut notice) = (any(), notice(Kind::ExperimentStarted));
        webhook.settle(&mut notice, Attempt::unanswered(NOW, 10_000, problem), 0);
        assert_eq!((notice.state, notice.next_at), (State::Waiting, Some(NOW + 10_000 + MINUTE)), "{problem:?}");
    }
}

#[test]
fn a_receiver_may_ask_for_more_patience_but_not_for_less_nor_for_ever() {
    let rows = [("120", 2 * MINUTE), ("1", MINUTE), ("999999999", 6 * HOUR), ("soon", MINUTE), ("-5", MINUTE)];
    for (asked, wait) in rows {
        let (mut webhook, mut notice) = (any(), notice(Kind::ExperimentStarted));
        webhook.settle(&mut notice, Attempt::answered(NOW, 0, 503, Some(asked), b""), 0);
        assert_eq!(notice.next_at, Some(NOW + wait), "{asked}");
    }
}

#[test]
fn a_notice_has_failed_after_six_attempts() {
    let (mut webhook, mut notice) = (any(), notice(Kind::ExperimentStarted));
    let mut at = NOW;
    for attempt in 1..=6 {
        assert_eq!(notice.state, State::Waiting, "before attempt {attempt}");
        webhook.settle(&mut notice, answered(at, 500), 0);
        at = notice.next_at.unwrap_or(at);
    }
    assert_eq!((notice.state, notice.next_at, notice.tries), (State::Failed, None, 6));
    assert_eq!(at, NOW + 5 * 40 + MINUTE + 5 * MINUTE + 15 * MINUTE + HOUR + 6 * HOUR);
    assert_eq!(webhook.shown.failed_in_a_row, 1);
    notice.replay(at);
    assert_eq!((notice.state, notice.next_at, notice.tries), (State::Waiting, Some(at), 0));
}

fn fail(webhook: &mut Webhook) {
    let mut notice = notice(Kind::ExperimentStarted);
    while notice.state == State::Waiting {
        webhook.settle(&mut notice, answered(NOW, 500), 0);
    }
}

#[test]
fn ten_events_that_fail_in_a_row_disable_a_webhook_and_one_that_arrives_starts_the_row_anew() {
    let mut webhook = any();
    for _ in 1..MAX_FAILED {
        fail(&mut webhook);
    }
    assert!(webhook.is_enabled());
    webhook.settle(&mut notice(Kind::ExperimentPaused), answered(NOW, 204), 0);
    for _ in 1..MAX_FAILED {
        fail(&mut webhook);
    }
    assert!(webhook.is_enabled(), "nine, one that arrived, nine");
    fail(&mut webhook);
    assert_eq!(webhook.shown.disabled, Some(Disabled { at: NOW + 40, reason: Reason::Failures }));

    let webhook = webhook.with_change(change(r#"{"enabled": true}"#), NOW, Localhost::Refused).unwrap();
    assert_eq!((webhook.is_enabled(), webhook.shown.failed_in_a_row), (true, 0));
}

#[test]
fn a_receiver_that_is_gone_is_left_alone_at_once() {
    let (mut webhook, mut notice) = (any(), notice(Kind::ExperimentStarted));
    webhook.settle(&mut notice, answered(NOW, 410), 0);
    assert_eq!((notice.state, notice.next_at), (State::Failed, None));
    assert_eq!(webhook.shown.disabled, Some(Disabled { at: NOW + 40, reason: Reason::Gone }));
}

#[test]
fn a_test_is_one_attempt_and_counts_neither_way() {
    let mut webhook = any();
    fail(&mut webhook);
    for status in [500, 204] {
        let mut test = notice(Kind::Test);
        webhook.settle(&mut test, answered(NOW, status), 0);
        assert_ne!(test.state, State::Waiting, "{status}");
        assert_eq!(webhook.shown.failed_in_a_row, 1, "{status}");
    }
}

#[test]
fn what_fails_while_a_webhook_is_disabled_waits_for_it() {
    let webhook = any().with_change(change(r#"{"enabled": false}"#), NOW, Localhost::Refused);
    let (mut webhook, mut notice) = (webhook.unwrap(), notice(Kind::ExperimentStarted));
    webhook.settle(&mut notice, answered(NOW, 500), 0);
    assert_eq!((notice.state, notice.next_at), (State::Waiting, None));
}

#[test]
fn of_an_answer_only_the_beginning_is_kept_and_nothing_that_controls_a_screen() {
    let body = format!("\u{1b}[2J<b>no\0</b>{}", "é".repeat(1_000));
    let attempt = Attempt::answered(NOW, 1, 500, None, body.as_bytes());
    assert!(attempt.answer.starts_with("[2J<b>no</b>é"), "{}", attempt.answer);
    assert_eq!(attempt.answer.chars().count(), 500);
    assert_eq!(Attempt::answered(NOW, 1, 500, None, &[0xff, 0xfe, b'a', 0xc3]).answer, "a");
}

#[test]
fn no_more_than_ten_attempts_are_kept_of_a_notice() {
    let (mut webhook, mut notice) = (any(), notice(Kind::ExperimentStarted));
    for round in 0..5 {
        notice.replay(NOW);
        for _ in 0..6 {
            webhook.settle(&mut notice, answered(NOW + round, 500), 0);
        }
    }
    assert_eq!((notice.attempts.len(), notice.attempts[9].at), (10, NOW + 4));
}

#[test]
fn a_webhook_is_told_what_it_asked_for_and_everything_when_it_named_nothing() {
    let some = webhook(r#"{"url": "https://a.example/", "events": ["experiment.winner_detected"]}"#).unwrap();
    for kind in Kind::ALL {
        assert_eq!(some.wants(kind), kind == Kind::WinnerDetected, "{}", kind.name());
        assert!(any().wants(kind), "{}", kind.name());
    }
}

#[test]
fn what_a_webhook_cannot_be_made_of_is_named() {
    let long = format!(r#"{{"url": "https://a.example/", "description": "{}"}}"#, "x".repeat(501));
    let rows = [
        (r#"{"url": "http://a.example/"}"#, "`url` must be an https address"),
        (r#"{"url": "https://a.example/", "events": ["webhook.test", "webhook.test"]}"#, "`events` must be different"),
        (&long, "`description` must be at most 500"),
        (r#"{"url": "https://a.example/", "events": ["experiment.forgotten"]}"#, "unknown variant"),
        (r#"{"url": "https://a.example/", "secret": "mine"}"#, "unknown field"),
    ];
    for (body, expected) in rows {
        let error = webhook(body).unwrap_err();
        assert!(error.contains(expected), "{body}: {error}");
    }
}

#[test]
fn what_is_told_has_an_id_and_a_body_that_names_its_event_its_time_and_the_site() {
    let Told { id, kind, about, body } = Event::Test { webhook: "wh_1".into() }.told("5a17", 255, NOW + 7);
    assert_eq!((id.as_str(), kind, about.as_str()), ("msg_000000000000000000000000000000ff", Kind::Test, ""));
    let expected =
        r#"{"type":"webhook.test","timestamp":"2026-09-21T14:13:20.007Z","data":{"site":"5a17","webhook":"wh_1"}}"#;
    assert_eq!(body, expected);
}

#[test]
fn every_event_has_the_name_it_is_filtered_by() {
    for kind in Kind::ALL {
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.name()));
    }
}

#[test]
fn what_is_stored_reads_as_it_was_and_what_is_shown_has_no_secret() {
    let mut webhook = any();
    webhook.rotate([8; 32], NOW);
    let mut notice = notice(Kind::ExperimentPaused);
    webhook.settle(&mut notice, answered(NOW, 500), 0);
    assert_eq!(Webhook::decode(&webhook.encode()), Some(webhook.clone()));
    assert_eq!(Notice::decode(&notice.encode()), Some(notice));
    assert_eq!((Webhook::decode(b"{}"), Notice::decode(b"")), (None, None));
    assert!(!serde_json::to_string(&webhook.shown).unwrap().contains("whsec_"));
}
