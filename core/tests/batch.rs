//! What a batch may hold. One bad event does not cost the others; each refusal names its field and limit.

mod support;

use serde_json::{Value, json};
use support::T0;
use tributary_core::wire::{BatchError, Reason, parse, visitor_of};

fn batch_of(events: &Value) -> String {
    let run = json!({ "load": "load", "first": 0, "at": T0, "events": events });
    json!({ "visitor": "ada", "sent_at": T0, "runs": [run] }).to_string()
}

#[test]
fn a_bad_event_is_refused_by_reason_field_and_limit_and_costs_no_other() {
    let long = "x".repeat(129);
    let rows: Vec<(Value, Reason, &str)> = vec![
        (json!("nonsense"), Reason::Malformed, "event"),
        (json!([0, "a"]), Reason::Malformed, "event"),
        (json!([0, "a", {}, 1]), Reason::Malformed, "event"),
        (json!(["0", "a", {}]), Reason::Malformed, "event"),
        (json!([0.5, "a", {}]), Reason::Malformed, "event"),
        (json!([0, "a", []]), Reason::Malformed, "body"),
        (json!([0, "a", null]), Reason::Malformed, "body"),
        (json!([0, "", {}]), Reason::BadField, "name"),
        (json!([0, long, {}]), Reason::BadField, "name"),
        (json!([0, "$purchase", {}]), Reason::ReservedName, "name"),
        (json!([0, "a", { "x": "y".repeat(8192) }]), Reason::BadField, "body"),
        (json!([0, "$page_view", {}]), Reason::Malformed, "body"),
        (json!([0, "$page_view", { "url": "u".repeat(2049) }]), Reason::BadField, "url"),
        (json!([0, "$exposure", { "experiment": "hero", "version": 1 }]), Reason::Malformed, "body"),
        (json!([0, "$execution", { "experience": "mail", "variant": "a" }]), Reason::ReservedName, "name"),
        (json!([0, "$appearance", {}]), Reason::Malformed, "body"),
        (json!([0, "$click", {}]), Reason::Malformed, "body"),
        (json!([0, "session_start", {}]), Reason::ReservedName, "name"),
        (json!([0, "$exposure", { "experiment": "hero", "variant": "b", "version": -1 }]), Reason::Malformed, "body"),
        (json!([0, "$click", { "goals": "all" }]), Reason::Malformed, "body"),
        (json!([0, "$click", { "goals": [[1, 256]] }]), Reason::Malformed, "body"),
        (json!([0, "$form_submit", { "goals": vec![[1, 1]; 101] }]), Reason::BadField, "goals"),
        (json!([0, "$identify", { "profile": "" }]), Reason::BadField, "profile"),
        (json!([0, "$identify", { "profile": long }]), Reason::BadField, "profile"),
        (json!([8 * 24 * 3_600_000_i64, "a", {}]), Reason::InFuture, "at"),
        (json!([i64::MIN, "a", {}]), Reason::TooOld, "at"),
    ];
    for (event, reason, field) in rows {
        let batch = parse(batch_of(&json!([[0, "good", {}], event, [1, "good", {}]])).as_bytes(), T0).unwrap();
        assert_eq!(batch.events.len(), 2, "{event}");
        let [refusal] = batch.refused.as_slice() else { panic!("{event}: {:?}", batch.refused) };
        assert_eq!((refusal.id.as_str(), refusal.reason, refusal.field), ("load-1", reason, field), "{event}");
        assert!(!refusal.limit.is_empty());
    }
}

#[test]
fn what_is_just_within_the_limits_is_taken() {
    let rows = [
        json!([0, "x".repeat(128), {}]),
        json!([0, "ü".repeat(128), {}]),
        json!([0, "a", { "x": "y".repeat(8192 - 8) }]),
        json!([0, "$page_view", { "url": "u".repeat(2048), "referrer": "anything" }]),
        json!([0, "$click", { "goals": vec![[1, 1]; 100] }]),
        json!([0, "purchase", { "revenue": { "deep": [1, 2, 3] } }]),
    ];
    for event in rows {
        let batch = parse(batch_of(&json!([event])).as_bytes(), T0).unwrap();
        assert_eq!((batch.events.len(), batch.refused.len()), (1, 0), "{event}");
    }
}

#[test]
fn a_batch_that_cannot_be_read_says_why() {
    let envelope = |visitor: Value, load: Value| json!({ "visitor": visitor, "sent_at": T0, "runs": [{ "load": load, "first": 0, "at": T0, "events": [] }] });
    let many = json!({ "visitor": "ada", "sent_at": T0,
        "runs": vec![json!({ "load": "l", "first": 0, "at": T0, "events": vec![0; 251] }); 2] });
    let fields = [
        (envelope(json!(""), json!("l")), "visitor"),
        (envelope(json!("a b"), json!("l")), "visitor"),
        (envelope(json!("ä"), json!("l")), "visitor"),
        (envelope(json!("x".repeat(65)), json!("l")), "visitor"),
        (envelope(json!("ada"), json!("")), "load"),
        (envelope(json!("ada"), json!("x".repeat(33))), "load"),
        (many, "runs"),
    ];
    for (batch, field) in fields {
        let error = parse(batch.to_string().as_bytes(), T0).unwrap_err();
        assert!(matches!(error, BatchError::Field { field: named, .. } if named == field), "{field}: {error}");
    }
    for text in ["", "{", "[]", "null", r#"{"visitor":"ada"}"#, r#"{"visitor":7,"sent_at":1,"runs":[]}"#, "\u{0}"] {
        assert!(matches!(parse(text.as_bytes(), T0), Err(BatchError::Malformed(_))), "{text}");
    }
    assert!(matches!(parse(&[0xff, 0xfe], T0), Err(BatchError::Malformed(_))));
}

#[test]
fn the_edge_reads_whose_batch_it_is_and_refuses_what_the_shard_would() {
    assert_eq!(visitor_of(batch_of(&json!([])).as_bytes()), Ok("ada".to_owned()));
    for batch in [
        r#"{"visitor":"ada","runs":["#,
        r#"{"runs":[{"visitor":"bob"}],"other":{"visitor":["cyd"]},"visitor":"ada"}"#,
        r#" { "x" : "\"visitor\":\"bob\"" , "\u0076isitor" : "\u0061da" } "#,
    ] {
        assert_eq!(visitor_of(batch.as_bytes()), Ok("ada".to_owned()), "{batch}");
    }
    for batch in [r#"{"visitor":"a b"}"#, r#"{"visitor":1}"#, r#"{"other":"ada"}"#, r#"["ada"]"#, r#"{"other":1,"#, ""]
    {
        assert!(visitor_of(batch.as_bytes()).is_err(), "{batch}");
    }
    assert!(visitor_of(b"nonsense").is_err());
}

#[test]
fn sequence_numbers_stay_below_a_million() {
    let run = json!({ "load": "l", "first": 1_000_000, "at": T0, "events": [[0, "a", {}], [0, "a", {}]] });
    let batch = json!({ "visitor": "ada", "sent_at": T0, "runs": [run] }).to_string();
    let batch = parse(batch.as_bytes(), T0).unwrap();
    assert_eq!((batch.events.len(), batch.refused.len()), (1, 1));
    let run = json!({ "load": "l", "first": u32::MAX, "at": T0, "events": [[0, "a", {}], [0, "a", {}]] });
    let batch = json!({ "visitor": "ada", "sent_at": T0, "runs": [run] }).to_string();
    assert_eq!(parse(batch.as_bytes(), T0).unwrap().events.len(), 0);
}
