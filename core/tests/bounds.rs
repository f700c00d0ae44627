//! What is stored of anyone stays bounded, whoever tells what.

mod support;

use serde_json::json;
use support::{Collector, Happening, PAGE, T0, batch, shop, visitor};
use tributary_core::actor::{self, LARGEST};
use tributary_core::facts::Metric;
use tributary_core::judge::Rules;
use tributary_core::message::Address;
use tributary_core::person::{MAX_BYTES, Person};
use tributary_core::server_event::batches;
use tributary_core::time::{MINUTE, SECOND};
use tributary_core::wire::{Reason, parse};

/// Events of a visitor, each of a page load of its own, which takes as much room as events can.
fn events(name: &str, count: u32) -> Vec<Happening> {
    let event = |number: u32| Happening {
        visitor: name.to_owned(),
        load: format!("{number:032}"),
        number: 0,
        at: T0 + i64::from(number) * SECOND,
        name: "gallery".to_owned(),
        body: json!({}),
    };
    (0..count).map(event).collect()
}

#[test]
fn visitors_with_long_histories_join_a_person_who_stays_within_the_limit() {
    let mut collector = Collector::new(shop(), 3);
    let now = T0 + 300 * MINUTE;
    for name in ["one", "two", "three", "four"] {
        for part in events(name, 4_000).chunks(500) {
            collector.receive(&batch(part, now), now).unwrap();
        }
    }
    let before = collector.report().totals;
    for name in ["one", "two", "three", "four"] {
        collector.take(&visitor(name).at("5h").event("$identify", json!({ "profile": "crm-1" })));
    }
    let largest = collector.rows().map(Vec::len).max().unwrap();
    assert!(largest <= MAX_BYTES, "{largest}");
    let after = collector.report().totals;
    assert_eq!((after.custom_events, after.new_visitors), (16_000, 4));
    assert_eq!((before.custom_events, before.new_visitors), (16_000, 4));
}

#[test]
fn an_order_that_is_reported_and_refunded_for_ever_takes_no_more_room() {
    let mut collector = Collector::new(shop(), 1);
    let mut sizes = Vec::new();
    for number in 0..400 {
        let report = json!({ "id": format!("o{number}"), "at": T0, "name": "purchase", "properties": { "revenue": 5, "order_id": "A" } });
        let refund = json!({ "id": format!("r{number}"), "at": T0, "name": "refund", "properties": { "amount": 0.01, "order_id": "A" } });
        for (address, batch, _) in batches(&format!("1\t{report}\n2\t{refund}\n"), T0) {
            collector.take_in(&address, batch, T0);
        }
        collector.deliver();
        let order = Address::Order(tributary_core::judge::order_hash("A"));
        sizes.push(collector.row(&order).unwrap().len());
    }
    assert!(sizes[399] <= sizes[10] + 4, "{} after {}", sizes[399], sizes[10]);
    assert_eq!(collector.report().totals.revenue[0].orders, 1);
}

#[test]
fn a_person_of_more_visitors_than_a_row_holds_takes_no_more_in_and_that_is_counted() {
    let rules = Rules::new(shop());
    let profile = Address::Profile("crm-1".to_owned());
    let join = |name: &str| {
        let address = Address::Visitor(name.to_owned());
        let timeline = visitor(name).at("0s").view("/").at("1s").event("$identify", json!({ "profile": "crm-1" }));
        let batch = parse(batch(&timeline.events, T0 + SECOND).as_bytes(), T0 + SECOND).unwrap();
        let outcome = Person::new(&address).step(&address, batch, &rules, PAGE, T0 + SECOND);
        outcome.messages.into_iter().find(|envelope| envelope.to == profile).unwrap().message
    };
    let (one, _) = actor::receive(&profile, None, join("one"), &rules).unwrap();
    let mut person = Person::decode(&one.unwrap()).unwrap();
    person.shrink(&rules);
    // As if thousands of visitors had joined before, each known by little more than its name.
    let mut stored = serde_json::to_value(person).unwrap();
    let visits = stored["history"]["checkpoint"]["visits"].as_object_mut().unwrap();
    let visit = visits["one"].clone();
    for number in 0..10_000 {
        visits.insert(format!("{number:064}"), visit.clone());
    }
    let full = serde_json::from_value::<Person>(stored.clone()).unwrap().encode();
    let each = full.len() / 10_000;
    let visits = stored["history"]["checkpoint"]["visits"].as_object_mut().unwrap();
    for number in LARGEST / each - 1..10_000 {
        visits.remove(&format!("{number:064}"));
    }
    let row = serde_json::from_value::<Person>(stored.clone()).unwrap().encode();
    stored["history"]["checkpoint"]["visits"]["one"]["profile"] = json!("x".repeat(LARGEST - row.len()));
    let row = serde_json::from_value::<Person>(stored).unwrap().encode();
    assert!((LARGEST - 10..=LARGEST).contains(&row.len()), "{} of {LARGEST}", row.len());

    let (next, effects) = actor::receive(&profile, Some(&row), join(&"late".repeat(16)), &rules).unwrap();
    assert!(next == Some(row), "nothing is taken in");
    assert_eq!(effects.messages, []);
    let counted: Vec<_> = effects.facts.0.values().flatten().collect();
    assert_eq!(counted, [(&Metric::Diagnostic(Reason::OverLimit), &2)]);
}
