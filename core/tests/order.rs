//! Orders and money.

mod support;

use serde_json::{Value, json};
use support::{Collector, T0, Timeline, goal, shop, visitor, visitor_given};
use tributary_core::money::{Currency, average, decimal, parse};
use tributary_core::time::HOUR;
use tributary_core::wire::Reason;

#[test]
fn amounts_are_read_from_their_decimal_text_and_rounded_half_away_from_zero() {
    let rows = [
        ("99.90", "USD", Some(9990)),
        ("500", "JPY", Some(500)),
        ("1.234", "KWD", Some(1234)),
        ("0.005", "USD", Some(1)),
        ("0.0049999999999999999999", "USD", Some(0)),
        ("1.005", "USD", Some(101)),
        ("0.5", "JPY", Some(1)),
        ("1e2", "USD", Some(10_000)),
        ("1.5E+1", "USD", Some(1500)),
        ("5e-3", "USD", Some(1)),
        ("4e-3", "USD", Some(0)),
        ("5e-4", "USD", Some(0)),
        ("0", "USD", Some(0)),
        ("-0", "USD", Some(0)),
        ("-0.0", "USD", Some(0)),
        ("0e999999999", "USD", Some(0)),
        ("1e-999999999", "USD", Some(0)),
        ("-1", "USD", None),
        ("1e999999999", "USD", None),
        ("10000000000000", "USD", None),
        ("9999999999999.99", "USD", Some(999_999_999_999_999)),
        ("9999999999999.994", "USD", Some(999_999_999_999_999)),
        ("9999999999999.995", "USD", None),
        ("1e400", "USD", None),
        ("1e99999999999", "USD", None),
        ("0e99999999999", "USD", Some(0)),
        ("1e-99999999999", "USD", Some(0)),
        ("-0.001", "USD", None),
        ("\"49.9\"", "USD", None),
        ("null", "USD", None),
        ("true", "USD", None),
        ("[]", "USD", None),
    ];
    for (text, currency, expected) in rows {
        let money = parse(text, Currency::parse(currency).unwrap());
        assert_eq!(money.map(|money| money.minor), expected, "{text} {currency}");
    }
}

#[test]
fn amounts_are_shown_in_their_currencys_digits() {
    let rows =
        [(9990, "USD", "99.90"), (5, "USD", "0.05"), (500, "JPY", "500"), (1234, "KWD", "1.234"), (-5, "USD", "-0.05")];
    for (minor, currency, expected) in rows {
        assert_eq!(decimal(minor, Currency::parse(currency).unwrap()), expected);
    }
}

#[test]
fn averages_are_rounded_half_away_from_zero_and_absent_of_nothing() {
    let rows = [(10, 4, Some(3)), (9, 4, Some(2)), (-10, 4, Some(-3)), (7, 0, None)];
    for (total, count, expected) in rows {
        assert_eq!(average(total, count), expected, "{total} / {count}");
    }
}

#[test]
fn an_order_counts_once_however_often_it_is_reported() {
    let mut collector = Collector::new(shop(), 1);
    let ada = visitor(&visitor_given("b", 0)).at("0s").exposed().at("1m").order(json!(40), "A");
    collector.take(&ada.at("2m").order(json!(40), "A").at("3m").order(json!(60), "C"));
    let report = collector.report();
    assert_eq!(goal(&report, "purchase", "b"), "exposures 1, conversions 1, total 2, USD orders 2, gross 100.00");
    assert_eq!(report.totals.revenue[0].orders, 2);
}

#[test]
fn the_earliest_report_of_an_order_stands() {
    let mut collector = Collector::new(shop(), 1);
    let late_first = visitor("ada").at("5m").order(json!(50), "A").at("1m").order(json!(40), "A");
    for event in &late_first.events {
        let now = support::T0 + 600_000;
        collector.receive(&support::batch(std::slice::from_ref(event), now), now).unwrap();
    }
    assert_eq!(collector.report().totals.revenue[0].gross, "40.00");
}

#[test]
fn of_two_reports_with_equal_times_numbers_and_ids_the_smaller_visitors_stands() {
    let report = |name: &str, revenue| visitor(name).at("1m").order(json!(revenue), "A");
    for order in [["bob", "ada"], ["ada", "bob"]] {
        for shards in [1, 3] {
            let mut collector = Collector::new(shop(), shards);
            for name in order {
                collector.take(&report(name, name.len() + usize::from(name == "ada")));
            }
            assert_eq!(collector.report().totals.revenue[0].gross, "4.00", "{order:?}");
        }
    }
}

#[test]
fn what_counts_as_an_order_id() {
    let rows = [
        (json!("A"), json!("A"), 1, "the same text"),
        (json!(17), json!("17"), 1, "a whole number is its decimal text"),
        (json!("A"), json!("a"), 2, "texts differ by case"),
        (json!(1.0), json!("1"), 1, "also where it is written with a point"),
        (json!(1e21), json!("1000000000000000000000"), 1, "or with an exponent"),
        (json!(12_500.0), json!(12_500), 1, "the same number is the same text"),
        (json!(9_007_199_254_740_993_i64), json!("9007199254740993"), 1, "every digit counts"),
        (json!(-5), json!("-5"), 1, "below zero too"),
        (json!(-0.0), json!("0"), 1, "nothing has no sign"),
        (json!("1.0"), json!(1), 2, "a text is itself"),
        (json!(1e127), json!(1e127), 1, "as many digits as can be"),
        (json!(1e128), json!(1e128), 2, "longer than an id may be"),
        (json!(1.5), json!(1.5), 2, "no whole number is no id"),
        (json!(1e-9), json!(1e-9), 2, "nor is one with an exponent"),
        (json!(true), json!(true), 2, "nor a truth"),
        (json!(""), json!(""), 2, "an empty text is no id"),
        (json!("x".repeat(128)), json!("x".repeat(128)), 1, "as long as can be"),
        (json!("x".repeat(129)), json!("x".repeat(129)), 2, "too long is no id"),
        (json!(null), json!(null), 2, "none"),
        (json!({ "a": 1 }), json!({ "a": 1 }), 2, "an object is no id"),
    ];
    for (first, second, expected, why) in rows {
        let mut collector = Collector::new(shop(), 1);
        let order = |id| json!({ "revenue": 10, "order_id": id });
        collector
            .take(&visitor("ada").at("0s").track("purchase", order(first)).at("1s").track("purchase", order(second)));
        assert_eq!(collector.report().totals.revenue[0].orders, expected, "{why}");
    }
}

#[test]
fn numbers_of_one_value_are_one_order_id_however_they_are_written() {
    let rows = [
        ("1000", ["1e3", "1E+3", "1000.0", "10.00e2", "100000e-2", "0.1e4"].as_slice()),
        ("-20", &["-2e1", "-20.0"]),
        ("0", &["-0", "0.0", "0e5", "-0e-5"]),
    ];
    for (whole, others) in rows {
        for other in others {
            let mut collector = Collector::new(shop(), 1);
            for (number, id) in [whole, other].into_iter().enumerate() {
                let run = format!(
                    r#"{{"load":"l{number}","first":0,"at":{T0},"events":[[0,"purchase",{{"revenue":1,"order_id":{id}}}]]}}"#
                );
                let batch = format!(r#"{{"visitor":"ada","sent_at":{T0},"runs":[{run}]}}"#);
                assert_eq!(collector.receive(&batch, T0).unwrap().accepted, 1);
            }
            assert_eq!(collector.report().totals.revenue[0].orders, 1, "{other} is {whole}");
        }
    }
}

#[test]
fn a_refund_in_another_currency_is_told_of_whenever_its_order_comes() {
    let order = |load: &str, at: &str, currency: &str| {
        let order = json!({ "revenue": 50, "currency": currency, "order_id": "A" });
        loaded(load, visitor("ada").at(at).track("purchase", order))
    };
    let refund = |load: &str, body: Value| loaded(load, visitor("bob").at("5m").track("refund", body));
    let of = |currency: &str| json!({ "order_id": "A", "amount": 10, "currency": currency });
    let all = json!({ "order_id": "A", "currency": "JPY" });
    let whole = json!({ "order_id": "A" });
    let rows = [
        (vec![order("o", "9m", "EUR"), refund("r", of("USD"))], 1, "50.00", "after its order"),
        (vec![refund("r", of("USD")), order("o", "9m", "EUR")], 1, "50.00", "before it"),
        (vec![refund("r", all.clone()), order("o", "9m", "EUR")], 1, "50.00", "of all"),
        (
            vec![refund("r", of("USD")), refund("s", of("USD")), refund("t", all), order("o", "9m", "EUR")],
            3,
            "50.00",
            "each refund",
        ),
        (vec![refund("r", of("EUR")), order("o", "9m", "EUR")], 0, "40.00", "in its order's currency"),
        (vec![refund("r", whole), order("o", "9m", "EUR")], 0, "0.00", "in whichever it is"),
        (
            vec![refund("r", of("USD")), order("o", "9m", "EUR"), order("p", "10m", "EUR")],
            1,
            "50.00",
            "told once, whatever is reported later",
        ),
        (
            vec![refund("r", of("EUR")), order("o", "9m", "EUR"), order("p", "8m", "USD")],
            1,
            "50.00",
            "once an earlier report makes it one",
        ),
    ];
    for (timelines, told, net, why) in rows {
        let mut collector = Collector::new(shop(), 2);
        for timeline in &timelines {
            collector.receive(&support::batch(&timeline.events, T0 + HOUR), T0 + HOUR).unwrap();
        }
        assert_eq!(collector.diagnostic(Reason::BadRevenue), told, "{why}");
        assert_eq!(collector.report().totals.revenue[0].net, net, "{why}");
    }
}

/// A page load of its own.
fn loaded(load: &str, mut timeline: Timeline) -> Timeline {
    for event in &mut timeline.events {
        load.clone_into(&mut event.load);
    }
    timeline
}

#[test]
fn bad_revenue_is_a_custom_event_and_an_order_of_nothing_but_no_revenue_conversion() {
    let rows = [
        (json!({ "revenue": "49.9", "currency": "USD" }), "USD", "0.00"),
        (json!({ "revenue": -1, "currency": "EUR" }), "EUR", "0.00"),
        (json!({ "revenue": null, "currency": "USD" }), "USD", "0.00"),
        (json!({ "revenue": 49.9, "currency": "ZZZ" }), "USD", "0.00"),
        (json!({ "revenue": 49.9, "currency": 7 }), "USD", "0.00"),
    ];
    for (properties, currency, gross) in rows {
        let mut collector = Collector::new(shop(), 1);
        collector.take(&visitor(&visitor_given("b", 0)).at("0s").exposed().track("purchase", properties.clone()));
        let report = collector.report();
        assert_eq!(collector.diagnostic(Reason::BadRevenue), 1, "{properties}");
        assert_eq!(report.totals.custom_events, 1, "{properties}");
        assert_eq!(goal(&report, "purchase", "b"), "exposures 1, conversions 0, total 0", "{properties}");
        let revenue = &report.totals.revenue[0];
        assert_eq!(
            (revenue.currency.code(), revenue.orders, revenue.gross.as_str()),
            (currency, 1, gross),
            "{properties}"
        );
    }
}

#[test]
fn an_order_without_revenue_is_worth_nothing_and_no_fault() {
    let mut collector = Collector::new(shop(), 1);
    collector.take(&visitor("ada").at("0s").track("purchase", json!({ "order_id": "A" })));
    assert_eq!(collector.diagnostic(Reason::BadRevenue), 0);
    assert_eq!(collector.report().totals.revenue[0].gross, "0.00");
}

#[test]
fn currencies_are_never_added_up() {
    let mut collector = Collector::new(shop(), 1);
    let order = |revenue: f64, currency: &str| json!({ "revenue": revenue, "currency": currency });
    let ada = visitor("ada").at("0s").track("purchase", order(10.0, "usd")).track("purchase", order(500.0, "JPY"));
    collector.take(&ada.track("purchase", order(1.234, "KWD")).track("purchase", json!({ "revenue": 1 })));
    let report = collector.report();
    let lines: Vec<String> = report
        .totals
        .revenue
        .iter()
        .map(|revenue| format!("{} {} {}", revenue.currency.code(), revenue.orders, revenue.gross))
        .collect();
    assert_eq!(lines, ["JPY 1 500", "KWD 1 1.234", "USD 2 11.00"]);
    assert_eq!(report.totals.revenue[2].aov.as_deref(), Some("5.50"));
}
