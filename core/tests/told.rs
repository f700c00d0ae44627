//! What servers tell, line by line: how old, how far ahead, of whom, and which line was refused.

mod support;

use serde_json::{Value, json};
use support::{Collector, T0, batch, shop, visitor};
use tributary_core::message::Address;
use tributary_core::server_event::{OLDEST, batches};
use tributary_core::time::{DAY, MINUTE, Millis};
use tributary_core::wire::Reason;

/// Lines numbered from 1; gives what was accepted, duplicates, and the refused lines with their reasons.
fn tell(collector: &mut Collector, lines: &[Value], now: Millis) -> (u32, u32, Vec<(usize, Reason)>) {
    let lines: Vec<String> = lines.iter().enumerate().map(|(place, line)| format!("{}\t{line}\n", place + 1)).collect();
    let (mut accepted, mut duplicate, mut refused) = (0, 0, Vec::new());
    for (address, batch, lines) in batches(&lines.concat(), now) {
        let outcome = collector.take_in(&address, batch, now);
        accepted += outcome.accepted;
        duplicate += outcome.duplicate;
        let reasons = outcome.refused.iter().map(|refusal| refusal.reason);
        refused.extend(lines.of(&outcome.refused).into_iter().zip(reasons));
    }
    collector.deliver();
    refused.sort_unstable();
    (accepted, duplicate, refused)
}

fn call(id: &str, at: Millis) -> Value {
    json!({ "id": id, "at": at, "visitor": "ada", "name": "call" })
}

#[test]
fn a_server_tells_what_is_at_most_400_days_old_and_a_minute_ahead() {
    let rows = [
        (-OLDEST, None),
        (-OLDEST - 1, Some(Reason::TooOld)),
        (-8 * DAY, None),
        (MINUTE, None),
        (MINUTE + 1, Some(Reason::InFuture)),
    ];
    for (since, reason) in rows {
        let (accepted, _, refused) = tell(&mut Collector::new(shop(), 1), &[call("a", T0 + since)], T0);
        let expected: Vec<_> = reason.map(|reason| (1, reason)).into_iter().collect();
        assert_eq!((accepted, refused), (u32::from(reason.is_none()), expected), "{since}");
    }
}

#[test]
fn a_line_that_cannot_be_taken_is_named_by_its_number_reason_field_and_limit() {
    let line = |changes: Value| {
        let mut line = call("a", T0);
        line.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        line
    };
    let rows = [
        (line(json!({ "id": "" })), Reason::BadField, "id"),
        (line(json!({ "id": "x".repeat(65) })), Reason::BadField, "id"),
        (line(json!({ "id": "\u{fc}" })), Reason::BadField, "id"),
        (line(json!({ "id": 7 })), Reason::Malformed, "event"),
        (line(json!({ "visitor": "a b" })), Reason::BadField, "visitor"),
        (line(json!({ "visitor": "" })), Reason::BadField, "visitor"),
        (line(json!({ "profile": "" })), Reason::BadField, "profile"),
        (line(json!({ "profile": "x".repeat(129) })), Reason::BadField, "profile"),
        (line(json!({ "sequence": 1_000_001 })), Reason::BadField, "sequence"),
        (line(json!({ "sequence": -1 })), Reason::Malformed, "event"),
        (line(json!({ "visitors": "ada" })), Reason::Malformed, "event"),
        (line(json!({ "properties": { "x": "y".repeat(8192) } })), Reason::BadField, "properties"),
        (line(json!({ "properties": [] })), Reason::Malformed, "body"),
        (line(json!({ "name": "profile_created" })), Reason::ReservedName, "name"),
        (line(json!({ "name": "$conversion" })), Reason::ReservedName, "name"),
        (
            json!({ "id": "a", "at": T0, "name": "$identify", "properties": { "profile": "p" } }),
            Reason::BadField,
            "visitor",
        ),
    ];
    for (line, reason, field) in rows {
        let text = format!("1\t{}\n7\t{line}\n", call("good", T0));
        let mut refused = Vec::new();
        for (_, batch, lines) in batches(&text, T0) {
            refused.extend(lines.of(&batch.refused).into_iter().zip(batch.refused));
        }
        let [(number, refusal)] = refused.as_slice() else { panic!("{line}: {refused:?}") };
        assert_eq!((*number, refusal.reason, refusal.field), (7, reason, field), "{line}");
    }
}

#[test]
fn what_is_just_within_a_lines_limits_is_taken() {
    let long = "x".repeat(64);
    let rows = [
        json!({ "id": long, "visitor": long, "profile": "ü".repeat(128) }),
        json!({ "sequence": 1_000_000 }),
        json!({ "sequence": null, "visitor": null, "profile": null }),
        json!({ "properties": { "x": "y".repeat(8192 - 8) } }),
    ];
    for changes in rows {
        let mut line = call("a", T0);
        line.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        assert_eq!(tell(&mut Collector::new(shop(), 1), &[line], T0), (1, 0, Vec::new()), "{changes}");
    }
}

#[test]
fn lines_of_one_id_are_each_told_by_their_own_number() {
    let mut collector = Collector::new(shop(), 2);
    let old = T0 - OLDEST - 1;
    let lines = [call("a", old), call("a", T0), call("a", old), call("a", T0), call("b", old), call("b", old)];
    let (accepted, duplicate, refused) = tell(&mut collector, &lines, T0);
    assert_eq!((accepted, duplicate), (1, 1));
    assert_eq!(refused, [1, 3, 5, 6].map(|line| (line, Reason::TooOld)));
    // From before what is kept in detail, and known no more.
    let lines = [call("c", T0 + 90 * DAY), call("d", T0 - DAY), call("e", T0 - DAY), call("d", T0 - DAY)];
    assert_eq!(tell(&mut collector, &lines[..1], T0 + 90 * DAY).0, 1);
    let (accepted, _, refused) = tell(&mut collector, &lines[1..], T0 + 90 * DAY);
    assert_eq!((accepted, refused), (0, [1, 2, 3].map(|line| (line, Reason::TooOld)).to_vec()));
}

#[test]
fn an_import_that_broke_off_is_sent_again_from_its_start_or_from_anywhere() {
    let lines: Vec<Value> = (0..40).map(|day| call(&format!("day-{day}"), T0 + day * DAY)).collect();
    let now = T0 + 40 * DAY;
    let mut collector = Collector::new(shop(), 3);
    assert_eq!(tell(&mut collector, &lines[..25], now).0, 25);
    assert_eq!(tell(&mut collector, &lines, now), (15, 25, Vec::new()));
    assert_eq!(tell(&mut collector, &lines[13..], now), (0, 27, Vec::new()));
    assert_eq!(collector.settled(), {
        let mut straight = Collector::new(shop(), 1);
        tell(&mut straight, &lines, now);
        straight.settled()
    });
}

#[test]
fn a_known_id_is_a_duplicate_whatever_else_is_told_with_it_and_however_it_was_told() {
    let mut collector = Collector::new(shop(), 1);
    let page = visitor("ada").at("0s").view("/");
    collector.receive(&batch(&page.events, T0), T0).unwrap();
    let with = |id: &str, sequence: u32| {
        let mut line = call(id, T0);
        line["sequence"] = json!(sequence);
        line
    };
    let rows = [
        (call("load-0", T0), (0, 1), "a page's"),
        (with("load-0", 5), (0, 1), "with another sequence number"),
        (with("load-1", 5), (1, 0), "a new one"),
        (call("load-1", T0), (0, 1), "without its sequence number"),
        (with("load-1", 1), (0, 1), "with that of its text"),
        (call("other", T0), (1, 0), "no page's"),
        (with("other", 9), (0, 1), "with a sequence number"),
        (call("load-1", T0 - 30 * DAY), (0, 1), "of another time"),
    ];
    for (line, expected, why) in rows {
        let (accepted, duplicate, refused) = tell(&mut collector, &[line], T0);
        assert_eq!(((accepted, duplicate), refused), (expected, Vec::new()), "{why}");
    }
    let again = visitor("ada").at("0s").view("/").view("/");
    assert_eq!(
        collector.receive(&batch(&again.events, T0), T0).unwrap().duplicate,
        2,
        "what a server told is the page's"
    );
}

#[test]
fn the_sequence_number_that_a_server_tells_orders_page_events_of_one_millisecond() {
    let view = |id: &str, sequence: u32, path: &str| {
        let properties = json!({ "url": format!("https://shop.example{path}") });
        json!({ "id": id, "at": T0, "visitor": "ada", "name": "$page_view", "sequence": sequence, "properties": properties })
    };
    // By their texts' numbers the other one would be the last.
    let mut collector = Collector::new(shop(), 1);
    tell(&mut collector, &[view("x-9", 1, "/first"), view("x-3", 2, "/last")], T0);
    let address = Address::Visitor("ada".to_owned());
    let stored = collector.row(&address).unwrap();
    let export = tributary_core::person::Person::decode(stored).unwrap().export(&address);
    assert_eq!(export.events.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["x-9", "x-3"]);
}
