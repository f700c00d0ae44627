//! What is stored of anyone stays bounded, whoever tells what.

mod support;

use serde_json::json;
use support::{Collector, Happening, T0, batch, shop, visitor};
use tributary_core::message::Address;
use tributary_core::person::MAX_BYTES;
use tributary_core::server_event::batches;
use tributary_core::time::{MINUTE, SECOND};

/// Events of a visitor, each of a page load of its own, which takes as much room as events can.
fn events(name: &str, count: u32) -> Vec<Happening> {
    let event = |number: u32| Happening {
        visitor: name.to_owned(),
        load: format!("{number:032}"),
        number: 0,
        at: T0 + i64::from(number) * SECOND,
        name: "gallery".to_owned(),
        body: json!({}),
        profile: None,
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
