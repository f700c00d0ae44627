//! Visitors join a person late: nothing that was counted is lost, and nothing counts twice.

mod support;

use serde_json::json;
use support::{Collector, T0, shop, visitor};
use tributary_core::server_event::batches;
use tributary_core::time::DAY;

/// `(page views, orders, gross, net)` of all days.
fn totals(collector: &Collector) -> (i128, i128, i128, i128) {
    use tributary_core::facts::{Entity, Metric};
    let usd = tributary_core::money::Currency::parse("USD").unwrap();
    let sum = |metric| {
        let site = collector.facts.0.iter().filter(|((_, entity), _)| *entity == Entity::Site);
        site.filter_map(|(_, figures)| figures.get(&metric)).sum()
    };
    (sum(Metric::PageViews), sum(Metric::Orders(usd)), sum(Metric::Gross(usd)), sum(Metric::Net(usd)))
}

fn identify(name: &str, at: &str) -> support::Timeline {
    visitor(name).at(at).event("$identify", json!({ "profile": "crm-1" }))
}

#[test]
fn a_visitor_whose_older_days_are_folded_takes_nothing_from_the_person_it_joins() {
    let mut collector = Collector::new(shop(), 3);
    collector.take(&visitor("phone").at("1h").view("/").order(json!(40), "A"));
    let mut known = identify("phone", "2h").view("/");
    for event in &mut known.events {
        event.load = "known".to_owned();
    }
    collector.take(&known);
    for day in 0..76_i64 {
        let at = format!("{day}d 5ms");
        let mut timeline = visitor("laptop").at(&at).view("/");
        timeline.events[0].load = format!("day{day}");
        collector.take(&timeline);
    }
    assert_eq!(totals(&collector), (78, 1, 4_000, 4_000));
    let mut joining = identify("laptop", "76d");
    joining.events[0].load = "last".to_owned();
    collector.take(&joining);
    assert_eq!(totals(&collector), (78, 1, 4_000, 4_000));
}

#[test]
fn an_order_that_joins_too_late_for_credit_can_still_be_refunded() {
    let mut collector = Collector::new(shop(), 3);
    for day in [0, 90] {
        let mut timeline = visitor("phone").at(&format!("{day}d 1h")).view("/");
        timeline = timeline.event("$identify", json!({ "profile": "crm-1" }));
        for event in &mut timeline.events {
            event.load = format!("day{day}");
        }
        collector.take(&timeline);
    }
    collector.take(&visitor("laptop").at("20d").order(json!(30), "B"));
    let mut joining = identify("laptop", "21d");
    joining.events[0].load = "next".to_owned();
    collector.take(&joining);
    assert_eq!(totals(&collector), (2, 1, 3_000, 3_000));
    let now = T0 + 91 * DAY;
    let refund = json!({ "id": "r", "at": now, "name": "refund", "properties": { "order_id": "B", "amount": 10 } });
    for (address, batch, _) in batches(&format!("1\t{refund}\n"), now) {
        collector.take_in(&address, batch, now);
        collector.deliver();
    }
    assert_eq!(totals(&collector), (2, 1, 3_000, 2_000));
}
