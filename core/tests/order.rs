//! Orders and money.

mod support;

use serde_json::json;
use support::{Collector, goal, shop, visitor, visitor_given};
use tributary_core::money::{Currency, average, decimal, parse};
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
fn what_counts_as_an_order_id() {
    let rows = [
        (json!("A"), json!("A"), 1, "the same text"),
        (json!(17), json!("17"), 1, "a whole number is its decimal text"),
        (json!("A"), json!("a"), 2, "texts differ by case"),
        (json!(1.5), json!(1.5), 2, "no whole number is no id"),
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
