//! What a look at an experiment decides, keeps and does.

#![allow(clippy::needless_pass_by_value, reason = "short tables before fast ones")]

mod support;

use serde_json::{Value, json};
use support::{T0, shop};
use tributary_core::config::{After, Because, Config, Experiment};
use tributary_core::config_input::{self, NewExperiment};
use tributary_core::decision::State;
use tributary_core::facts::{Entity, Facts, Measure, Metric};
use tributary_core::look::{Found, Look, MAX_SHARES, is_watched, look};
use tributary_core::report::Ledger;
use tributary_core::time::{DAY, HOUR, Millis};
use tributary_core::webhook::{Event, Kind};

/// Twelve units a variant are sample enough.
fn plan(more: Value) -> Value {
    let mut plan = json!({ "base_rate": 0.5, "smallest_effect": 0.9 });
    plan.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    plan
}

fn running(plan: Value) -> Config {
    let new = json!({
        "key": "new", "variants": [{ "key": "control" }, { "key": "b", "name": "Bold" }], "plan": plan,
        "goals": [
            { "key": "order", "type": "custom_event", "event": "order" },
            { "key": "bounce", "type": "custom_event", "event": "bounce", "direction": "decrease",
              "guardrail": { "tolerance": 0.1, "stops": true } },
        ],
    });
    let new: NewExperiment = config_input::read(new.to_string().as_bytes()).unwrap();
    shop().with_experiment(new).unwrap().with_start("new", Some(T0 - DAY), T0).unwrap()
}

fn new(config: &Config) -> &Experiment {
    config.experiment("new").unwrap()
}

/// Units and those that converted, of control and challenger; then the same of the guardrail.
fn figures(config: &Config, order: [(i128, i128); 2], bounces: [i128; 2]) -> Ledger {
    let mut facts = Facts::default();
    let entity = Entity::Experiment(new(config).number);
    let day = config.zone().day(T0);
    for (variant, (units, conversions)) in (0_u8..).zip(order) {
        facts.add(day, entity, Metric::Exposures(variant), units);
        let met = |goal| Metric::Goal { goal, variant, measure: Measure::Conversions };
        facts.add(day, entity, met(0), conversions);
        facts.add(day, entity, met(1), bounces[usize::from(variant)]);
    }
    Ledger::of(&facts)
}

fn looked(config: &Config, ledger: &Ledger, last: Option<&Found>, now: Millis) -> Look {
    look(config, new(config), &mut ledger.clone(), last, now)
}

fn state(look: &Look) -> Option<State> {
    look.found.as_ref()?.decision.as_ref().map(|decision| decision.state)
}

#[test]
fn a_first_winner_is_kept_told_and_acted_on_at_once() {
    let config = running(plan(json!({ "after": "all_to_winner" })));
    let look = looked(&config, &figures(&config, [(40, 10), (40, 30)], [5, 5]), None, T0);
    assert_eq!(state(&look), Some(State::Winner { variant: 1 }));
    let outcome = new(look.next.as_ref().unwrap()).outcome.clone().unwrap();
    assert_eq!((outcome.action, outcome.gives.as_deref()), (After::AllToWinner, Some("b")));
    let Some(Event::Winner(winner)) = look.winner else { panic!("no event") };
    assert_eq!(
        (winner.variant.key.as_str(), winner.goal.key.as_str(), winner.method.as_str()),
        ("b", "order", "fixed")
    );
    let effect = winner.effect.unwrap();
    assert!((effect.estimate - 2.0).abs() < 1e-9 && effect.low.unwrap() > 0.0);
    let figures: Vec<(u64, u64, f64)> =
        winner.figures.iter().map(|arm| (arm.units, arm.conversions, arm.figure)).collect();
    assert_eq!(figures, [(40, 10, 0.25), (40, 30, 0.75)]);
    assert!(winner.summary.contains("Bold"), "{}", winner.summary);
    assert_eq!(Event::Winner(winner).kind(), Kind::WinnerDetected);
}

#[test]
fn a_winner_stands_and_is_told_once_whatever_the_figures_say_later() {
    let config = running(plan(json!({})));
    let first = looked(&config, &figures(&config, [(40, 10), (40, 30)], [5, 5]), None, T0);
    let next = first.next.unwrap();
    let later = looked(&next, &figures(&config, [(400, 200), (400, 100)], [5, 5]), first.found.as_ref(), T0 + DAY);
    assert_eq!(later, Look::default());
    assert!(!is_watched(new(&next), first.found.as_ref(), T0 + DAY));
}

#[test]
fn what_is_as_it_was_is_not_kept_again() {
    let config = running(plan(json!({})));
    let few = figures(&config, [(5, 1), (5, 2)], [1, 1]);
    let first = looked(&config, &few, None, T0);
    assert_eq!((state(&first), first.next), (Some(State::Collecting { leading: Some(1) }), None));
    assert_eq!(looked(&config, &few, first.found.as_ref(), T0 + HOUR), Look::default());
    let more = figures(&config, [(7, 3), (7, 2)], [1, 1]);
    let second = looked(&config, &more, first.found.as_ref(), T0 + HOUR);
    assert_eq!(state(&second), Some(State::Collecting { leading: Some(0) }), "another leads");
}

#[test]
fn nothing_is_decided_within_24_hours_of_the_start() {
    let config = running(plan(json!({})));
    let clear = figures(&config, [(40, 10), (40, 30)], [5, 5]);
    assert_eq!(looked(&config, &clear, None, T0 - 1), Look::default());
}

#[test]
fn a_breached_guardrail_that_stops_the_test_ends_it_and_tells_of_no_winner() {
    let config = running(plan(json!({ "after": "all_to_winner", "smallest_effect": 0.01 })));
    let look = looked(&config, &figures(&config, [(9_000, 4_500), (9_000, 4_510)], [2_000, 4_000]), None, T0);
    assert!(matches!(state(&look), Some(State::Collecting { .. })), "{:?}", state(&look));
    let next = look.next.unwrap();
    assert_eq!(new(&next).outcome.as_ref().unwrap().because, Because::Guardrail);
    assert_eq!((new(&next).ended_at, look.winner), (Some(T0), None));
}

#[test]
fn an_experiment_that_was_stopped_by_hand_may_have_a_winner_and_keeps_the_traffic_it_has() {
    let config = running(plan(json!({ "after": "all_to_winner" }))).with_stop("new", T0).unwrap();
    let clear = figures(&config, [(40, 10), (40, 30)], [5, 5]);
    let look = looked(&config, &clear, None, T0 + HOUR);
    assert_eq!((state(&look), look.next), (Some(State::Winner { variant: 1 }), None));
    assert!(look.winner.is_some());
    for (since, watched) in [(8 * DAY, true), (8 * DAY + 1, false)] {
        assert_eq!(is_watched(new(&config), None, T0 + since), watched, "{since}");
    }
}

#[test]
fn a_draft_and_what_starts_later_are_not_looked_at() {
    let draft = running(plan(json!({})));
    assert!(is_watched(new(&draft), None, T0));
    assert!(!is_watched(new(&draft), None, T0 - DAY - 1), "before its start");
    assert!(!is_watched(&Experiment { started_at: None, ..new(&draft).clone() }, None, T0));
}

#[test]
fn a_bandit_follows_its_figures_in_steps_each_a_version_and_has_no_winner() {
    let config = running(plan(json!({ "bandit": { "floor": 0.1, "every_ms": HOUR } })));
    let clear = figures(&config, [(40, 10), (40, 30)], [5, 5]);
    let look = looked(&config, &clear, None, T0);
    let shares = look.found.as_ref().unwrap().shares.clone().unwrap();
    assert_eq!((shares.version, shares.as_of, shares.weights.iter().sum::<u16>()), (2, T0, 10_000));
    assert!(shares.weights[0] >= 1_000 && shares.weights[1] > 8_900, "{:?}", shares.weights);
    let next = look.next.unwrap();
    assert_eq!(new(&next).allocations[1].weights, shares.weights);
    assert_eq!((look.winner, &new(&next).outcome), (None, &None));
    let again = looked(&next, &clear, look.found.as_ref(), T0 + HOUR);
    assert_eq!(again, Look::default(), "shares that would hardly change stay");
    let turned = figures(&config, [(40, 30), (40, 10)], [5, 5]);
    assert_eq!(looked(&next, &turned, look.found.as_ref(), T0 + HOUR - 1), Look::default(), "not yet");
    assert!(looked(&next, &turned, look.found.as_ref(), T0 + HOUR).next.is_some());
}

#[test]
fn a_bandit_waits_for_figures_of_all_variants_and_rests_in_a_pause_and_after_its_last_version() {
    let config = running(plan(json!({ "bandit": { "every_ms": HOUR } })));
    assert_eq!(looked(&config, &figures(&config, [(0, 0), (40, 30)], [0, 5]), None, T0), Look::default());
    let clear = figures(&config, [(40, 10), (40, 30)], [5, 5]);
    let paused = config.with_pause("new", T0).unwrap();
    assert_eq!(looked(&paused, &clear, None, T0 + HOUR), Look::default());
    let mut full = config.clone();
    let experiment = full.experiments.iter_mut().find(|experiment| experiment.key == "new").unwrap();
    let allocation = experiment.allocations[0].clone();
    experiment.allocations.resize(MAX_SHARES, allocation);
    let last = looked(&full, &clear, None, T0).next.unwrap();
    assert_eq!(new(&last).allocations.len(), MAX_SHARES + 1);
    assert_eq!(looked(&last, &figures(&config, [(40, 30), (40, 10)], [5, 5]), None, T0 + DAY), Look::default());
}

#[test]
fn nobody_else_sets_the_shares_of_a_bandit_that_was_started() {
    let config = running(plan(json!({ "bandit": {} })));
    let change = |text: &str| config_input::read(text.as_bytes()).unwrap();
    assert!(config.with_experiment_change("new", change(r#"{"weights":[0.5,0.5]}"#), T0).is_err());
    assert!(config.with_experiment_change("new", change(r#"{"coverage":0.5}"#), T0).is_ok());
}

#[test]
fn what_was_found_is_kept_as_json_that_loads_again() {
    let config = running(plan(json!({})));
    let found = looked(&config, &figures(&config, [(40, 10), (40, 30)], [5, 5]), None, T0).found.unwrap();
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Found>(&text).unwrap(), found);
    let bandit = running(plan(json!({ "bandit": { "every_ms": HOUR } })));
    let found = looked(&bandit, &figures(&bandit, [(40, 10), (40, 30)], [5, 5]), None, T0).found.unwrap();
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Found>(&text).unwrap(), found);
}
