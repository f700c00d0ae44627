//! A settled report is a function of the set of accepted events: the order of batches, their grouping, retries and the
//! number of shards do not show.

mod support;

use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;
use support::{Collector, Happening, T0, batch, shop_in, variant_of};
use tributary_core::facts::Facts;
use tributary_core::time::{DAY, HOUR, MINUTE, Millis};

const VISITORS: [&str; 4] = ["ada", "bob", "cyd", "dan"];

/// Steps of time that make ties, sessions that just hold and just break, and days that change.
fn moment() -> impl Strategy<Value = Millis> {
    let minute = prop_oneof![Just(0), Just(1), Just(29), Just(30), Just(31), 0..180_i64];
    let extra = prop_oneof![Just(0), Just(0), Just(0), Just(1)];
    (0..3_i64, 0..4_i64, minute, extra)
        .prop_map(|(day, hour, minute, extra)| T0 + day * DAY + hour * 6 * HOUR + minute * MINUTE + extra)
}

fn deed(visitor: &'static str) -> impl Strategy<Value = (&'static str, serde_json::Value)> {
    let given = variant_of(visitor);
    let other = if given == "b" { "control" } else { "b" };
    let exposure = |variant| ("$exposure", json!({ "experiment": "hero", "variant": variant, "version": 1 }));
    let revenue =
        prop_oneof![Just(json!(10.5)), Just(json!(0)), Just(json!("10")), Just(json!(null)), Just(json!(99.995))];
    let currency = prop_oneof![Just(json!("USD")), Just(json!("JPY")), Just(json!("ZZZ"))];
    let order_id = prop_oneof![Just(json!("A")), Just(json!("B")), Just(json!(7)), Just(json!(null))];
    let order = (revenue, currency, order_id).prop_map(|(revenue, currency, order_id)| {
        ("purchase", json!({ "revenue": revenue, "currency": currency, "order_id": order_id }))
    });
    prop_oneof![
        3 => Just(exposure(given)),
        1 => Just(exposure(other)),
        2 => Just(("$page_view", json!({ "url": "https://shop.example/" }))),
        2 => Just(("$page_view", json!({ "url": "https://shop.example/thanks" }))),
        2 => Just(("$click", json!({ "goals": [[1, 3]] }))),
        1 => Just(("$form_submit", json!({ "goals": [[1, 4], [1, 3]] }))),
        2 => Just(("add_to_cart", json!({}))),
        1 => Just(("$identify", json!({ "profile": "p" }))),
        4 => order,
    ]
}

fn happening() -> impl Strategy<Value = (usize, Happening)> {
    (0..VISITORS.len(), 0..3_u8, moment()).prop_flat_map(|(visitor, load, at)| {
        deed(VISITORS[visitor]).prop_map(move |(name, body)| {
            let (name, load) = (name.to_owned(), format!("load{load}"));
            (
                visitor,
                Happening { visitor: VISITORS[visitor].to_owned(), load, number: 0, at, name, body, profile: None },
            )
        })
    })
}

/// Events of all visitors, numbered within their page loads.
fn timeline() -> impl Strategy<Value = Vec<Happening>> {
    prop::collection::vec(happening(), 1..40).prop_map(|events| {
        let mut next = std::collections::BTreeMap::new();
        let number = |(_, mut event): (usize, Happening)| {
            let counter: &mut u32 = next.entry((event.visitor.clone(), event.load.clone())).or_default();
            event.number = *counter;
            *counter += 1;
            event
        };
        events.into_iter().map(number).collect()
    })
}

/// The figures after the events arrived in batches of the given sizes, in the given order.
fn figures(events: &[Happening], sizes: &[usize], shards: u8, time_zone: &str) -> Facts {
    let mut collector = Collector::new(shop_in(time_zone), shards);
    let now = T0 + 3 * DAY;
    let mut sizes = sizes.iter().cycle();
    let mut rest = events;
    while !rest.is_empty() {
        let (some, others) = rest.split_at((*sizes.next().unwrap()).clamp(1, rest.len()));
        rest = others;
        for visitor in VISITORS {
            let own: Vec<Happening> = some.iter().filter(|event| event.visitor == visitor).cloned().collect();
            if !own.is_empty() {
                collector.receive(&batch(&own, now), now).unwrap();
            }
        }
    }
    collector.settled()
}

fn check<S: Strategy>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let runs = Runs { cases: 300, failure_persistence: None, ..Runs::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    TestRunner::new_with_rng(runs, rng).run(&strategy, test).unwrap();
}

#[test]
fn the_order_of_events_does_not_show() {
    let shuffled = timeline().prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()));
    check(shuffled, |(events, shuffled)| {
        prop_assert_eq!(figures(&events, &[100], 1, "UTC"), figures(&shuffled, &[1], 1, "UTC"));
        Ok(())
    });
}

#[test]
fn the_grouping_into_batches_does_not_show() {
    check((timeline(), prop::collection::vec(1..7_usize, 1..5)), |(events, sizes)| {
        prop_assert_eq!(figures(&events, &[100], 1, "UTC"), figures(&events, &sizes, 1, "UTC"));
        Ok(())
    });
}

#[test]
fn retries_and_duplicates_do_not_show() {
    let repeated =
        (timeline(), prop::collection::vec(any::<prop::sample::Index>(), 1..20)).prop_flat_map(|(events, again)| {
            let mut all = events.clone();
            all.extend(again.iter().map(|index| index.get(&events).clone()));
            (Just(events), Just(all).prop_shuffle())
        });
    check(repeated, |(events, repeated)| {
        prop_assert_eq!(figures(&events, &[100], 1, "UTC"), figures(&repeated, &[3], 1, "UTC"));
        Ok(())
    });
}

#[test]
fn the_number_of_shards_does_not_show() {
    check((timeline(), 1..20_u8), |(events, shards)| {
        prop_assert_eq!(figures(&events, &[5], 1, "UTC"), figures(&events, &[5], shards, "UTC"));
        Ok(())
    });
}

#[test]
fn the_order_does_not_show_in_any_time_zone() {
    let zones = prop_oneof![Just("Pacific/Chatham"), Just("America/New_York"), Just("Asia/Kathmandu")];
    let shuffled = timeline().prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()));
    check((shuffled, zones), |((events, shuffled), zone)| {
        prop_assert_eq!(figures(&events, &[100], 1, zone), figures(&shuffled, &[2], 3, zone));
        Ok(())
    });
}

#[test]
fn facts_add_up_in_any_order_and_cancel() {
    check((timeline(), timeline()), |(one, other)| {
        let (one, other) = (figures(&one, &[9], 1, "UTC"), figures(&other, &[9], 1, "UTC"));
        let (mut forth, mut back) = (one.clone(), other.clone());
        forth.merge(&other);
        back.merge(&one);
        prop_assert_eq!(&forth, &back);
        forth.subtract(&other);
        prop_assert_eq!(forth, one);
        Ok(())
    });
}
