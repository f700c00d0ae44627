//! Reports of random timelines: from totals and a few days as from all days there were, and day by day.
#![allow(dead_code, reason = "the timelines are the oracle's")]

mod support;

#[path = "oracle/dice.rs"]
mod dice;
#[path = "oracle/kept.rs"]
mod kept;
#[path = "oracle/rules.rs"]
mod rules;
#[path = "oracle/shop.rs"]
mod shop;
#[path = "oracle/timeline.rs"]
mod timeline;
#[path = "oracle/told.rs"]
mod told;

use dice::Dice;
use serde_json::Value;
use timeline::NOW;
use tributary_core::config::Config;
use tributary_core::facts::{Entity, Facts, Metric};
use tributary_core::report::{Asked, By, Ledger, Range, Report};
use tributary_core::time::{DAY, Day};

fn shops() -> [[Config; 2]; 3] {
    ["UTC", "Pacific/Chatham", "America/New_York"].map(shop::shop)
}

/// Facts in as many parts as there are days and entities, in any order, some of them in two.
fn parts(facts: &Facts, dice: &mut Dice) -> Vec<Facts> {
    let mut parts = Vec::new();
    for (place, figures) in &facts.0 {
        let mut whole = Facts([(*place, figures.clone())].into());
        if dice.one_in(3) {
            let mut more = Facts::default();
            for metric in figures.keys() {
                more.add(place.0, place.1, *metric, 7);
            }
            whole.subtract(&more);
            parts.push(more);
        }
        parts.push(whole);
    }
    dice.shuffle(&mut parts);
    parts
}

/// Where two of the same shape differ first.
fn difference(found: &Value, expected: &Value, path: &str) -> Option<String> {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) if found.len() == expected.len() => {
            found.iter().find_map(|(name, value)| difference(value, expected.get(name)?, &format!("{path}.{name}")))
        }
        (Value::Array(found), Value::Array(expected)) if found.len() == expected.len() => {
            let pairs = found.iter().zip(expected).enumerate();
            pairs.into_iter().find_map(|(place, (one, other))| difference(one, other, &format!("{path}[{place}]")))
        }
        _ => (found != expected).then(|| format!("{path}: {found} instead of {expected}")),
    }
}

#[test]
fn totals_and_the_days_asked_for_say_what_all_days_say_in_whatever_order_they_arrive() {
    let configs = shops();
    for case in 0..16 {
        let mut dice = Dice(case);
        let config = dice.pick(&[&configs[0], &configs[1], &configs[2]]);
        let mut facts = rules::settled(config, &timeline::history(&mut dice, 200));
        // A few weeks without a gap, so that facts come for the days right before and after the end of a total.
        for ago in 0..40 {
            facts.add(Day(config[1].zone().day(NOW).0 - ago), Entity::Experiment(1), Metric::Crossovers, 1);
        }
        let mut tables = kept::Tables::default();
        for part in parts(&facts, &mut dice) {
            tables.count(&part);
        }
        let today = config[1].zone().day(NOW);
        let past = Range { from: Day(today.0 - 300), to: Day(today.0 - 200) };
        for range in [Range::last(1, today), Range::last(30, today), Range::last(400, today), past] {
            for by in [By::Sum, By::Day, By::Run(2)] {
                let asked = Asked { range, by };
                let (ledger, _) = tables.read(asked, &config[1], NOW);
                let found = Report::read(&config[1], &ledger, asked, NOW, 0);
                let expected = Report::read(&config[1], &Ledger::of(&facts), asked, NOW, 0);
                let [found, expected] =
                    [found, expected].map(|report| serde_json::from_str(&report.to_json()).unwrap());
                assert_eq!(difference(&found, &expected, "report"), None, "case {case} {asked:?}");
            }
        }
    }
}

#[test]
fn a_report_reads_as_many_rows_after_a_year_as_after_four_months_and_totals_are_written_once_a_week() {
    let [config, _] = &shop::shop("UTC");
    let entities: Vec<Entity> = Asked { range: Range::last(30, Day(0)), by: By::Sum }
        .needs(config, 0)
        .into_iter()
        .map(|need| need.entity)
        .collect();
    let mut tables = kept::Tables::default();
    let mut read = Vec::new();
    for day in (0..400).map(Day) {
        for _ in 0..10 {
            let mut facts = Facts::default();
            for entity in &entities {
                facts.add(day, *entity, Metric::People, 1);
            }
            tables.count(&facts);
        }
        let now = DAY * i64::from(day.0);
        if (120..150).contains(&day.0) || day.0 >= 370 {
            read.push(tables.read(Asked { range: Range::last(30, day), by: By::Sum }, config, now).1);
        }
    }
    assert_eq!(read[..30].iter().max(), read[30..].iter().max(), "{read:?}");
    let with_total = entities.iter().filter(|entity| entity.has_total()).count();
    // One at the first, then one a week, though there are ten folds a day.
    assert!(tables.totals_written <= with_total * (1 + 400 / 7), "{} of {with_total}", tables.totals_written);
}

/// Numbers of the days of an object, added up, are those of the object; amounts and those per variant too.
fn days_add_up(told: &Value, path: &str) {
    if let Some(days) = told.get("days").and_then(Value::as_array) {
        counts_add_up(told, days, path);
        amounts_add_up(told, days, path);
        variants_add_up(told, days, path);
    }
    match told {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| days_add_up(value, &format!("{path}.{name}"))),
        Value::Array(all) => all.iter().for_each(|value| days_add_up(value, path)),
        _ => {}
    }
}

fn counts_add_up(told: &Value, days: &[Value], path: &str) {
    for (name, value) in told.as_object().unwrap() {
        let Some(whole) = value.as_i64().filter(|_| days.iter().any(|day| day.get(name).is_some())) else { continue };
        let sum: i64 = days.iter().filter_map(|day| day[name].as_i64()).sum();
        assert_eq!(sum, whole, "{path}.{name}");
    }
}

fn amounts_add_up(told: &Value, days: &[Value], path: &str) {
    for whole in told.get("revenue").and_then(Value::as_array).into_iter().flatten() {
        let gross = |sum: &Value| sum["gross"].as_str()?.parse::<f64>().ok();
        let of_day =
            |day: &Value| gross(day["revenue"].as_array()?.iter().find(|sum| sum["currency"] == whole["currency"])?);
        let sum: f64 = days.iter().filter_map(of_day).sum();
        assert!((sum - gross(whole).unwrap()).abs() < 0.001, "{path}.revenue: {sum} of {whole}");
    }
}

fn variants_add_up(told: &Value, days: &[Value], path: &str) {
    let variants = told.get("variants").and_then(Value::as_array).into_iter().flatten();
    for (place, variant) in variants.enumerate() {
        for name in ["exposures", "conversions", "total_conversions", "sessions", "sessions_met"] {
            let mut of_days = days.iter().filter_map(|day| day.get(name)?.get(place)?.as_i64()).peekable();
            if of_days.peek().is_some() {
                assert_eq!(variant[name].as_i64(), Some(of_days.sum()), "{path} {name}");
            }
        }
    }
}

#[test]
fn days_add_up_to_what_is_told_of_the_range() {
    let configs = shops();
    for case in 0..60 {
        let mut dice = Dice(case);
        let config = dice.pick(&[&configs[0], &configs[1], &configs[2]]);
        let events = timeline::timeline(&mut dice, 40);
        let facts = rules::settled(config, &events);
        let ledger = Ledger::of(&facts);
        let range = Range::last(60, config[1].zone().day(NOW));
        let told = Report::read(&config[1], &ledger, Asked { range, by: By::Day }, NOW, 0);
        days_add_up(&serde_json::from_str(&told.to_json()).unwrap(), "report");
        for day in told.days.as_ref().unwrap() {
            let only = Day::parse(&day.day).unwrap();
            let asked = Asked { range: Range { from: only, to: only }, by: By::Sum };
            let alone = Report::read(&config[1], &ledger, asked, NOW, 0);
            let of_day = &day.figures;
            assert_eq!(
                (&alone.totals, &alone.holdout, &alone.diagnostics),
                (&of_day.totals, &of_day.holdout, &of_day.diagnostics)
            );
            for (alone, told) in alone.communications.iter().zip(&told.communications) {
                let of_day = told.days.iter().flatten().find(|other| other.day == day.day);
                assert!(of_day.is_none_or(|of_day| of_day.figures == alone.figures), "{}", told.key);
            }
        }
    }
}
