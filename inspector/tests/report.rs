//! What the inspector says of a page.

use serde_json::json;
use tributary_core::page_config::{PageConfig, PageExperiment};
use tributary_inspector::report::{Event, Fate, Measuring, report};
use tributary_inspector::seen::{Seen, Sent};

fn config(respect_privacy_signals: bool) -> String {
    let experiment = PageExperiment {
        key: "hero",
        seed: "hero",
        version: 3,
        coverage: 10_000,
        namespace: ("", 0, 0),
        variants: vec![("control", 0), ("b", 10_000)],
    };
    let config = PageConfig {
        query_parameters: vec![],
        respect_privacy_signals,
        holdout: 0,
        experiments: vec![experiment],
        clicks: vec![],
        submits: vec![],
        has_communications: false,
        groups: vec![],
    };
    config.encode()
}

fn seen() -> Seen {
    Seen { site: "site".into(), config: config(true), visitor: "v1".into(), ..Seen::default() }
}

#[test]
fn whether_anything_is_measured_is_what_the_page_goes_by() {
    let rows = [
        ("nothing stands against it", seen(), Measuring::Yes),
        ("the tag asks first", Seen { must_ask: true, ..seen() }, Measuring::ConsentMissing),
        ("and was answered", Seen { must_ask: true, has_consent: true, ..seen() }, Measuring::Yes),
        ("the browser refuses", Seen { refuses: true, ..seen() }, Measuring::BrowserRefuses),
        ("but the visitor agreed", Seen { refuses: true, has_consent: true, ..seen() }, Measuring::Yes),
        ("and the site does not hear that", Seen { refuses: true, config: config(false), ..seen() }, Measuring::Yes),
        ("the visitor withdrew", Seen { visitor: String::new(), ..seen() }, Measuring::Withdrawn),
        ("another build's configuration", Seen { config: "?".into(), ..seen() }, Measuring::Damaged),
    ];
    for (why, seen, expected) in rows {
        let report = report(&seen);
        assert_eq!(report.measuring, expected, "{why}");
        let is_in = report.experiments.iter().any(|experiment| experiment.variant.as_deref() == Some("b"));
        assert_eq!(is_in, expected == Measuring::Yes, "{why}");
    }
}

#[test]
fn of_an_experiment_that_the_page_could_not_give_it_says_why_beside_the_variant() {
    for reason in ["html_forbidden", "change_failed", "redirect_loop"] {
        let faults = [("hero".to_owned(), reason.to_owned())].into();
        let experiment = report(&Seen { faults, ..seen() }).experiments.remove(0);
        assert_eq!((experiment.variant.as_deref(), experiment.reason), (Some("b"), Some(reason)));
        assert!(experiment.detail.ends_with('.') && !experiment.exposed, "{reason}: {}", experiment.detail);
    }
}

fn run(first: u32, names: &[&str]) -> String {
    let events: Vec<_> = names.iter().enumerate().map(|(place, name)| json!([place, name, {}])).collect();
    json!({ "load": "load", "first": first, "at": 1_000, "events": events }).to_string()
}

fn sent(run: &str, status: Option<u16>, answer: serde_json::Value) -> Sent {
    Sent { body: format!(r#"{{"visitor":"v1","runs":[{run}]}}"#), status, answer: Some(answer) }
}

fn fates(seen: &Seen) -> Vec<(String, Fate)> {
    report(seen).events.into_iter().rev().map(|Event { id, fate, .. }| (id, fate)).collect()
}

#[test]
fn what_was_sent_again_has_the_fate_of_the_last_answer() {
    let run = run(0, &["one", "two"]);
    let refusal = json!({ "accepted": 1, "duplicate": 0, "refused": [{ "id": "load-1", "reason": "too_old", "field": "at", "limit": "7 days" }] });
    let lost = sent(&run, Some(0), json!(null));
    let beacon = Sent { status: None, ..lost.clone() };
    let told = sent(&run, Some(200), refusal);
    let seen = Seen { sent: vec![lost, beacon, told], waiting: vec![run], ..seen() };
    let refused = Fate::Refused { reason: "too_old".into(), field: Some("at".into()), limit: Some("7 days".into()) };
    assert_eq!(fates(&seen), [("load-0".into(), Fate::Accepted), ("load-1".into(), refused)]);
}

#[test]
fn an_answer_without_a_word_took_all_and_an_unreadable_one_none() {
    let run = run(0, &["one"]);
    for (status, expected) in [(204, Fate::Accepted), (502, Fate::Unanswered { status: 502 })] {
        let one = Sent { answer: None, ..sent(&run, Some(status), json!(null)) };
        assert_eq!(fates(&Seen { sent: vec![one], ..seen() }), [("load-0".into(), expected)], "{status}");
    }
}

#[test]
fn what_cannot_be_read_is_left_out_and_costs_nothing() {
    let seen = Seen { waiting: vec!["no run".into(), run(4, &["one"])], sent: vec![Sent::default()], ..seen() };
    assert_eq!(fates(&seen), [("load-4".into(), Fate::Waiting)]);
}

#[test]
fn of_very_many_events_the_latest_hundred_are_told_the_latest_first() {
    let names = vec!["one"; 300];
    let events = report(&Seen { waiting: vec![run(0, &names)], ..seen() }).events;
    assert_eq!((events.len(), events[0].id.as_str()), (100, "load-299"));
}
