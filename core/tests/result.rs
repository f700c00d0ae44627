//! What a run's figures come to in a report: sums over units, exposures against shares, how far the sample is.

mod support;

use serde_json::{Value, json};
use support::{Collector, T0, hero, shop, visitor, visitor_given};
use tributary_core::config::Config;
use tributary_core::config_input::{self, NewExperiment, NewSite};
use tributary_core::facts::{Entity, Facts, Measure, Metric};
use tributary_core::report::{Asked, By, ExperimentReport, Ledger, Range, Report};
use tributary_core::statistics::Figure;
use tributary_core::time::{DAY, HOUR, Millis};

fn site() -> Config {
    let site: NewSite =
        config_input::read(br#"{"name":"Shop","time_zone":"Asia/Kathmandu","currency":"USD"}"#).unwrap();
    site.into_config("site".to_owned()).unwrap()
}

/// `hero` with other fields, running since a day before [`T0`].
fn running(fields: Value) -> Config {
    let mut hero = json!({
        "key": "hero", "variants": [{ "key": "control" }, { "key": "b" }],
        "goals": [{ "key": "purchase", "type": "revenue", "event": "purchase" }],
    });
    for (name, value) in fields.as_object().unwrap() {
        hero[name] = value.clone();
    }
    let new: NewExperiment = config_input::read(hero.to_string().as_bytes()).unwrap();
    site().with_experiment(new).unwrap().with_start("hero", Some(T0 - DAY), T0).unwrap()
}

/// Three visitors of `b`: one orders twice, one once, one not at all.
fn sold(config: Config) -> ExperimentReport {
    let mut collector = Collector::new(config, 3);
    let [one, two, three] = [0, 1, 2].map(|nth| visitor_given("b", nth));
    let yen = json!({ "revenue": 500, "currency": "JPY", "order_id": "Y" });
    collector.take(&visitor(&one).at("0s").exposed().at("1m").order(json!(10), "A").at("2d").order(json!(20), "B"));
    collector.take(&visitor(&two).at("0s").exposed().at("1m").order(json!(5), "C").track("purchase", yen));
    collector.take(&visitor(&three).at("0s").exposed());
    collector.take(&visitor(&one).at("2d 1m").track("refund", json!({ "order_id": "B" })));
    collector.report().experiments.remove(0)
}

fn of_b(report: &ExperimentReport) -> Figure {
    report.decision.as_ref().unwrap().figures[1]
}

#[test]
fn what_decides_is_summed_over_every_exposed_unit_in_the_currency_of_the_site_and_gross() {
    let decides =
        |decides| json!({ "goals": [{ "key": "p", "type": "revenue", "event": "purchase", "decides": decides }] });
    let mean = |sum, sum_of_squares| Figure::Mean { units: 3, sum, sum_of_squares };
    let aov = |numerator, numerator_squares, products| Figure::Ratio {
        units: 3,
        numerator,
        denominator: 3,
        numerator_squares,
        denominator_squares: 4 + 1,
        products,
    };
    let rows = [
        ("revenue", json!({}), mean(3_500, 3_000 * 3_000 + 500 * 500)),
        ("orders", decides("orders_per_unit"), mean(3, 4 + 1)),
        ("AOV", decides("aov"), aov(3_500, 3_000 * 3_000 + 500 * 500, 2 * 3_000 + 500)),
        ("capped", json!({ "plan": { "revenue_cap": 12.5 } }), mean(1_750, 1_250 * 1_250 + 500 * 500)),
    ];
    for (why, fields, expected) in rows {
        assert_eq!(of_b(&sold(running(fields))), expected, "{why}");
    }
}

#[test]
fn what_lies_beyond_the_cap_is_told() {
    let capped = sold(running(json!({ "plan": { "revenue_cap": 12.5 } })));
    let beyond = |report: &ExperimentReport| report.goals[0].variants.iter().map(|b| b.beyond_cap.clone()).collect();
    let told: Vec<Option<String>> = beyond(&capped);
    assert_eq!(told, [Some("0.00".to_owned()), Some("17.50".to_owned())]);
    assert_eq!(capped.goals[0].variants[1].revenue[1].gross, "35.00", "what was paid stays what was paid");
    let told: Vec<Option<String>> = beyond(&sold(running(json!({}))));
    assert_eq!(told, [None, None]);
}

#[test]
fn sessions_are_summed_by_the_unit_they_are_of() {
    let goals = json!({ "goals": [{ "key": "bounces", "type": "bounce_rate" }] });
    let mut collector = Collector::new(running(goals), 3);
    let [one, two] = [0, 1].map(|nth| visitor_given("b", nth));
    collector.take(&visitor(&one).at("0s").exposed().view("/").at("2h").view("/").view("/cart").at("4h").view("/"));
    collector.take(&visitor(&two).at("0s").exposed().view("/").at("1m").view("/cart"));
    let report = collector.report().experiments.remove(0);
    let expected = Figure::Ratio {
        units: 2,
        numerator: 2,
        denominator: 4,
        numerator_squares: 4,
        denominator_squares: 9 + 1,
        products: 6,
    };
    assert_eq!(of_b(&report), expected);
}

/// Exposures of two variants under the first version, and under one more.
fn told(config: &Config, first: [i128; 2], second: [i128; 2], now: Millis) -> ExperimentReport {
    let (mut facts, entity) = (Facts::default(), Entity::Experiment(1));
    let day = config.zone().day(now);
    for (place, variant) in [0, 1].into_iter().zip([0_u8, 1]) {
        facts.add(day, entity, Metric::Exposures(variant), first[place] + second[place]);
        facts.add(day, entity, Metric::ExposuresUnder { variant, version: 2 }, second[place]);
    }
    let asked = Asked { range: Range::last(1, day), by: By::Sum };
    Report::read(config, &Ledger::of(&facts), asked, now, 0).experiments.remove(0)
}

#[test]
fn exposures_are_held_against_the_shares_of_the_version_they_were_first_under() {
    let change = config_input::read(br#"{"weights": [0.1, 0.9]}"#).unwrap();
    let config = shop().with_experiment_change("hero", change, T0).unwrap();
    let rows = [
        ("as both versions say", [1_000, 1_000], [200, 1_800], false),
        ("all as the second says", [200, 1_800], [200, 1_800], true),
        ("all as the first says", [1_000, 1_000], [1_000, 1_000], true),
        ("the first alone", [1_000, 1_020], [0, 0], false),
        ("the second alone", [0, 0], [210, 1_790], false),
    ];
    for (why, first, second, alarm) in rows {
        let report = told(&config, first, second, T0 + DAY);
        assert_eq!(report.mismatch.map(|mismatch| mismatch.alarm), Some(alarm), "{why}");
    }
    assert_eq!(told(&config, [3, 4], [0, 0], T0 + DAY).mismatch, None, "too few to tell");
}

#[test]
fn results_show_from_24_hours_after_the_start_and_counts_before() {
    let config = site().with_experiment(hero(1.0)).unwrap().with_start("hero", Some(T0), T0).unwrap();
    let before = told(&config, [1_000, 900], [0, 0], T0 + DAY - 1);
    assert_eq!((before.shown_from, before.variants[1].exposures), (Some(T0 + DAY), 900));
    assert_eq!((&before.decision, &before.mismatch, &before.goals[0].challengers), (&None, &None, &None));
    let progress = before.progress.unwrap();
    assert_eq!((progress.fewest, progress.outlook.power, progress.outlook.smallest_effect), (900, None, None));
    let after = told(&config, [1_000, 900], [0, 0], T0 + DAY);
    assert!(after.decision.is_some() && after.goals.iter().all(|goal| goal.challengers.is_some()));
}

#[test]
fn days_to_go_are_those_of_the_variant_that_takes_longest_at_the_traffic_of_the_last_week() {
    let goals = json!({ "goals": [{ "key": "cart", "type": "custom_event", "event": "add_to_cart" }] });
    let days = |weights: [f64; 2], counts: [i128; 2], age: Millis| {
        let variants = json!([{ "key": "control", "weight": weights[0] }, { "key": "b", "weight": weights[1] }]);
        let mut fields = goals.clone();
        fields["variants"] = variants;
        told(&running(fields), counts, [0, 0], T0 - DAY + age).progress.unwrap()
    };
    let even = days([0.5, 0.5], [5_000, 5_106], 2 * DAY);
    assert_eq!((even.outlook.required, even.fewest, even.days_to_go), (Some(21_106), 5_000, Some(7)));
    assert!((even.units_per_day.unwrap() - 5_053.0).abs() < 1e-9, "{even:?}");
    let uneven = days([0.9, 0.1], [9_000, 1_000], 2 * DAY);
    assert_eq!(uneven.days_to_go, Some(41), "20,106 are missing at 500 a day");
    let week = days([0.5, 0.5], [5_000, 5_000], 30 * DAY);
    let units_per_day = week.units_per_day.unwrap();
    assert!((1_428.0..1_667.0).contains(&units_per_day), "six whole days and a part of today: {units_per_day}");
    assert_eq!(days([0.5, 0.5], [21_106, 21_106], 2 * DAY).days_to_go, Some(0));
    assert_eq!(days([0.5, 0.5], [0, 0], 2 * HOUR).days_to_go, None, "nobody comes");
    assert_eq!(days([1.0, 0.0], [21_106, 3], 2 * DAY).days_to_go, None, "nobody is given the variant");
}

#[test]
fn what_was_decided_before_stands_whatever_the_figures_say_now() {
    let goals = json!({ "goals": [{ "key": "cart", "type": "custom_event", "event": "add_to_cart" }] });
    let config = running(goals);
    let read = |converted: [i128; 2], kept: Option<&ExperimentReport>| {
        let (mut facts, entity) = (Facts::default(), Entity::Experiment(1));
        let day = config.zone().day(T0 + DAY);
        for (variant, converted) in [0_u8, 1].into_iter().zip(converted) {
            let measure = Measure::Conversions;
            facts.add(day, entity, Metric::Exposures(variant), 22_000);
            facts.add(day, entity, Metric::Goal { goal: 0, variant, measure }, converted);
        }
        let mut ledger = Ledger::of(&facts);
        if let Some(kept) = kept {
            ledger.take_decision(1, kept.decision.clone().unwrap());
        }
        let asked = Asked { range: Range::last(1, day), by: By::Sum };
        Report::read(&config, &ledger, asked, T0 + DAY, 0).experiments.remove(0)
    };
    let winner = read([440, 560], None);
    assert_eq!(winner.summary.headline, "b wins");
    let later = read([440, 450], Some(&winner));
    assert_eq!((&later.decision, &later.summary), (&winner.decision, &winner.summary));
    assert_ne!(later.goals[0].challengers, winner.goals[0].challengers, "the figures of now stand beside it");
    assert_eq!(read([440, 450], None).summary.headline, "No clear winner");
}
