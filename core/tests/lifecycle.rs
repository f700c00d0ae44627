//! What those who follow experiments are told when the configuration changes.

mod support;

use support::{T0, hero, shop};
use tributary_core::config::{After, Config, Status};
use tributary_core::time::HOUR;
use tributary_core::webhook::lifecycle::{Lifecycle, between, started};
use tributary_core::webhook::{Event, Kind};

/// A shop whose only experiment is a draft, and one without any.
fn draft() -> (Config, Config) {
    let shop = Config { experiments: Vec::new(), ..shop() };
    (shop.with_experiment(hero(1.0)).unwrap(), shop)
}

fn kinds(lifecycle: &Lifecycle) -> Vec<Kind> {
    lifecycle.events.iter().map(Event::kind).collect()
}

fn number(config: &Config) -> u16 {
    config.experiments[0].number
}

#[test]
fn each_step_of_an_experiment_is_told_once_with_what_it_is_then() {
    let (draft, none) = draft();
    let running = draft.with_start("hero", None, T0).unwrap();
    let paused = running.with_pause("hero", T0 + 1).unwrap();
    let resumed = paused.with_resume("hero", T0 + 2).unwrap();
    let paused_again = resumed.with_pause("hero", T0 + 3).unwrap();
    let stopped = paused_again.with_stop("hero", T0 + 4).unwrap();
    let steps = [
        (&none, &draft, Kind::ExperimentCreated, Status::Draft),
        (&draft, &running, Kind::ExperimentStarted, Status::Running),
        (&running, &paused, Kind::ExperimentPaused, Status::Paused),
        (&paused, &resumed, Kind::ExperimentResumed, Status::Running),
        (&resumed, &paused_again, Kind::ExperimentPaused, Status::Paused),
        (&paused_again, &stopped, Kind::ExperimentCompleted, Status::Completed),
    ];
    for (at, (before, after, kind, status)) in (T0 - 1..).zip(&steps) {
        let lifecycle = between(before, after, at);
        let [Event::Experiment(told, about)] = lifecycle.events.as_slice() else { panic!("{kind:?}: {lifecycle:?}") };
        assert_eq!((*told, about.status, about.key.as_str()), (*kind, *status, "hero"));
        assert_eq!(lifecycle.starts, []);
    }
    assert_eq!(between(&paused_again, &stopped, T0 + 4).ended, [number(&draft)]);
}

#[test]
fn what_a_decision_ends_is_completed_and_goes_on_when_that_is_undone() {
    let (mut draft, _) = draft();
    draft.experiments[0].plan.after = After::AllToWinner;
    let running = draft.with_start("hero", None, T0).unwrap();
    let rolled_out = running.with_winner(number(&draft), 1, T0 + 1).unwrap();
    assert_eq!(kinds(&between(&running, &rolled_out, T0 + 1)), [Kind::ExperimentCompleted]);
    let undone = rolled_out.with_undo("hero", T0 + 2).unwrap();
    assert_eq!(kinds(&between(&rolled_out, &undone, T0 + 2)), [Kind::ExperimentResumed]);
    let stopped = rolled_out.with_stop("hero", T0 + 2).unwrap();
    assert_eq!(kinds(&between(&rolled_out, &stopped, T0 + 2)), [], "it had ended");
}

#[test]
fn other_changes_tell_nothing() {
    let (draft, _) = draft();
    let running = draft.with_start("hero", None, T0).unwrap();
    let renamed = running.with_change(serde_json::from_str(r#"{"name": "Other"}"#).unwrap()).unwrap();
    let wider = serde_json::from_str(r#"{"coverage": 0.5, "name": "Hero"}"#).unwrap();
    let wider = renamed.with_experiment_change("hero", wider, T0).unwrap();
    assert_eq!(between(&running, &renamed, T0), Lifecycle::default());
    assert_eq!(between(&renamed, &wider, T0), Lifecycle::default());
    assert_eq!(between(&running, &running, T0), Lifecycle::default());
}

#[test]
fn a_start_in_the_past_is_told_at_once_and_one_ahead_when_its_time_has_come() {
    let (draft, _) = draft();
    let past = draft.with_start("hero", Some(T0 - HOUR), T0).unwrap();
    assert_eq!(kinds(&between(&draft, &past, T0)), [Kind::ExperimentStarted]);

    let ahead = draft.with_start("hero", Some(T0 + HOUR), T0).unwrap();
    let lifecycle = between(&draft, &ahead, T0);
    assert_eq!((kinds(&lifecycle), lifecycle.starts), (vec![], vec![(number(&draft), T0 + HOUR)]));
    assert_eq!(started(&ahead, number(&draft), T0 + HOUR - 1), None);
    let event = started(&ahead, number(&draft), T0 + HOUR).unwrap();
    assert_eq!(event.kind(), Kind::ExperimentStarted);
    assert_eq!(started(&ahead, 999, T0 + HOUR), None);
}

#[test]
fn an_experiment_that_is_stopped_before_its_start_never_starts() {
    let (draft, _) = draft();
    let ahead = draft.with_start("hero", Some(T0 + HOUR), T0).unwrap();
    let stopped = ahead.with_stop("hero", T0 + 1).unwrap();
    let lifecycle = between(&ahead, &stopped, T0 + 1);
    assert_eq!((kinds(&lifecycle), lifecycle.ended), (vec![Kind::ExperimentCompleted], vec![number(&draft)]));
    assert_eq!(started(&stopped, number(&draft), T0 + HOUR), None);
}

#[test]
fn what_is_told_of_an_experiment_is_enough_to_know_it_by() {
    let (draft, none) = draft();
    let events = between(&none, &draft, T0).events;
    let told = events[0].told("site", 1, T0);
    assert_eq!(told.about, "hero");
    let body: serde_json::Value = serde_json::from_str(&told.body).unwrap();
    let experiment = &body["data"]["experiment"];
    assert_eq!((&body["type"], &body["data"]["site"]), (&"experiment.created".into(), &"site".into()));
    assert_eq!(experiment["variants"][1]["key"], "b");
    assert_eq!(experiment["goals"][0], serde_json::json!({ "key": "purchase", "name": "purchase", "type": "revenue" }));
    assert_eq!((&experiment["status"], &experiment["started_at"]), (&"draft".into(), &serde_json::Value::Null));
}

#[test]
fn a_receiver_is_told_variants_by_their_names_and_nothing_of_what_they_change() {
    let (mut draft, none) = draft();
    let change = serde_json::json!({ "type": "html", "selector": "h1", "value": "<b>Secret offer</b>" });
    draft.experiments[0].variants[1].changes.push(serde_json::from_value(change).unwrap());
    let told = between(&none, &draft, T0).events[0].told("site", 1, T0);
    let body: serde_json::Value = serde_json::from_str(&told.body).unwrap();
    let names = draft.experiments[0].variants.iter().map(|one| serde_json::json!({ "key": one.key, "name": one.name }));
    assert_eq!(body["data"]["experiment"]["variants"], names.collect::<serde_json::Value>());
}
