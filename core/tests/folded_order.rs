//! Orders that were folded into a checkpoint, and what is told of them later: they count once, and never less than nothing.

mod support;

use serde_json::{Value, json};
use support::{Collector, PAGE, T0, batch, shop, variant_of, visitor};
use tributary_core::config::Config;
use tributary_core::config_input;
use tributary_core::facts::{Entity, Facts, Measure, Metric};
use tributary_core::message::Address;
use tributary_core::money::Currency;
use tributary_core::server_event::batches;
use tributary_core::time::{DAY, Millis};
use tributary_core::wire::{Reason, parse};

/// `hero` with a second version, under which everybody is given the other variant.
fn reversed(visitor: &str) -> Config {
    let weights = if variant_of(visitor) == "b" { [1.0, 0.0] } else { [0.0, 1.0] };
    let change = config_input::read(json!({ "weights": weights }).to_string().as_bytes()).unwrap();
    shop().with_experiment_change("hero", change, T0).unwrap()
}

fn tell(
    collector: &mut Collector,
    id: &str,
    at: Millis,
    visitor: Option<&str>,
    name: &str,
    properties: impl Into<Value>,
) {
    let mut line = json!({ "id": id, "at": at, "name": name, "properties": properties.into() });
    if let Some(visitor) = visitor {
        line["visitor"] = json!(visitor);
    }
    for (address, batch, _) in batches(&format!("1\t{line}"), at) {
        assert_eq!(collector.take_in(&address, batch, at).refused, []);
    }
    collector.deliver();
}

/// What is left of the experiment's sums of orders and money.
fn sales(facts: &Facts, entity: Entity) -> Vec<(Metric, i128)> {
    let of = facts.0.iter().filter(|((_, other), _)| *other == entity).flat_map(|(_, figures)| figures);
    let is_sale = |metric: &Metric| {
        let Metric::Goal { measure, .. } = metric else { return matches!(metric, Metric::Net(_) | Metric::Orders(_)) };
        matches!(measure, Measure::Net(_) | Measure::Gross(_) | Measure::Orders(_))
    };
    of.filter(|(metric, _)| is_sale(metric)).map(|(metric, amount)| (*metric, *amount)).collect()
}

#[test]
fn a_refund_of_a_folded_order_leaves_an_experiment_with_the_unit_that_crosses_over() {
    let other = ["b", "control"][usize::from(variant_of("ada") == "b")];
    let exposure =
        |variant: &str, version: u32| json!({ "experiment": "hero", "variant": variant, "version": version });
    // What is identified last has its figures made by a profile; the refund comes before or after the crossover.
    for is_known in [false, true] {
        for refund_at in [72, 74] {
            let why = format!("known {is_known}, refunded on day {refund_at}");
            let mut collector = Collector::new(reversed("ada"), 3);
            let ada = Some("ada");
            tell(&mut collector, "x", T0, ada, "$exposure", exposure(variant_of("ada"), 1));
            tell(&mut collector, "o", T0 + 1, ada, "purchase", json!({ "revenue": 40, "order_id": "A" }));
            tell(&mut collector, "s", T0 + 70 * DAY, ada, "step", json!({}));
            if is_known {
                tell(&mut collector, "i", T0 + 71 * DAY, ada, "$identify", json!({ "profile": "crm-1" }));
            }
            let refund = json!({ "order_id": "A", "amount": 15 });
            let crossing = |collector: &mut Collector| {
                tell(collector, "y", T0 + 73 * DAY, ada, "$exposure", exposure(other, 2));
            };
            if refund_at > 73 {
                crossing(&mut collector);
            }
            tell(&mut collector, "r", T0 + refund_at * DAY, None, "refund", refund);
            if refund_at < 73 {
                crossing(&mut collector);
            }
            assert_eq!(collector.diagnostic(Reason::BadAssignment), 0, "{why}");
            let facts = collector.settled();
            assert_eq!(sales(&facts, Entity::Experiment(1)), [], "{why}");
            let usd = Currency::parse("USD").unwrap();
            assert_eq!(sales(&facts, Entity::Site), [(Metric::Orders(usd), 1), (Metric::Net(usd), 2_500)], "{why}");
        }
    }
}

#[test]
fn an_earlier_report_that_comes_while_an_order_is_being_folded_does_not_count_beside_it() {
    let mut collector = Collector::new(shop(), 3);
    let order = json!({ "revenue": 40, "order_id": "A" });
    tell(&mut collector, "o", T0 + 1, Some("ada"), "purchase", order.clone());
    // Ada goes on, which folds her order, and a server tells what bob reported before: nothing is delivered in between.
    let mut later = visitor("ada").at("70d").view("/");
    later.events[0].load = "later".to_owned();
    let now = T0 + 70 * DAY;
    let line = json!({ "id": "b", "at": T0, "visitor": "bob", "name": "purchase", "properties": order });
    for (address, batch, _) in batches(&format!("1\t{line}"), now) {
        collector.take_in(&address, batch, now);
    }
    let views = parse(batch(&later.events, now).as_bytes(), now).unwrap();
    collector.turn(&Address::Visitor("ada".to_owned()), views, PAGE, now);
    collector.deliver();
    let usd = Currency::parse("USD").unwrap();
    let sales = |collector: &Collector| sales(&collector.settled(), Entity::Site);
    assert_eq!(sales(&collector), [(Metric::Orders(usd), 1), (Metric::Net(usd), 4_000)]);
    tell(&mut collector, "r", T0 + 71 * DAY, None, "refund", json!({ "order_id": "A", "amount": 15 }));
    assert_eq!(sales(&collector), [(Metric::Orders(usd), 1), (Metric::Net(usd), 2_500)]);
}
