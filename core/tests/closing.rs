//! Old events are folded a hundred at a time: where each order's net value was counted is found all the same.

mod support;

use serde_json::{Value, json};
use support::{Collector, T0, shop};
use tributary_core::facts::Metric::{Gross, Net, Orders};
use tributary_core::message::Address;
use tributary_core::person::Person;
use tributary_core::server_event::batches;
use tributary_core::time::{DAY, HOUR, Millis, SECOND};

fn tell(collector: &mut Collector, lines: impl Iterator<Item = Value>, now: Millis) {
    let lines: Vec<String> = lines.enumerate().map(|(place, line)| format!("{place}\t{line}\n")).collect();
    for (address, batch, _) in batches(&lines.concat(), now) {
        assert_eq!(collector.take_in(&address, batch, now).refused, []);
    }
    collector.deliver();
}

fn order(number: i64, at: Millis) -> Value {
    let properties = json!({ "revenue": 10, "order_id": number });
    json!({ "id": format!("o{number}"), "at": at, "visitor": "ada", "name": "purchase", "properties": properties })
}

fn refund(number: i64, at: Millis) -> Value {
    let properties = json!({ "order_id": number, "amount": 3 });
    json!({ "id": format!("r{number}-{at}"), "at": at, "visitor": "bob", "name": "refund", "properties": properties })
}

/// Orders, gross and net value in minor units, all told: each is counted for the site and for what nothing earned.
fn sales(collector: &Collector) -> [i128; 3] {
    let currency = collector.rules.config.currency;
    let facts = collector.settled();
    [Orders(currency), Gross(currency), Net(currency)]
        .map(|metric| facts.0.values().filter_map(|figures| figures.get(&metric)).sum::<i128>() / 2)
}

#[test]
fn pieces_of_a_fold_part_no_order_from_its_refunds() {
    let rows = [
        (99, SECOND, "less than a piece"),
        (100, SECOND, "a piece"),
        (101, SECOND, "one more than a piece"),
        (250, HOUR, "several pieces, of many sessions and days"),
        (250, 0, "one millisecond, which is never parted"),
    ];
    for (count, apart, why) in rows {
        let mut collector = Collector::new(shop(), 2);
        let last = T0 + count * apart;
        tell(&mut collector, (0..count).map(|number| order(number, T0 + number * apart)), last);
        tell(&mut collector, (0..count).step_by(2).map(|number| refund(number, last)), last);
        let later = last + 61 * DAY;
        let step = json!({ "id": "later", "at": later, "visitor": "ada", "name": "step" });
        tell(&mut collector, std::iter::once(step), later);

        let ada = Address::Visitor("ada".to_owned());
        let export = Person::decode(collector.row(&ada).unwrap()).unwrap().export(&ada);
        assert_eq!((export.events.len(), export.folded_until), (1, Some(T0 + (count - 1) * apart)), "{why}");
        let (all, half) = (i128::from(count), i128::from((count + 1) / 2));
        assert_eq!(sales(&collector), [all, all * 1_000, all * 1_000 - half * 300], "{why}");
        tell(&mut collector, (0..count).map(|number| refund(number, later)), later);
        assert_eq!(sales(&collector), [all, all * 1_000, all * 700 - half * 300], "{why}, refunded once folded");
    }
}
