//! What it takes to read a report: 100 experiments of 5 variants and 10 goals that have run for 90 days. `npm run bench -- core`
//! runs it.
//!
//! Prints one JSON object of figures. The same figures at every run; a reference loop is timed beside them, and the ratio to
//! it is what can be compared.
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use serde_json::{Value, json};
use tributary_core::config::Config;
use tributary_core::config_input::{self, NewExperiment, NewSite};
use tributary_core::facts::{Entity, Facts, Measure, Metric};
use tributary_core::hash::fnv1a64;
use tributary_core::money::Currency;
use tributary_core::report::{Asked, By, Ledger, Range, Report};
use tributary_core::time::{DAY, Day, Millis};

const T0: Millis = 1_760_000_000_000;
const EXPERIMENTS: u16 = 100;
const VARIANTS: u8 = 5;
const GOALS: u8 = 10;
const DAYS: i32 = 90;
const ROUNDS: usize = 20;
/// What the reference loop hashes.
const REFERENCE_BYTES: usize = 1_000_000;

fn main() {
    let config = config();
    let facts = facts(&config);
    let ledger = Ledger::of(&facts);
    let now = T0 + Millis::from(DAYS) * DAY;
    let asked = Asked { range: Range::last(30, config.zone().day(now)), by: By::Sum };
    let text = vec![b'x'; REFERENCE_BYTES];
    let (mut read, mut reference, mut comparisons) = (f64::MAX, f64::MAX, 0);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let report = black_box(Report::read(&config, &ledger, asked, now, 0));
        read = read.min(started.elapsed().as_secs_f64());
        let goals = report.experiments.iter().flat_map(|experiment| &experiment.goals);
        comparisons = goals.filter_map(|goal| goal.challengers.as_ref()).map(Vec::len).sum();
        let started = Instant::now();
        black_box(fnv1a64(black_box(&text)));
        reference = reference.min(started.elapsed().as_secs_f64());
    }
    let rounded = |value: f64| json!((value * 100.0).round() / 100.0);
    let figures: BTreeMap<&str, Value> = BTreeMap::from([
        ("core.report_comparisons", json!(comparisons)),
        ("core.report_ms", rounded(read * 1e3)),
        ("core.report_to_reference", rounded(read / reference)),
    ]);
    println!("{}", serde_json::to_string_pretty(&figures).expect("figures are JSON"));
}

/// Goals of all kinds: shares of units and of sessions, revenue per unit and AOV.
fn config() -> Config {
    let site = json!({ "name": "Measured", "time_zone": "Europe/Berlin", "currency": "EUR" });
    let site: NewSite = config_input::read(site.to_string().as_bytes()).expect("a site");
    let mut config = site.into_config("site".to_owned()).expect("a configuration");
    let variants: Vec<Value> = (0..VARIANTS).map(|place| json!({ "key": format!("v{place}") })).collect();
    let goal = |place: u8| {
        let key = format!("g{place}");
        match place % 4 {
            0 => json!({ "key": key, "type": "custom_event", "event": "cart" }),
            1 => json!({ "key": key, "type": "revenue", "event": "purchase" }),
            2 => json!({ "key": key, "type": "custom_event", "event": "cart", "per": "session" }),
            _ => json!({ "key": key, "type": "revenue", "event": "purchase", "decides": "aov" }),
        }
    };
    let goals: Vec<Value> = (0..GOALS).map(goal).collect();
    for number in 0..EXPERIMENTS {
        let key = format!("e{number}");
        let new = json!({ "key": key, "variants": variants, "goals": goals });
        let new: NewExperiment = config_input::read(new.to_string().as_bytes()).expect("an experiment");
        config = config.with_experiment(new).expect("it fits").with_start(&key, Some(T0), T0).expect("it starts");
    }
    config
}

/// Every figure of every day.
fn facts(config: &Config) -> Facts {
    let (mut facts, first, euro) =
        (Facts::default(), config.zone().day(T0), Currency::parse("EUR").expect("a currency"));
    for number in 1..=EXPERIMENTS {
        let entity = Entity::Experiment(number);
        for day in (0..DAYS).map(|day| Day(first.0 + day)) {
            for variant in 0..VARIANTS {
                facts.add(day, entity, Metric::Exposures(variant), 500 + i128::from(variant));
                for goal in 0..GOALS {
                    let mut add =
                        |measure, amount| facts.add(day, entity, Metric::Goal { goal, variant, measure }, amount);
                    add(Measure::Conversions, 50 + i128::from(variant));
                    add(Measure::TotalConversions, 70);
                    add(Measure::Orders(euro), 60);
                    add(Measure::Gross(euro), 300_000);
                    add(Measure::Net(euro), 290_000);
                    add(Measure::Sessions, 800);
                    add(Measure::SessionsMet, 60);
                    add(Measure::Squares, if goal % 4 == 2 { 90 } else { 2_500_000_000 });
                    add(Measure::DenominatorSquares, if goal % 4 == 2 { 1_500 } else { 80 });
                    add(Measure::Products, if goal % 4 == 2 { 100 } else { 400_000 });
                }
            }
        }
    }
    facts
}
