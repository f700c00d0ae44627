//! What a report is asked for, what it reads, and what follows from the counts in it.

mod support;

use serde_json::json;
use support::{Collector, T0, shop, visitor, visitor_given};
use tributary_core::config_input::InputError;
use tributary_core::report::{Asked, By, Range, UpliftCounts};
use tributary_core::time::{DAY, Day};

const TODAY: Day = Day(20_000);

fn asked(query: &str) -> Result<Asked, String> {
    let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let value = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    Asked::parse(value, TODAY).map_err(|error| match error {
        InputError::Field { field, limit } => format!("{field}: {limit}"),
        other => panic!("{other}"),
    })
}

#[test]
fn a_report_is_of_the_days_asked_for_or_a_refusal_names_the_field() {
    let day = |text: &str| Day::parse(text).unwrap();
    let rows = [
        ("", Range::last(30, TODAY), By::Sum),
        ("days=1", Range { from: TODAY, to: TODAY }, By::Sum),
        ("days=400&by=day", Range { from: Day(TODAY.0 - 399), to: TODAY }, By::Day),
        ("from=2024-01-02&to=2024-01-03", Range { from: day("2024-01-02"), to: day("2024-01-03") }, By::Sum),
        ("from=2020-01-01", Range { from: day("2020-01-01"), to: TODAY }, By::Sum),
        ("from=2023-01-01&to=2024-02-04&by=day", Range { from: day("2023-01-01"), to: day("2024-02-04") }, By::Day),
    ];
    for (query, range, by) in rows {
        assert_eq!(asked(query), Ok(Asked { range, by }), "{query}");
    }
    let rows = [
        ("days=0", "days: 1 to 400"),
        ("days=401", "days: 1 to 400"),
        ("days=x", "days: 1 to 400"),
        ("from=2026-13-01", "from: a day as YYYY-MM-DD"),
        ("to=yesterday", "to: a day as YYYY-MM-DD"),
        ("by=hour", "by: day"),
        ("from=2023-01-01&to=2024-02-05&by=day", "from: at most 400 days up to `to`, where they are told day by day"),
    ];
    for (query, refusal) in rows {
        assert_eq!(asked(query), Err(refusal.to_owned()), "{query}");
    }
}

#[test]
fn days_are_told_only_when_they_are_asked_for_and_only_those_with_figures() {
    let mut collector = Collector::new(shop(), 1);
    let ada = visitor(&visitor_given("b", 0)).at("0s").exposed().at("1m").order(json!(10), "A");
    collector.take(&ada.at("2d").track("add_to_cart", json!({})));
    let now = T0 + 3 * DAY;
    let today = collector.rules.zone().day(now);
    let sum = collector.report_of(Range::last(30, today), By::Sum, now);
    assert!(!sum.to_json().contains("\"days\""), "{}", sum.to_json());
    let run = collector.report_of(Range::last(1, today), By::Run(1), now);
    assert_eq!(
        run.to_json().matches("\"days\"").count(),
        1 + support::GOALS.len(),
        "of the experiment and its goals alone"
    );
    assert_eq!(run.experiments[0].days.as_ref().unwrap().len(), 1, "of its whole run");
    let told = collector.report_of(Range::last(30, today), By::Day, now);
    let told: serde_json::Value = serde_json::from_str(&told.to_json()).unwrap();
    let experiment = &told["experiments"][0];
    assert_eq!(experiment["days"], json!([{ "day": "2025-10-09", "exposures": [0, 1], "crossovers": 0 }]));
    let usd = |orders: [i64; 2], gross: [&str; 2]| json!([{ "currency": "USD", "orders": orders, "gross": gross, "net": gross }]);
    let ordered = json!({
        "day": "2025-10-09", "exposures": [0, 1], "conversions": [0, 1], "total_conversions": [0, 1],
        "revenue": usd([0, 1], ["0.00", "10.00"]),
    });
    assert_eq!(experiment["goals"][0]["days"], json!([ordered]));
    let carts = json!([
        { "day": "2025-10-09", "exposures": [0, 1], "conversions": [0, 0], "total_conversions": [0, 0] },
        { "day": "2025-10-11", "exposures": [0, 0], "conversions": [0, 1], "total_conversions": [0, 1] },
    ]);
    assert_eq!(experiment["goals"][1]["days"], carts);
    let days: Vec<&str> = told["days"].as_array().unwrap().iter().filter_map(|day| day["day"].as_str()).collect();
    assert_eq!(days, ["2025-10-09", "2025-10-11"]);
    assert_eq!(told["days"][0]["totals"]["revenue"][0]["gross"], "10.00");
    assert_eq!(told["days"][1]["diagnostics"], json!({ "accepted": 3 }));
}

#[test]
fn uplift_is_the_change_of_the_rate_with_an_interval_by_the_delta_method() {
    let counts = UpliftCounts { treated: 1_000, treated_converted: 60, control: 500, control_converted: 20 };
    let uplift = counts.uplift();
    // 6 % against 4 %: + 50 %. The variance is 0.06 * 0.94 / (1000 * 0.04^2) + 0.06^2 * 0.96 / (500 * 0.04^3)
    // = 0.03525 + 0.108 = 0.14325, its root 0.378484, 1.959964 of which are 0.741815.
    let [low, high] = uplift.interval.unwrap();
    let shown = [uplift.uplift.unwrap(), low, high].map(|number| format!("{number:.6}"));
    assert_eq!(shown, ["0.500000", "-0.241815", "1.241815"]);
    // Of the 1000 treated, 40 would have converted untreated.
    assert_eq!(uplift.incremental, Some(20.0));
}

#[test]
fn uplift_is_absent_where_it_is_not_defined_and_never_no_number() {
    let rows = [
        ("nobody at all", [0, 0, 0, 0], [false, false, false]),
        ("no control", [10, 5, 0, 0], [false, false, false]),
        ("nobody treated", [0, 0, 10, 5], [false, false, true]),
        ("a control that does not convert", [10, 5, 10, 0], [false, false, true]),
        ("treated who do not convert", [10, 0, 10, 5], [true, false, true]),
        ("nobody converts", [10, 0, 10, 0], [false, false, true]),
        ("everybody converts", [10, 10, 10, 10], [true, false, true]),
        ("all treated convert", [10, 10, 10, 5], [true, false, true]),
    ];
    for (why, [treated, treated_converted, control, control_converted], expected) in rows {
        let uplift = UpliftCounts { treated, treated_converted, control, control_converted }.uplift();
        let found = [uplift.uplift.is_some(), uplift.interval.is_some(), uplift.incremental.is_some()];
        assert_eq!(found, expected, "{why}");
        let numbers = uplift.uplift.into_iter().chain(uplift.interval.into_iter().flatten()).chain(uplift.incremental);
        assert!(numbers.into_iter().all(f64::is_finite), "{why}");
    }
}
