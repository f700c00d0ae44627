//! Erasing a person removes ids and detail; counts stay.

mod support;

use serde_json::json;
use support::{Collector, shop, visitor};
use tributary_core::message::Address;
use tributary_core::server_event::batches;

const NOW: i64 = support::T0 + 3 * tributary_core::time::DAY;

/// Two devices of one person, and somebody else.
fn collector() -> Collector {
    let mut collector = Collector::new(shop(), 4);
    let identify = |name: &str, at: &str, order: &str| {
        let timeline = visitor(name).at(at).view("/").exposed().order(json!(40), order);
        timeline.event("$identify", json!({ "profile": "crm-secret" }))
    };
    collector.take(&identify("phone-secret", "1h", "A"));
    collector.take(&identify("laptop-secret", "2h", "B"));
    collector.take(&visitor("other").at("3h").view("/").order(json!(7), "C"));
    collector
}

fn holds(collector: &Collector, text: &str) -> bool {
    collector.stored().windows(text.len()).any(|bytes| bytes == text.as_bytes())
}

#[test]
fn whoever_of_a_person_is_named_all_of_it_is_gone_and_every_figure_stays() {
    for named in [Address::Profile("crm-secret".into()), Address::Visitor("phone-secret".into())] {
        let mut collector = collector();
        let before = collector.facts.clone();
        assert!(holds(&collector, "crm-secret") && holds(&collector, "laptop-secret"));
        collector.erase(named.clone());
        for text in ["crm-secret", "phone-secret", "laptop-secret"] {
            assert!(!holds(&collector, text), "{text} after {named:?}");
        }
        assert!(holds(&collector, "other"));
        assert_eq!(collector.facts, before);
    }
}

#[test]
fn a_refund_still_lowers_the_net_value_of_an_erased_persons_order() {
    let mut collector = collector();
    collector.erase(Address::Profile("crm-secret".into()));
    let refund = json!({ "id": "r", "at": NOW, "name": "refund", "properties": { "order_id": "A", "amount": 15 } });
    for (address, batch, _) in batches(&format!("1\t{refund}\n"), NOW) {
        collector.take_in(&address, batch, NOW);
        collector.deliver();
    }
    let totals = collector.report().totals;
    assert_eq!((totals.revenue[0].gross.as_str(), totals.revenue[0].net.as_str()), ("87.00", "72.00"));
}

#[test]
fn an_erased_visitor_who_returns_is_a_new_one() {
    let mut collector = collector();
    collector.erase(Address::Visitor("other".into()));
    collector.take(&visitor("other").at("1d").view("/"));
    assert_eq!(collector.report().totals.new_visitors, 4);
}
