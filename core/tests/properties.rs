//! Properties of custom events as conditions and sums take them.

mod support;

use serde_json::json;
use support::{Collector, T0, shop};
use tributary_core::config::Config;
use tributary_core::config_input;
use tributary_core::facts::{Entity, Metric, Value};

fn quizzes() -> Config {
    let goal = json!({ "key": "points", "event": "quiz", "measure": "value", "property": "points",
        "condition": { "level": "hard" }, "at": T0 });
    shop().with_goal(config_input::read(goal.to_string().as_bytes()).unwrap(), T0).unwrap()
}

/// How often the goal was met by an event with these properties, and their sum in billionths.
fn met(properties: &str) -> (i128, i128) {
    let mut collector = Collector::new(quizzes(), 1);
    let batch = format!(
        r#"{{"visitor":"ada","sent_at":{T0},"runs":[{{"load":"l","first":0,"at":{T0},"events":[[0,"quiz",{properties}]]}}]}}"#
    );
    assert_eq!(collector.receive(&batch, T0).unwrap().accepted, 1, "{properties}");
    let facts = &collector.facts;
    let sum = |value| -> i128 {
        let goal = facts.0.iter().filter(|((_, entity), _)| *entity == Entity::Goal(1));
        goal.filter_map(|(_, figures)| figures.get(&Metric::Uncredited(value))).sum()
    };
    (sum(Value::Events), sum(Value::Decimal))
}

#[test]
fn a_number_beyond_all_numbers_costs_no_other_property() {
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    let rows = [
        (r#"{"level":"hard","points":2}"#.to_owned(), (1, 2_000_000_000)),
        (r#"{"level":"hard","points":2,"ratio":1e400}"#.to_owned(), (1, 2_000_000_000)),
        (r#"{"cart":{"lines":[{"price":-1e999}]},"level":"hard","points":2}"#.to_owned(), (1, 2_000_000_000)),
        (r#"{"level":"hard","points":1e400}"#.to_owned(), (1, 0)),
        (r#"{"level":1e400,"points":2}"#.to_owned(), (0, 0)),
        (format!(r#"{{"level":"hard","points":2,"deep":{deep}}}"#), (1, 2_000_000_000)),
    ];
    for (properties, expected) in rows {
        assert_eq!(met(&properties), expected, "{}", &properties[..properties.len().min(80)]);
    }
}

#[test]
fn decimals_are_added_as_they_were_written() {
    let rows = [
        ("0.1", 100_000_000),
        ("123456789.123456789", 123_456_789_123_456_789),
        ("-9007199254740.993000001", -9_007_199_254_740_993_000_001),
        ("999999999999999.999999999", 999_999_999_999_999_999_999_999),
        ("0.0000000005", 1),
        ("1e3", 1_000_000_000_000),
        ("\"7\"", 0),
        ("true", 0),
        ("null", 0),
    ];
    for (points, expected) in rows {
        assert_eq!(met(&format!(r#"{{"level":"hard","points":{points}}}"#)), (1, expected), "{points}");
    }
}
