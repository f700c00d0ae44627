//! The timelines of `tests/fixtures/scenarios.json`: what happened, and what the report says of it.

mod support;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use support::{Collector, millis};
use tributary_core::config::Config;
use tributary_core::config_input::{self, NewSite};
use tributary_core::facts::{Entity, Facts, Metric};
use tributary_core::message::Address;
use tributary_core::report::{By, Range};
use tributary_core::server_event;
use tributary_core::time::{DAY, HOUR, Millis};
use tributary_core::wire::parse;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// When everything is received that is not older than a page may tell.
    now: String,
    /// What a site is made with.
    site: Map<String, Value>,
    /// What every site is given first.
    calls: Vec<Call>,
    scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    /// How long before now the timeline begins; two hours unless given.
    began: Option<String>,
    #[serde(default)]
    site: Map<String, Value>,
    #[serde(default)]
    calls: Vec<Call>,
    events: Vec<Told>,
    /// What the report of the last 30 days holds.
    expect: Value,
    /// What today's holds.
    today: Option<Value>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    #[serde(rename = "call")]
    path: String,
    #[serde(default)]
    body: Value,
    /// When it is made; now unless given.
    when: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    /// The visitor whose page tells.
    page: Option<String>,
    /// Whom a server names.
    server: Option<Map<String, Value>>,
    /// The profile that the page names.
    profile: Option<String>,
    at: String,
    name: String,
    #[serde(default)]
    body: Map<String, Value>,
    /// How often it is sent.
    times: Option<usize>,
}

fn table() -> (Table, Millis) {
    let table: Table = serde_json::from_str(include_str!("../../tests/fixtures/scenarios.json")).unwrap();
    let now = table.now.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    (table, now)
}

/// A time of a timeline that began at `start`: `"5m"`, `"1d 1ms"` or, before it, `"-2h"`.
fn moment(start: Millis, text: &str) -> Millis {
    text.strip_prefix('-').map_or_else(|| start + millis(text), |before| start - millis(before))
}

fn configured(table: &Table, scenario: &Scenario, start: Millis, now: Millis) -> Config {
    let mut site = table.site.clone();
    site.extend(scenario.site.clone());
    let site: NewSite = config_input::read(Value::Object(site).to_string().as_bytes()).unwrap();
    let config = site.into_config("site".to_owned()).unwrap();
    table.calls.iter().chain(&scenario.calls).fold(config, |config, call| {
        let mut body = call.body.clone();
        if let Some(Value::String(at)) = body.get("at") {
            body["at"] = json!(moment(start, at));
        }
        let when = call.when.as_deref().map_or(now, |when| moment(start, when));
        let bytes = body.to_string().into_bytes();
        let made = match call.path.split(['/', ' ']).collect::<Vec<_>>()[..] {
            ["PATCH", "site"] => config.with_change(config_input::read(&bytes).unwrap()),
            ["POST", "communications"] => config.with_communication(config_input::read(&bytes).unwrap()),
            ["POST", "sequences"] => config.with_sequence(config_input::read(&bytes).unwrap()),
            ["POST", "campaigns"] => config.with_campaign(config_input::read(&bytes).unwrap()),
            ["POST", "experiences"] => config.with_experience(config_input::read(&bytes).unwrap()),
            ["POST", "goals"] => config.with_goal(config_input::read(&bytes).unwrap(), when),
            ["POST", "journeys"] => config.with_journey(config_input::read(&bytes).unwrap()),
            ["POST", "experiments"] => config.with_experiment(config_input::read(&bytes).unwrap()),
            ["PATCH", "experiments", key] => {
                config.with_experiment_change(key, config_input::read(&bytes).unwrap(), when)
            }
            ["POST", "experiments", key, "start"] => config.with_start(key, body["at"].as_i64(), when),
            ["POST", "experiments", key, "pause"] => config.with_pause(key, when),
            ["POST", "experiments", key, "resume"] => config.with_resume(key, when),
            ["POST", "experiments", key, "stop"] => config.with_stop(key, when),
            _ => panic!("{}", call.path),
        };
        made.unwrap_or_else(|error| panic!("{}: {}: {error}", scenario.name, call.path))
    })
}

/// Tells an event as often as it is told; a page tells what would be too old by now when it happens.
fn tell(collector: &mut Collector, (place, told): (usize, &Told), start: Millis, now: Millis) {
    let at = moment(start, &told.at);
    for _ in 0..told.times.unwrap_or(1) {
        if let Some(visitor) = &told.page {
            let received = if at < now - 7 * DAY { at } else { now };
            let mut run = json!({ "load": "load", "first": place, "at": at, "events": [[0, told.name, told.body]] });
            if let Some(profile) = &told.profile {
                run["profile"] = json!(profile);
            }
            let batch = json!({ "visitor": visitor, "sent_at": received, "runs": [run] }).to_string();
            let batch = parse(batch.as_bytes(), received).unwrap();
            let outcome = collector.take_in(&Address::Visitor(visitor.clone()), batch, received);
            assert!(outcome.refused.is_empty(), "{:?}", outcome.refused);
        } else {
            let mut line = told.server.clone().expect("a page or a server");
            line.extend([
                ("id".to_owned(), json!(format!("s{place}"))),
                ("at".to_owned(), json!(at)),
                ("name".to_owned(), json!(told.name)),
                ("properties".to_owned(), json!(told.body)),
            ]);
            for (address, batch, _) in server_event::batches(&format!("1\t{}", Value::Object(line)), now) {
                let outcome = collector.take_in(&address, batch, now);
                assert!(outcome.refused.is_empty(), "{:?}", outcome.refused);
            }
        }
    }
}

fn report(collector: &Collector, days: i32, now: Millis) -> Value {
    let range = Range::last(days, collector.rules.zone().day(now));
    let report = collector.report_of(range, By::Sum, now);
    serde_json::from_str(&report.to_json()).unwrap()
}

/// What tells the elements of a list apart.
const NAMES: [&str; 6] = ["key", "variant", "currency", "window_ms", "day", "type"];

/// Where `actual` is not what is expected. An object may hold more; so may a list of named things, but not one of money.
/// `null` is absent.
fn differences(path: &str, expected: &Value, actual: &Value, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            for (key, value) in expected {
                differences(&format!("{path}.{key}"), value, actual.get(key).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(expected), Value::Array(actual)) => {
            let name = |value: &Value| -> Vec<(&str, Value)> {
                NAMES.iter().filter_map(|name| Some((*name, value.get(*name)?.clone()))).collect()
            };
            let is_named = expected.iter().all(|one| !name(one).is_empty() && one.get("currency").is_none());
            if (expected.is_empty() || !is_named) && expected.len() != actual.len() {
                found.push(format!("{path}: {} instead of {}", json!(actual), json!(expected)));
                return;
            }
            for (place, one) in expected.iter().enumerate() {
                let names = name(one);
                let alike = |other: &&Value| names.iter().all(|(key, value)| other.get(*key) == Some(value));
                let other = if names.is_empty() { actual.get(place) } else { actual.iter().find(alike) };
                let at = names.iter().map(|(_, value)| value.to_string()).collect::<Vec<_>>().join(" ");
                differences(&format!("{path}[{at}]"), one, other.unwrap_or(&Value::Null), found);
            }
        }
        (Value::Number(one), Value::Number(other)) if is_near(one.as_f64(), other.as_f64()) => {}
        _ if expected == actual => {}
        _ => found.push(format!("{path}: {actual} instead of {expected}")),
    }
}

fn is_near(one: Option<f64>, other: Option<f64>) -> bool {
    one.zip(other).is_some_and(|(one, other)| (one - other).abs() < 1e-9)
}

#[test]
fn the_report_says_of_each_timeline_what_the_rules_say_however_it_arrived() {
    let (table, now) = table();
    let mut found = Vec::new();
    for scenario in &table.scenarios {
        let start = now - scenario.began.as_deref().map_or(2 * HOUR, millis);
        let mut wrong = Vec::new();
        let mut straight: Option<Facts> = None;
        for (way, shards) in [("as it happened", 2), ("in one shard", 1), ("backwards", 3), ("told last", 5)] {
            let mut collector = Collector::new(configured(&table, scenario, start, now), shards);
            let mut events: Vec<(usize, &Told)> = scenario.events.iter().enumerate().collect();
            if way == "backwards" {
                events.reverse();
            }
            for event in events {
                tell(&mut collector, event, start, now);
                if way != "told last" {
                    collector.deliver();
                }
            }
            collector.deliver();
            let settled = collector.settled();
            match &straight {
                None => {
                    straight = Some(settled);
                    differences("", &scenario.expect, &report(&collector, 30, now), &mut wrong);
                    if let Some(today) = &scenario.today {
                        differences("today", today, &report(&collector, 1, now), &mut wrong);
                    }
                }
                Some(straight) if *straight != settled => wrong.push(format!("{way}: other figures")),
                Some(_) => {}
            }
        }
        if !wrong.is_empty() {
            found.push(format!("{}\n  {}", scenario.name, wrong.join("\n  ")));
        }
    }
    assert!(found.is_empty(), "{} of {}:\n{}", found.len(), table.scenarios.len(), found.join("\n"));
}

#[test]
fn uplift_is_the_treated_rate_over_the_controls_and_incremental_what_the_control_would_not_have_done() {
    let (table, now) = table();
    let scenario = Scenario {
        name: String::new(),
        began: None,
        site: Map::new(),
        calls: vec![Call {
            path: "POST goals".to_owned(),
            body: json!({ "key": "sales", "event": "purchase", "measure": "events" }),
            when: None,
        }],
        events: Vec::new(),
        expect: Value::Null,
        today: None,
    };
    let mut collector = Collector::new(configured(&table, &scenario, now, now), 1);
    let day = collector.rules.zone().day(now);
    let people = [
        (Metric::Treated, 10_000),
        (Metric::TreatedConverted, 500),
        (Metric::Control, 2_000),
        (Metric::ControlConverted, 80),
    ];
    for (metric, count) in people {
        collector.facts.add(day, Entity::Goal(1), metric, count);
    }
    let expected = json!({ "goals": [{ "key": "sales", "uplift": { "uplift": 0.25, "incremental": 100 } }] });
    let mut wrong = Vec::new();
    differences("", &expected, &report(&collector, 30, now), &mut wrong);
    assert!(wrong.is_empty(), "{wrong:?}");
}
