//! What is said of an experiment: a sentence for every state, made from the figures.

#![allow(clippy::needless_pass_by_value, reason = "short tables before fast ones")]

mod support;

use std::fmt::Write as _;

use serde_json::{Value, json};
use support::T0;
use tributary_core::config::Config;
use tributary_core::config_input::{self, NewExperiment, NewSite};
use tributary_core::facts::{Entity, Facts, Measure, Metric};
use tributary_core::money::Currency;
use tributary_core::report::{Asked, By, ExperimentReport, Ledger, Range, Report};
use tributary_core::time::{DAY, HOUR, Millis};
use tributary_core::words::number;

/// An experiment in numbers.
struct Run {
    experiment: Value,
    arms: Vec<Arm>,
    age: Millis,
    /// Units exposed on each of the last seven days; all others were on the first.
    per_day: i128,
    /// What happened to it since.
    change: fn(Config) -> Config,
}

/// Exposed, and the figures of each goal by its place.
type Arm = (i128, Vec<(u8, Measure, i128)>);

fn rate(exposed: i128, converted: i128) -> Arm {
    (exposed, vec![(0, Measure::Conversions, converted)])
}

fn run(more: Value, arms: Vec<Arm>) -> Run {
    let names = ["Morning light", "Evening collection", "Night sale"];
    let keys = ["control", "b", "c"];
    let variants: Vec<Value> =
        keys.iter().zip(names).take(arms.len()).map(|(key, name)| json!({ "key": key, "name": name })).collect();
    let mut experiment = json!({
        "key": "hero", "variants": variants,
        "goals": [{ "key": "cart", "type": "custom_event", "event": "add_to_cart" }],
    });
    for (name, value) in more.as_object().unwrap() {
        experiment[name] = value.clone();
    }
    Run { experiment, arms, age: 14 * DAY, per_day: 100, change: |config| config }
}

impl Run {
    fn report(&self) -> ExperimentReport {
        let site = json!({ "name": "Shop", "time_zone": "UTC", "currency": "USD" });
        let site: NewSite = config_input::read(site.to_string().as_bytes()).unwrap();
        let new: NewExperiment = config_input::read(self.experiment.to_string().as_bytes()).unwrap();
        let config = site.into_config("site".to_owned()).unwrap().with_experiment(new).unwrap();
        let now = T0 + self.age;
        let config = (self.change)(config.with_start("hero", Some(T0), T0).unwrap());
        let (mut facts, entity) = (Facts::default(), Entity::Experiment(1));
        let (first, today) = (config.zone().day(T0), config.zone().day(now));
        for (variant, (exposed, did)) in (0_u8..).zip(&self.arms) {
            let lately = (self.per_day * 7 / i128::try_from(self.arms.len()).unwrap()).min(*exposed);
            facts.add(today, entity, Metric::Exposures(variant), lately);
            facts.add(first, entity, Metric::Exposures(variant), exposed - lately);
            for &(goal, measure, amount) in did {
                facts.add(first, entity, Metric::Goal { goal, variant, measure }, amount);
            }
        }
        let asked = Asked { range: Range::last(30, today), by: By::Sum };
        Report::read(&config, &Ledger::of(&facts), asked, now, 0).experiments.remove(0)
    }

    fn summary(&self) -> String {
        let summary = self.report().summary;
        format!("{}. {}", summary.headline, summary.sentence).replace('\u{a0}', " ")
    }
}

/// Every failing row is told.
fn compare<T>(rows: impl IntoIterator<Item = (&'static str, T, &'static str)>, said: impl Fn(T) -> String) {
    let mut wrong = String::new();
    for (why, row, expected) in rows {
        let said = said(row);
        if said != expected {
            writeln!(wrong, "{why}:\n  said     {said}\n  expected {expected}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn none() -> Value {
    json!({})
}

fn plan(plan: Value) -> Value {
    json!({ "plan": plan })
}

/// Revenue per visitor, in cents: so many visitors, their sum, the sum of their squares.
fn revenue(exposed: i128, sum: i128, squares: i128) -> Arm {
    let usd = Currency::parse("USD").unwrap();
    let orders = (0, Measure::Orders(usd), exposed / 50);
    (exposed, vec![orders, (0, Measure::Gross(usd), sum), (0, Measure::Squares, squares)])
}

/// A second goal, bounces, with so many of a thousand sessions of a visitor each.
fn bounces((exposed, mut did): Arm, sessions: i128, bounced: i128) -> Arm {
    did.extend([
        (1, Measure::Sessions, sessions),
        (1, Measure::SessionsMet, bounced),
        (1, Measure::Squares, bounced),
        (1, Measure::DenominatorSquares, sessions),
        (1, Measure::Products, bounced),
    ]);
    (exposed, did)
}

fn guarded(stops: bool) -> Value {
    json!({ "goals": [
        { "key": "cart", "type": "custom_event", "event": "add_to_cart" },
        { "key": "bounce", "name": "Bounces", "type": "bounce_rate", "direction": "decrease", "guardrail": { "tolerance": 0.05, "stops": stops } },
    ] })
}

#[test]
fn an_experiment_under_way_says_what_is_known_and_what_is_missing() {
    let rows = [
        (
            "nobody yet",
            Run { age: HOUR, ..run(none(), vec![rate(0, 0), rate(0, 0)]) },
            "Nothing to compare yet. Nobody was given a variant yet: pages give one by getVariant, markup or changes, and only then somebody is counted.",
        ),
        (
            "nobody for two weeks",
            run(none(), vec![rate(0, 0), rate(0, 0)]),
            "Nothing to compare yet. Nobody was given a variant since the start: check that pages give one by getVariant, markup or changes, and only then somebody is counted.",
        ),
        (
            "the first day",
            Run { age: DAY - 1, ..run(none(), vec![rate(1, 0), rate(0, 0)]) },
            "Too early for results. 1 visitor counted so far; results show from 24 hours after the start, for the first hours mislead.",
        ),
        (
            "a challenger leads",
            Run { per_day: 2_000, ..run(none(), vec![rate(8_000, 160), rate(8_100, 200)]) },
            "Evening collection leads, but it is too early to tell. Evening collection’s conversion rate is 23.5 % higher than Morning light’s so far, which may still be chance. Each variant needs 21,106 visitors, and the smallest has 8,000; at the present traffic that takes about 12 more days.",
        ),
        (
            "the control leads",
            Run { per_day: 2_000, ..run(none(), vec![rate(8_000, 200), rate(8_100, 160)]) },
            "Morning light leads, but it is too early to tell. Evening collection’s conversion rate is 21.0 % lower than Morning light’s so far, which may still be chance. Each variant needs 21,106 visitors, and the smallest has 8,000; at the present traffic that takes about 12 more days.",
        ),
        (
            "less is better",
            Run {
                per_day: 26_000,
                ..run(
                    json!({ "goals": [{ "key": "cart", "type": "custom_event", "event": "cancel", "direction": "decrease" }] }),
                    vec![rate(8_000, 200), rate(8_100, 160)],
                )
            },
            "Evening collection leads, but it is too early to tell. Evening collection’s conversion rate is 21.0 % lower than Morning light’s so far, which may still be chance. Each variant needs 17,339 visitors, and the smallest has 8,000; at the present traffic that takes about 8 more days.",
        ),
        (
            "nobody leads",
            Run { per_day: 26_000, ..run(none(), vec![rate(21_000, 420), rate(21_000, 420)]) },
            "Too early to tell. No variant is ahead of all others. Each variant needs 21,106 visitors, and the smallest has 21,000; at the present traffic that takes about 1 more day.",
        ),
        (
            "too little traffic",
            Run { per_day: 20, ..run(none(), vec![rate(3_000, 60), rate(3_000, 60)]) },
            "Too early to tell. No variant is ahead of all others. Each variant needs 21,106 visitors, and the smallest has 3,000; at the present traffic that takes more than a year, so look for a larger effect or more traffic.",
        ),
        (
            "no traffic",
            Run { per_day: 0, ..run(none(), vec![rate(3_000, 60), rate(3_000, 60)]) },
            "Too early to tell. No variant is ahead of all others. Each variant needs 21,106 visitors, and the smallest has 3,000; no new visitor came lately, so at the present traffic it will not be reached.",
        ),
        (
            "a pause",
            Run {
                change: |config| config.with_pause("hero", T0 + DAY).unwrap(),
                ..run(none(), vec![rate(3_000, 60), rate(3_000, 60)])
            },
            "Too early to tell. No variant is ahead of all others. Each variant needs 21,106 visitors, and the smallest has 3,000; in the pause nobody new is counted.",
        ),
        (
            "the sequential method may be early",
            Run {
                per_day: 2_000,
                ..run(plan(json!({ "method": "sequential" })), vec![rate(8_000, 160), rate(8_100, 200)])
            },
            "Evening collection leads, but it is too early to tell. Evening collection’s conversion rate is 23.5 % higher than Morning light’s so far, which may still be chance. Each variant needs 21,106 visitors, and the smallest has 8,000; at the present traffic that takes about 12 more days. This method may find a winner before that.",
        ),
        (
            "revenue needs a spread",
            run(
                json!({ "unit": "profile", "goals": [{ "key": "purchase", "type": "revenue", "event": "purchase" }] }),
                vec![revenue(2_000, 0, 0), revenue(2_050, 480_000, 5_000_000_000)],
            ),
            "Too early to tell. No variant is ahead of all others. How many profiles are needed shows once every variant has figures to measure a spread from: there are 4,050 so far.",
        ),
    ];
    compare(rows, |run| run.summary());
}

#[test]
fn an_experiment_that_is_decided_says_how_sure_that_is() {
    let rows = [
        (
            "a winner",
            run(none(), vec![rate(22_000, 440), rate(22_100, 560)]),
            "Evening collection wins. Evening collection’s conversion rate is 26.7 % higher than Morning light’s, between +11.1 % and +42.3 % with 95 % confidence (p < 0.001).",
        ),
        (
            "a winner by chances",
            run(plan(json!({ "method": "bayesian" })), vec![rate(22_000, 440), rate(22_100, 512)]),
            "Evening collection wins. Evening collection’s conversion rate is 15.8 % higher than Morning light’s, between +1.2 % and +30.4 % with a chance of 95 % (the chance that it is higher at all: 98.3 %).",
        ),
        (
            "a winner before the sample",
            run(plan(json!({ "method": "sequential" })), vec![rate(12_000, 240), rate(12_100, 400)]),
            "Evening collection wins. Evening collection’s conversion rate is 65.3 % higher than Morning light’s, between +23.3 % and +107.3 % with 95 % confidence (p < 0.001).",
        ),
        (
            "the control wins",
            run(none(), vec![rate(22_000, 560), rate(22_100, 440)]),
            "Morning light stays: nothing does better. Evening collection’s conversion rate is 21.8 % lower than Morning light’s, between −31.4 % and −12.1 % with 95 % confidence (p < 0.001).",
        ),
        (
            "the control wins by chances",
            run(plan(json!({ "method": "bayesian" })), vec![rate(22_000, 560), rate(22_100, 440)]),
            "Morning light stays: nothing does better. Evening collection’s conversion rate is 21.8 % lower than Morning light’s, between −31.4 % and −12.1 % with a chance of 95 % (the chance that it is lower at all: more than 99.9 %).",
        ),
        (
            "nothing stands out",
            run(none(), vec![rate(22_000, 440), rate(22_100, 440)]),
            "No clear winner. The sample is complete, and nothing stands out from chance. Evening collection’s conversion rate differs from Morning light’s by between −13.5 % and +12.6 %, with 95 % confidence. An effect of 20 % would have shown with a chance of 81.6 %.",
        ),
        (
            "a sample that is far larger than it needs to be",
            run(none(), vec![rate(220_000, 4_400), rate(221_000, 4_400)]),
            "No clear winner. The sample is complete, and nothing stands out from chance. Evening collection’s conversion rate differs from Morning light’s by between −4.6 % and +3.7 %, with 95 % confidence. An effect of 20 % would have shown with a chance of more than 99.9 %.",
        ),
    ];
    compare(rows, |run| run.summary());
}

#[test]
fn an_experiment_that_proves_nothing_says_why_and_a_bandit_names_no_winner() {
    let rows = [
        (
            "shares that were not kept",
            run(none(), vec![rate(22_000, 560), rate(20_100, 440)]),
            "These figures cannot be trusted. Variants were not given as their shares say (Morning light 52.3 % instead of 50.0 %, Evening collection 47.7 % instead of 50.0 %): chance alone does that in fewer than 1 of 1,000 experiments. Look for a variant that redirects or fails, for pages that show one without asking, and for bots that load only one.",
        ),
        (
            "an early end",
            Run {
                change: |config| config.with_stop("hero", T0 + 3 * DAY).unwrap(),
                ..run(none(), vec![rate(3_000, 60), rate(3_000, 80)])
            },
            "Ended too early to tell. Each variant needs 21,106 visitors, and the smallest had 3,000 at the end: what differs may be chance.",
        ),
        (
            "a guardrail that a winner breaches",
            run(
                guarded(false),
                vec![bounces(rate(22_000, 440), 22_000, 9_000), bounces(rate(22_100, 560), 22_100, 10_500)],
            ),
            "No winner: a guardrail is breached. Evening collection raises the bounce rate of “Bounces” by more than the 5 % that is tolerated, so it cannot win.",
        ),
        (
            "a guardrail that stops",
            Run {
                per_day: 2_000,
                ..run(
                    guarded(true),
                    vec![bounces(rate(8_000, 160), 8_000, 3_000), bounces(rate(8_100, 200), 8_100, 4_500)],
                )
            },
            "Evening collection leads, but it is too early to tell. Evening collection’s conversion rate is 23.5 % higher than Morning light’s so far, which may still be chance. Each variant needs 21,106 visitors, and the smallest has 8,000; at the present traffic that takes about 12 more days. Evening collection raises the bounce rate of “Bounces” by more than the 5 % that is tolerated, so the test should stop.",
        ),
        (
            "a guardrail that stopped",
            Run {
                change: |config| config.with_breach(1, T0 + 5 * DAY).unwrap(),
                ..run(
                    guarded(true),
                    vec![bounces(rate(8_000, 160), 8_000, 3_000), bounces(rate(8_100, 200), 8_100, 4_500)],
                )
            },
            "Stopped by a guardrail. Evening collection raises the bounce rate of “Bounces” by more than the 5 % that is tolerated, so the test was stopped. Each variant needs 21,106 visitors, and the smallest had 8,000 at the end: what differs may be chance.",
        ),
        (
            "a bandit at its start",
            run(plan(json!({ "bandit": {} })), vec![rate(2_000, 40), rate(2_100, 60)]),
            "Traffic follows the results. All variants get the same share so far; shares will follow what does best. A bandit names no winner.",
        ),
        (
            "a bandit",
            Run {
                change: |config| config.with_shares(1, &[3_000, 7_000], 100).unwrap(),
                ..run(plan(json!({ "bandit": {} })), vec![rate(2_000, 40), rate(2_100, 60)])
            },
            "Traffic follows the results. Evening collection gets 70 % of the traffic, for its conversion rate is the most promising so far. A bandit earns while it learns and names no winner.",
        ),
    ];
    compare(rows, |run| run.summary());
}

#[test]
fn before_its_start_an_experiment_says_that_nothing_is_counted() {
    let site: NewSite = config_input::read(br#"{"name":"Shop","time_zone":"UTC","currency":"USD"}"#).unwrap();
    let hero = run(none(), vec![rate(0, 0), rate(0, 0)]).experiment;
    let new: NewExperiment = config_input::read(hero.to_string().as_bytes()).unwrap();
    let draft = site.into_config("site".to_owned()).unwrap().with_experiment(new).unwrap();
    let scheduled = draft.with_start("hero", Some(T0 + DAY), T0).unwrap();
    for (config, headline) in [(draft, "Not started"), (scheduled, "Scheduled")] {
        let asked = Asked { range: Range::last(30, config.zone().day(T0)), by: By::Sum };
        let report = Report::read(&config, &Ledger::default(), asked, T0, 0);
        let told = &report.experiments[0];
        assert_eq!(told.summary.headline, headline);
        assert_eq!((&told.progress, &told.decision, &told.goals[0].challengers), (&None, &None, &None));
    }
}

#[test]
fn a_challenger_is_told_by_how_much_it_differs_and_whether_that_may_be_chance() {
    let purchase = || json!({ "goals": [{ "key": "purchase", "type": "revenue", "event": "purchase" }] });
    let rows = [
        (
            "clear, and over",
            run(none(), vec![rate(22_000, 440), rate(22_100, 560)]),
            "26.7 % higher than Morning light: between +11.1 % and +42.3 % with 95 % confidence.",
        ),
        (
            "an interval that is looked at too early",
            run(none(), vec![rate(3_000, 80), rate(3_100, 60)]),
            "27.4 % lower than Morning light so far: between −51.4 % and −3.4 % with 95 % confidence, if the test were over now.",
        ),
        (
            "an interval that may be looked at any day",
            run(plan(json!({ "method": "sequential" })), vec![rate(3_000, 80), rate(3_100, 60)]),
            "27.4 % lower than Morning light, which may be chance: between −64.6 % and +9.8 % with 95 % confidence.",
        ),
        (
            "chances",
            run(plan(json!({ "method": "bayesian", "confidence": 0.9 })), vec![rate(22_000, 440), rate(22_100, 442)]),
            "About the same as Morning light, which may be chance: between −11.0 % and +11.0 % with a chance of 90 %.",
        ),
        (
            "a control that nobody converts under",
            run(none(), vec![rate(22_000, 0), rate(22_100, 440)]),
            "Morning light is at zero, and nothing can be measured against that.",
        ),
        (
            "a challenger that nobody converts under",
            run(none(), vec![rate(300, 10), rate(300, 0)]),
            "100.0 % lower than Morning light so far; there is no spread yet to say how sure that is.",
        ),
        (
            "a challenger that nobody was given",
            run(none(), vec![rate(30, 1), rate(0, 0)]),
            "Too few visitors yet to compare.",
        ),
        (
            "revenue",
            run(purchase(), vec![revenue(2_000, 400_000, 4_000_000_000), revenue(2_050, 480_000, 5_000_000_000)]),
            "17.1 % higher than Morning light so far, which may be chance: between −32.0 % and +66.2 % with 95 % confidence, if the test were over now.",
        ),
        (
            "an average of no orders",
            run(
                json!({ "goals": [{ "key": "purchase", "type": "revenue", "event": "purchase", "decides": "aov" }] }),
                vec![(2_000, vec![]), (2_050, vec![])],
            ),
            "No orders yet to compare.",
        ),
    ];
    compare(rows, |run| run.report().goals[0].challengers.as_ref().unwrap()[0].words.replace('\u{a0}', " "));
}

#[test]
fn several_challengers_are_each_told_and_share_the_confidence() {
    let three = run(none(), vec![rate(26_000, 520), rate(26_000, 680), rate(26_000, 530)]);
    assert!(three.summary().starts_with("Evening collection wins. "), "{}", three.summary());
    let worse = run(none(), vec![rate(26_000, 680), rate(26_000, 520), rate(26_000, 500)]);
    let said = worse.summary();
    assert!(said.contains("Evening collection’s") && said.contains("Night sale’s"), "{said}");
}

#[test]
fn numbers_are_rounded_once_and_never_say_more_than_is_known() {
    for (chance, said) in
        [(0.9999, "more than 99.9 %"), (0.975, "97.5 %"), (1.0, "more than 99.9 %"), (0.0001, "less than 0.1 %")]
    {
        assert_eq!(number::chance(chance).replace('\u{a0}', " "), said);
    }
    for (p, said) in [(0.0499, "p = 0.050"), (0.0004, "p < 0.001"), (0.5, "p = 0.500")] {
        assert_eq!(number::p_value(p).replace('\u{a0}', " "), said);
    }
    for (relative, said) in [(0.12345, "+12.3 %"), (-0.0004, "0.0 %"), (-0.051, "−5.1 %"), (12.5, "+1,250.0 %")] {
        assert_eq!(number::change(relative).replace('\u{a0}', " "), said);
    }
}
