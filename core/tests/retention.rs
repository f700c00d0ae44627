//! A visitor without orders goes after 400 idle days, a person as a whole, and what was counted stays counted.

mod support;

use serde_json::{Value, json};
use support::{Collector, T0, Timeline, shop, visitor};
use tributary_core::config_input::{self, NewCommunication};
use tributary_core::message::Address;
use tributary_core::retention::{are_last, rows_after};
use tributary_core::server_event::batches;
use tributary_core::time::{DAY, Millis};

const LAST: Millis = T0 + 400 * DAY;

fn kept(collector: &Collector, names: &[&str]) -> Vec<String> {
    let address = |name: &&&str| Address::of_key(name).unwrap();
    names.iter().filter(|name| collector.row(&address(name)).is_some()).map(|name| (*name).to_owned()).collect()
}

fn identified(name: &str, at: &str, profile: &str) -> Timeline {
    visitor(name).at(at).view("/").exposed().event("$identify", json!({ "profile": profile }))
}

fn tell(collector: &mut Collector, line: &Value, now: Millis) {
    for (address, batch, _) in batches(&format!("1\t{line}\n"), now) {
        assert_eq!(collector.take_in(&address, batch, now).refused, []);
    }
    collector.deliver();
}

#[test]
fn a_visitor_goes_only_when_it_was_idle_for_400_days_and_never_ordered() {
    let mut collector = Collector::new(shop(), 3);
    collector.take(&visitor("looked").at("0s").view("/").exposed());
    collector.take(&visitor("later").at("1ms").view("/"));
    collector.take(&visitor("bought").at("0s").view("/").order(json!(5), "A"));
    // An order that was folded away is an order still.
    collector.take(&visitor("bought_once").at("0s").order(json!(5), "B"));
    let mut again = visitor("bought_once").at("90d").view("/");
    "again".clone_into(&mut again.events[0].load);
    collector.take(&again);
    let names = ["v/looked", "v/later", "v/bought", "v/bought_once"];
    let before = collector.facts.clone();
    collector.sweep(LAST);
    assert_eq!(kept(&collector, &names), names, "exactly 400 days are not over");
    collector.sweep(LAST + 1);
    assert_eq!(kept(&collector, &names), names[1..]);
    collector.sweep(LAST + 100 * DAY);
    assert_eq!(kept(&collector, &names), names[2..]);
    assert_eq!(collector.facts, before);
}

#[test]
fn a_person_goes_as_a_whole_or_not_at_all() {
    let mut collector = Collector::new(shop(), 4);
    // Idle on one device, not on the other.
    collector.take(&identified("phone", "0s", "alive"));
    collector.take(&identified("laptop", "30d", "alive"));
    // Idle on both.
    collector.take(&identified("tablet", "0s", "gone"));
    collector.take(&identified("watch", "1s", "gone"));
    // One device ordered before it joined, and that was folded away.
    collector.take(&visitor("desk").at("0s").order(json!(5), "A"));
    let mut joining = identified("desk", "70d", "buyer");
    for event in &mut joining.events {
        "joining".clone_into(&mut event.load);
    }
    collector.take(&joining);
    collector.take(&identified("sofa", "1s", "buyer"));
    let before = collector.facts.clone();
    collector.sweep(LAST + 2_000);
    let names = ["v/phone", "v/laptop", "p/alive", "v/tablet", "v/watch", "p/gone", "v/desk", "v/sofa", "p/buyer"];
    let staying = ["v/phone", "v/laptop", "p/alive", "v/desk", "v/sofa", "p/buyer"];
    assert_eq!(kept(&collector, &names), staying);
    collector.sweep(LAST + 100 * DAY);
    assert_eq!(kept(&collector, &names), staying[3..]);
    assert_eq!(collector.facts, before);
}

#[test]
fn a_profile_that_an_order_names_stays_for_its_refund() {
    let mut collector = Collector::new(shop(), 4);
    let mut timeline = visitor("phone").at("0s").view("/").order(json!(50), "A");
    timeline.events[1].profile = Some("named".to_owned());
    collector.take(&timeline);
    let mut looked = visitor("watch").at("0s").view("/");
    looked.events[0].profile = Some("looked".to_owned());
    collector.take(&looked);
    collector.sweep(LAST + 1);
    assert_eq!(kept(&collector, &["v/phone", "p/named", "v/watch", "p/looked"]), ["v/phone", "p/named"]);
}

#[test]
fn a_device_that_came_back_while_its_person_went_stays() {
    let mut collector = Collector::new(shop(), 4);
    collector.take(&identified("tablet", "0s", "gone"));
    let mut back = visitor("tablet").at("401d").view("/");
    "back".clone_into(&mut back.events[0].load);
    let (text, now) = (support::batch(&back.events, back.events[0].at), back.events[0].at);
    // Its shard has it, its person has not heard of it yet.
    let batch = tributary_core::wire::parse(text.as_bytes(), now).unwrap();
    collector.turn(&Address::Visitor("tablet".to_owned()), batch, support::PAGE, now);
    collector.sweep(now);
    assert_eq!(kept(&collector, &["v/tablet", "p/gone"]), ["v/tablet", "p/gone"]);
    assert_eq!(collector.report().totals.sessions, 1, "the report of the first days is as it was");
}

#[test]
fn who_comes_back_after_that_is_new_and_nothing_is_taken_back() {
    let mut collector = Collector::new(shop(), 2);
    for name in ["anonymous", "known"] {
        let timeline = visitor(name).at("0s").view("/").exposed();
        let timeline =
            if name == "known" { timeline.event("$identify", json!({ "profile": "crm-1" })) } else { timeline };
        collector.take(&timeline);
    }
    collector.sweep(LAST + DAY);
    let before = collector.settled();
    for name in ["anonymous", "known"] {
        let mut back = identified(name, "402d", "crm-1");
        for event in &mut back.events {
            "back".clone_into(&mut event.load);
        }
        collector.take(&back);
    }
    let mut added = collector.settled();
    added.subtract(&before);
    assert!(added.0.values().flat_map(std::collections::BTreeMap::values).all(|amount| *amount > 0), "{added:?}");
}

#[test]
fn an_event_of_nobodys_goes_when_no_second_one_could_come_and_its_order_still_takes_refunds() {
    let communication: NewCommunication = config_input::read(br#"{"key":"offer","type":"popup"}"#).unwrap();
    let mut collector = Collector::new(shop().with_communication(communication).unwrap(), 2);
    let order = json!({ "id": "n1", "at": T0, "name": "purchase", "properties": { "revenue": 50, "order_id": "A" } });
    tell(&mut collector, &order, T0);
    collector.sweep(LAST);
    assert_eq!(kept(&collector, &["n/n1"]), ["n/n1"]);
    tell(&mut collector, &order, LAST);
    assert_eq!(collector.report().totals.revenue[0].orders, 1, "a second one is still a duplicate");
    let before = collector.facts.clone();
    collector.sweep(LAST + 1);
    assert_eq!(kept(&collector, &["n/n1"]), [""; 0]);
    assert_eq!(collector.facts, before);
    let refund =
        json!({ "id": "r", "at": LAST + 1, "name": "refund", "properties": { "order_id": "A", "amount": 20 } });
    tell(&mut collector, &refund, LAST + 1);
    let revenue = &collector.report().totals.revenue[0];
    assert_eq!((revenue.gross.as_str(), revenue.net.as_str()), ("50.00", "30.00"));
}

#[test]
fn a_sweep_passes_over_orders_and_comes_to_an_end() {
    let keys = ["n/a", "n/z", "o/0000000000000000", "o/ffffffffffffffff", "p/a", "v/0", "v/zzz"];
    let mut seen = Vec::new();
    let mut cursor = "";
    loop {
        let rows = rows_after(cursor);
        match keys.iter().find(|key| **key > rows.start && **key < rows.end) {
            Some(key) => seen.push(*key),
            None if are_last(&rows) => break,
            None => {}
        }
        cursor = keys.iter().find(|key| **key > rows.start && **key < rows.end).copied().unwrap_or(rows.end);
    }
    assert_eq!(seen, ["n/a", "n/z", "p/a", "v/0", "v/zzz"]);
}
