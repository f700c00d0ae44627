//! Stored rows: what is read is what was written, damage is noticed or harmless, and rows are small.

mod support;

use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use support::{Collector, Happening, T0, batch, shop, variant_of, visitor};
use tributary_core::event::{Event, EventId, Kind};
use tributary_core::message::Address;
use tributary_core::order::Order;
use tributary_core::person::Person;
use tributary_core::server_event::batches;
use tributary_core::time::{DAY, MINUTE, Millis};
use tributary_core::wire::Batch;

const NOW: Millis = T0 + 5 * DAY;

/// Events of a visitor in no order, with gaps, of a few page loads; now and then a second one of the same id.
fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let order = (0..3_u8, 0..900_i64).prop_map(|(id, cents)| {
        ("purchase", json!({ "revenue": cents, "order_id": id.to_string(), "currency": "JPY" }))
    });
    let deed = prop_oneof![
        Just(("$page_view", json!({ "url": "https://shop.example/thanks" }))),
        Just(("$exposure", json!({ "experiment": "hero", "variant": variant_of("ada"), "version": 1 }))),
        Just(("gallery", json!({}))),
        (0..2_u8).prop_map(|profile| ("$identify", json!({ "profile": format!("crm-{profile}") }))),
        order,
    ];
    let event = (0..4_u8, 0..20_u32, 0..4 * DAY, deed).prop_map(|(load, number, after, (name, body))| {
        let (visitor, load) = ("ada".to_owned(), format!("load{load}"));
        Happening { visitor, load, number, at: T0 + after, name: name.to_owned(), body, profile: None }
    });
    prop::collection::vec(event, 1..40)
}

/// What servers tell besides: of the visitor, and of the profile alone. Two months later some of it is closed.
fn collector(events: &[Happening], is_closed: bool) -> Collector {
    let mut collector = Collector::new(shop(), 2);
    let tell = |collector: &mut Collector, event: Value, now| {
        for (address, batch, _) in batches(&format!("1\t{event}\n"), now) {
            collector.take_in(&address, batch, now);
        }
        collector.deliver();
    };
    for part in events.chunks(7) {
        collector.receive(&batch(part, NOW), NOW).unwrap();
    }
    let line = json!({ "id": "s1", "at": T0 + DAY, "visitor": "ada", "profile": "crm-1", "name": "call" });
    tell(&mut collector, line, NOW);
    tell(&mut collector, json!({ "id": "s2", "at": T0 + DAY, "profile": "crm-0", "name": "call" }), NOW);
    if is_closed {
        let later = NOW + 58 * DAY;
        collector.take(&visitor("ada").at("62d").view("/"));
        tell(&mut collector, json!({ "id": "s3", "at": later, "profile": "crm-0", "name": "call" }), later);
    }
    collector
}

fn check<S: Strategy>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let runs = Runs { cases: 200, failure_persistence: None, ..Runs::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]);
    TestRunner::new_with_rng(runs, rng).run(&strategy, test).unwrap();
}

#[test]
fn what_is_read_is_what_was_written() {
    check((happenings(), any::<bool>()), |(events, is_closed)| {
        let collector = collector(&events, is_closed);
        for (key, row) in collector.rows_by_key() {
            let again = match key.as_bytes()[0] {
                b'o' => Order::decode(row).map(|order| order.encode()),
                _ => Person::decode(row).map(|person| person.encode()),
            };
            prop_assert_eq!(again.as_ref(), Some(row), "{}", key);
        }
        // What was seen is not forgotten on the way; what was closed two months later may be.
        let mut collector = collector;
        for part in events.chunks(9).filter(|_| !is_closed) {
            prop_assert_eq!(collector.receive(&batch(part, NOW), NOW).unwrap().accepted, 0);
        }
        Ok(())
    });
}

#[test]
fn a_damaged_row_is_none_or_a_row_that_can_be_lived_with() {
    let damage = prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 1..4);
    check((happenings(), any::<bool>(), damage, any::<prop::sample::Index>()), |(events, is_closed, flips, end)| {
        let collector = collector(&events, is_closed);
        for (key, row) in collector.rows_by_key() {
            let mut flipped = row.clone();
            for (place, bit) in &flips {
                let place = place.index(row.len());
                flipped[place] ^= 1 << bit;
            }
            let cut = &row[..end.index(row.len())];
            if key.starts_with('o') {
                let order = Order::decode(&flipped);
                prop_assert!(order.is_none_or(|order| Order::decode(&order.encode()) == Some(order)));
                prop_assert_eq!(Order::decode(cut), None);
                continue;
            }
            if let Some(person) = Person::decode(&flipped) {
                prop_assert_eq!(Person::decode(&person.encode()), Some(person.clone()));
                person.export(&Address::Visitor("ada".to_owned()));
            }
            prop_assert_eq!(Person::decode(cut), None, "{} bytes of {}", cut.len(), row.len());
            let longer = [row.as_slice(), &[0]].concat();
            prop_assert_eq!(Person::decode(&longer), None);
        }
        Ok(())
    });
}

#[test]
fn an_event_that_follows_on_the_one_before_takes_four_bytes_at_most() {
    let mut collector = Collector::new(shop(), 1);
    let gallery = |number: u32| Happening {
        visitor: "ada".to_owned(),
        load: "load".to_owned(),
        number,
        at: T0 + i64::from(number) * MINUTE,
        name: "gallery".to_owned(),
        body: json!({}),
        profile: None,
    };
    let address = Address::Visitor("ada".to_owned());
    let mut size_after = |numbers: std::ops::Range<u32>| {
        collector.receive(&batch(&numbers.map(gallery).collect::<Vec<_>>(), NOW), NOW).unwrap();
        collector.row(&address).unwrap().len()
    };
    let (ten, hundred) = (size_after(0..10), size_after(10..100));
    assert!(hundred - ten <= 90 * 4 + 2, "{ten} bytes, then {hundred}");
}

#[test]
fn a_row_with_the_largest_numbers_there_are_is_read_again() {
    let mut collector = Collector::new(shop(), 1);
    let events = [u32::MAX - 1, u32::MAX, 0].map(|number| Event {
        id: EventId::numbered("load", number),
        at: T0,
        is_page: true,
        profile: None,
        kind: Kind::PageView { url: "https://shop.example/".to_owned() },
    });
    let (visitor, events) = ("ada".to_owned(), events.to_vec());
    let batch =
        Batch { visitor, automated: false, consent: false, shift: 0, is_shift_new: false, events, refused: Vec::new() };
    let address = Address::Visitor("ada".to_owned());
    assert_eq!(collector.take_in(&address, batch.clone(), NOW).accepted, 3);
    let row = collector.row(&address).unwrap();
    assert_eq!(Person::decode(row).map(|person| person.encode()).as_ref(), Some(row));
    assert_eq!(collector.take_in(&address, batch, NOW).duplicate, 3);
}

#[test]
fn an_imported_id_with_a_large_number_is_read_again() {
    let mut collector = Collector::new(shop(), 1);
    let event = json!({ "id": "evt-4294967295", "at": T0, "visitor": "ada", "name": "call" });
    for accepted in [1, 0] {
        for (address, batch, _) in batches(&format!("1\t{event}\n"), NOW) {
            assert_eq!(collector.take_in(&address, batch, NOW).accepted, accepted);
        }
    }
}
