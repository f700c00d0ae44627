//! Erasing a person removes ids and detail; counts stay.

mod support;

use serde_json::{Value, json};
use support::{Collector, T0, shop, visitor};
use tributary_core::assignment::assign;
use tributary_core::config_input::{self, NewExperiment};
use tributary_core::facts::{Entity, Measure, Metric};
use tributary_core::message::Address;
use tributary_core::money::Currency;
use tributary_core::server_event::batches;
use tributary_core::time::{DAY, HOUR};

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

fn tell(collector: &mut Collector, line: &Value) {
    for (address, batch, _) in batches(&format!("1\t{line}\n"), NOW) {
        assert_eq!(collector.take_in(&address, batch, NOW).refused, []);
        collector.deliver();
    }
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
    tell(&mut collector, &refund);
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

/// A visitor whose order names a profile that is not its own: an experiment of profiles counts it too.
fn named() -> Collector {
    let club = json!({
        "key": "club", "unit": "profile", "variants": [{ "key": "control" }, { "key": "b" }],
        "goals": [{ "key": "revenue", "type": "revenue", "event": "purchase", "per": "session" }]
    });
    let club: NewExperiment = config_input::read(club.to_string().as_bytes()).unwrap();
    let config = shop().with_experiment(club).unwrap().with_start("club", Some(T0 - DAY), T0).unwrap();
    let mut collector = Collector::new(config, 4);
    let variant = ["control", "b"][assign("club", "crm", 10_000, [5_000, 5_000]).unwrap()];
    let properties = json!({ "experiment": "club", "variant": variant });
    tell(
        &mut collector,
        &json!({ "id": "e", "at": T0, "profile": "crm", "name": "$exposure", "properties": properties }),
    );
    let mut order = visitor("tablet-secret").at("1h").view("/").order(json!(40), "A");
    order.events[1].profile = Some("crm".to_owned());
    collector.take(&order);
    collector
}

/// Net value of the site, and of the experiment of profiles.
fn nets(collector: &Collector) -> [i128; 2] {
    let usd = Currency::parse("USD").unwrap();
    let of = |entity, is_it: &dyn Fn(&Metric) -> bool| {
        let facts = collector.facts.0.iter().filter(|((_, other), _)| *other == entity);
        facts.flat_map(|(_, figures)| figures).filter(|(metric, _)| is_it(metric)).map(|(_, amount)| amount).sum()
    };
    let is_net =
        |metric: &Metric| matches!(metric, Metric::Goal { measure: Measure::Net(currency), .. } if *currency == usd);
    [of(Entity::Site, &|metric| *metric == Metric::Net(usd)), of(Entity::Experiment(2), &is_net)]
}

#[test]
fn an_erased_visitor_is_forgotten_by_the_profile_it_named_and_its_order_goes_on_being_refunded_there() {
    // Which of the two folds the order first, and whether it was refunded before.
    for (is_folded, refunded) in [(false, 0), (false, 10), (true, 0), (true, 10)] {
        let mut collector = named();
        assert!(holds(&collector, "tablet-secret"));
        let refund = |id: &str, amount: i32| {
            let properties = json!({ "order_id": "A", "amount": amount });
            json!({ "id": id, "at": T0 + 2 * HOUR, "name": "refund", "properties": properties })
        };
        if refunded > 0 {
            tell(&mut collector, &refund("r", refunded));
        }
        if is_folded {
            // The profile goes on: what is more than 60 days older is folded.
            let late = T0 + 70 * DAY;
            let line = json!({ "id": "s", "at": late, "profile": "crm", "name": "step" });
            for (address, batch, _) in batches(&format!("1\t{line}\n"), late) {
                assert_eq!(collector.take_in(&address, batch, late).refused, []);
            }
            collector.deliver();
        }
        let before = collector.settled();
        collector.erase(Address::Visitor("tablet-secret".into()));
        assert!(!holds(&collector, "tablet-secret"), "{is_folded} {refunded}");
        assert!(holds(&collector, "crm"));
        assert_eq!(collector.settled(), before);
        tell(&mut collector, &refund("last", 15));
        let net = i128::from(4_000 - 100 * refunded - 1_500);
        assert_eq!(nets(&collector), [net, net], "{is_folded} {refunded}");
    }
}

#[test]
fn a_profile_keeps_no_visitor_of_somebody_elses_longer_than_the_detail_of_what_it_did() {
    let mut collector = named();
    let address = Address::Profile("crm".into());
    let names = |collector: &Collector| {
        let row = collector.row(&address).unwrap();
        row.windows(13).any(|bytes| bytes == b"tablet-secret")
    };
    assert!(names(&collector));
    // Its visit is over by the end of what is folded.
    for (id, at) in [("s", T0 + 3 * HOUR), ("t", T0 + 70 * DAY)] {
        let line = json!({ "id": id, "at": at, "profile": "crm", "name": "step" });
        for (address, batch, _) in batches(&format!("1\t{line}\n"), at) {
            assert_eq!(collector.take_in(&address, batch, at).refused, []);
        }
        collector.deliver();
    }
    assert!(!names(&collector));
}
