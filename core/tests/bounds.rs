//! What is stored of anyone stays bounded, whoever tells what.

mod support;

use serde_json::json;
use support::{Collector, PAGE, T0, batch, shop, visitor};
use tributary_core::actor::{self, LARGEST};
use tributary_core::facts::Metric;
use tributary_core::history::Entry;
use tributary_core::judge::Rules;
use tributary_core::message::{Address, Envelope, Message};
use tributary_core::person::{MAX_BYTES, Person};
use tributary_core::server_event::batches;
use tributary_core::time::{MINUTE, SECOND};
use tributary_core::wire::{Reason, parse};

/// Lines of a visitor's events, each with an id of its own that takes as much room as ids can.
fn lines(name: &str, count: u32) -> Vec<String> {
    let line = |number: u32| {
        let at = T0 + i64::from(number) * SECOND;
        let event = json!({ "id": format!("{name:_<32}{number:032}"), "at": at, "visitor": name, "name": "gallery" });
        format!("{number}\t{event}\n")
    };
    (0..count).map(line).collect()
}

#[test]
fn visitors_with_long_histories_join_a_person_who_stays_within_the_limit() {
    let mut collector = Collector::new(shop(), 3);
    let now = T0 + 300 * MINUTE;
    for name in ["one", "two", "three", "four"] {
        for part in lines(name, 4_000).chunks(1_000) {
            for (address, batch, _) in batches(&part.concat(), now) {
                collector.take_in(&address, batch, now);
            }
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
    // A visitor whose first visit is closed when it turns out to be the person.
    let join = |name: &str| {
        let address = Address::Visitor(name.to_owned());
        let mut stored = Person::new(&address);
        let timeline = visitor(name).at("0s").view("/").at("61d").view("/").at("62d");
        let timeline = timeline.event("$identify", json!({ "profile": "crm-1" }));
        let mut outcome = None;
        for event in timeline.events {
            let now = event.at;
            let batch = parse(batch(&[event], now).as_bytes(), now).unwrap();
            outcome = Some(stored.step(&address, batch, &rules, PAGE, now));
        }
        outcome.unwrap().messages.into_iter().find(|envelope| envelope.to == profile).unwrap().message
    };
    // As if thousands of visitors had joined before, each known by little more than its name.
    let crowd = |count: usize| {
        let mut message = serde_json::to_value(join("one")).unwrap();
        let visits = message["Join"]["closed"][0]["visits"].as_object_mut().unwrap();
        let visit = visits["one"].clone();
        for number in 0..count {
            visits.insert(format!("{number:064}"), visit.clone());
        }
        let message = serde_json::from_value(message).unwrap();
        actor::receive(&profile, None, message, &rules).unwrap().0.unwrap()
    };
    let each = crowd(1_000).len() - crowd(999).len();
    let mut row = crowd(LARGEST / each - 10);
    let mut joined = 0;
    let name = |number: usize| format!("late{number:060}");
    while let Some(next) = actor::receive(&profile, Some(&row), join(&name(joined)), &rules).unwrap().0 {
        if next == row {
            break;
        }
        (row, joined) = (next, joined + 1);
    }
    assert!((1..20).contains(&joined) && row.len() <= LARGEST, "{joined} joined, {} bytes", row.len());

    let (next, effects) = actor::receive(&profile, Some(&row), join(&name(joined)), &rules).unwrap();
    let next = next.unwrap();
    let (full, visitors) = (Person::decode(&next).unwrap(), Person::decode(&row).unwrap().visitors());
    assert_eq!(full.visitors(), visitors, "nobody is taken in");
    let late = Address::Visitor(name(joined));
    assert_eq!(effects.messages, [Envelope { to: late.clone(), message: Message::Refused }]);
    let counted: Vec<_> = effects.facts.0.values().flatten().collect();
    assert_eq!(counted, [(&Metric::Diagnostic(Reason::OverLimit), &1); 2], "each event, on its day");
    // So is one that brings no checkpoint, whose message would have room: it counts for itself what it had taken back.
    let open = name(joined + 1);
    let mut message = serde_json::to_value(join(&open)).unwrap();
    message["Join"]["closed"] = serde_json::Value::Null;
    let (_, effects) = actor::receive(&profile, Some(&next), serde_json::from_value(message).unwrap(), &rules).unwrap();
    assert_eq!(effects.messages, [Envelope { to: Address::Visitor(open), message: Message::Refused }]);
    // What else is told of it is kept out too.
    let step = Message::Events { visitor: name(joined), is_member: true, events: entries(&join(&name(joined))) };
    let (next, effects) = actor::receive(&profile, Some(&next), step, &rules).unwrap();
    assert_eq!(Person::decode(&next.unwrap()).unwrap().visitors(), visitors);
    let counted: Vec<_> = effects.facts.0.values().flatten().collect();
    assert_eq!(counted, [(&Metric::Diagnostic(Reason::OverLimit), &1); 2]);
}

fn entries(join: &Message) -> Vec<Entry> {
    let Message::Join { events, .. } = join else { panic!("{join:?}") };
    events.clone()
}

#[test]
fn a_visitor_whose_person_has_no_room_keeps_its_own_figures_and_goes_on_alone() {
    let mut collector = Collector::new(shop(), 3);
    let timeline = visitor("ada").at("0s").view("/").exposed().order(json!(40), "A");
    collector.take(&timeline);
    let before = collector.settled();
    let mut identified = visitor("ada").at("1m").event("$identify", json!({ "profile": "crm-1" }));
    identified.events[0].load = "next".to_owned();
    let address = Address::Visitor("ada".to_owned());
    let batch = parse(batch(&identified.events, T0 + MINUTE).as_bytes(), T0 + MINUTE).unwrap();
    collector.turn(&address, batch, PAGE, T0 + MINUTE);
    assert_ne!(collector.settled(), before, "taken back");
    // As if the profile answered so.
    collector.drop_all();
    for told in 1..=2 {
        collector.tell(Envelope { to: address.clone(), message: Message::Refused });
        assert_eq!(collector.settled(), before, "told {told} times");
    }
    let mut later = visitor("ada").at("2m").order(json!(2), "B");
    later.events[0].load = "later".to_owned();
    collector.take(&later);
    assert_eq!(collector.report().totals.revenue[0].gross, "42.00");
    assert!(collector.row(&Address::Profile("crm-1".to_owned())).is_none());
}
