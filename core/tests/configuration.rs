//! What the configuration API takes, and how it says no.

#![allow(clippy::needless_pass_by_value, reason = "short tables before fast ones")]

mod support;

use serde_json::{Value, json};
use support::{T0, shop};
use tributary_core::config::{Config, Status};
use tributary_core::config_input::{self, InputError, NewExperiment, NewSite, SiteChange};
use tributary_core::time::DAY;

fn site(changes: Value) -> Result<Config, InputError> {
    let mut site = json!({ "name": "Shop", "time_zone": "UTC", "currency": "USD" });
    site.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    config_input::read::<NewSite>(site.to_string().as_bytes())?.into_config("site".to_owned())
}

fn experiment(changes: Value) -> Result<Config, InputError> {
    let mut experiment = json!({
        "key": "new", "variants": [{ "key": "control" }, { "key": "b" }],
        "goals": [{ "key": "goal", "type": "custom_event", "event": "x" }]
    });
    experiment.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    shop().with_experiment(config_input::read::<NewExperiment>(experiment.to_string().as_bytes())?)
}

#[test]
fn a_refusal_names_the_field() {
    let goal = |kind: Value| {
        let mut goal = json!({ "key": "goal" });
        goal.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
        json!({ "goals": [goal] })
    };
    let sites = [
        (json!({ "name": " " }), "name"),
        (json!({ "name": "x".repeat(501) }), "name"),
        (json!({ "time_zone": "Mars/Olympus" }), "time_zone"),
        (json!({ "currency": "EURO" }), "currency"),
        (json!({ "shards": 0 }), "shards"),
        (json!({ "shards": 65 }), "shards"),
        (json!({ "order_events": [""] }), "order_events"),
        (json!({ "query_parameters": vec!["a"; 51] }), "query_parameters"),
    ];
    for (change, field) in sites {
        let error = site(change.clone()).unwrap_err();
        assert!(matches!(&error, InputError::Field { field: named, .. } if named == field), "{change}: {error}");
    }
    let experiments = [
        (json!({ "key": "a b" }), "key"),
        (json!({ "key": "" }), "key"),
        (json!({ "coverage": 1.1 }), "coverage"),
        (json!({ "coverage": -0.1 }), "coverage"),
        (json!({ "coverage": 0.123_45 }), "coverage"),
        (json!({ "variants": [{ "key": "control" }] }), "variants"),
        (json!({ "variants": [{ "key": "a" }, { "key": "a" }] }), "variants"),
        (json!({ "variants": [{ "key": "a", "weight": 0.5 }, { "key": "b", "weight": 0.4 }] }), "variants"),
        (json!({ "variants": [{ "key": "a", "weight": 0.5 }, { "key": "b" }] }), "variants[1].weight"),
        (json!({ "variants": [{ "key": "a" }, { "key": "b!" }] }), "variants[1].key"),
        (json!({ "goals": [] }), "goals"),
        (goal(json!({ "type": "custom_event", "event": "$x" })), "goals[0].event"),
        (goal(json!({ "type": "revenue", "event": "" })), "goals[0].event"),
        (goal(json!({ "type": "click", "selector": "" })), "goals[0].selector"),
        (goal(json!({ "type": "page_view", "operator": "regex", "url": "(" })), "goals[0].url"),
        (goal(json!({ "type": "page_view", "operator": "regex", "url": "(a{100}){100}" })), "goals[0].url"),
        (goal(json!({ "type": "page_view", "operator": "regex", "url": "(?i)/thanks" })), "goals[0].url"),
        (goal(json!({ "type": "page_view", "operator": "contains", "url": "/thanks?order=" })), "query_parameters"),
        (goal(json!({ "type": "page_view", "operator": "equals", "url": "/?utm_source=x&y=1" })), "query_parameters"),
    ];
    for (change, field) in experiments {
        let error = experiment(change.clone()).unwrap_err();
        assert!(matches!(&error, InputError::Field { field: named, .. } if named == field), "{change}: {error}");
    }
}

#[test]
fn what_is_not_known_is_refused_and_not_passed_over() {
    assert!(
        matches!(site(json!({ "timezone": "UTC" })), Err(InputError::Malformed { field, .. }) if field == "timezone")
    );
    assert!(
        matches!(experiment(json!({ "weights": [1] })), Err(InputError::Malformed { field, .. }) if field == "weights")
    );
    let goal = json!({ "goals": [{ "key": "goal", "type": "hover" }] });
    assert!(matches!(experiment(goal), Err(InputError::Malformed { .. })));
}

#[test]
fn a_parameter_that_a_goal_needs_stays_allowed() {
    let goal = json!({ "key": "goal", "type": "page_view", "operator": "equals", "url": "/?utm_source=x&utm_term=y" });
    let config = experiment(json!({ "goals": [goal] })).unwrap();
    let without: SiteChange = config_input::read(br#"{"query_parameters":["utm_source"]}"#).unwrap();
    let error = config.with_change(without.clone()).unwrap_err();
    assert!(
        matches!(error, InputError::Field { field, limit } if field == "query_parameters" && limit.contains("`goal`"))
    );
    let ended = config.with_start("new", None, T0).unwrap().with_stop("new", T0).unwrap();
    assert!(ended.with_change(without).is_ok(), "an experiment that has ended needs nothing");
}

#[test]
fn figures_of_a_day_fit_a_row() {
    let goals: Vec<Value> =
        (0..16).map(|place| json!({ "key": format!("g{place}"), "type": "revenue", "event": "x" })).collect();
    let variants: Vec<Value> = (0..10).map(|place| json!({ "key": format!("v{place}") })).collect();
    let refused = experiment(json!({ "goals": goals, "variants": variants })).unwrap_err();
    assert!(matches!(refused, InputError::Field { field, .. } if field == "goals"));
    assert!(experiment(json!({ "goals": goals[..15], "variants": variants })).is_ok());
}

#[test]
fn equal_weights_are_made_where_none_are_given() {
    let variants: Vec<Value> = ["control", "b", "c"].map(|key| json!({ "key": key })).to_vec();
    let config = experiment(json!({ "variants": variants })).unwrap();
    assert_eq!(config.experiment("new").unwrap().allocations[0].weights, [3334, 3333, 3333]);
    let variants = json!([{ "key": "control", "weight": 0.9 }, { "key": "b", "weight": 0.1 }]);
    let config = experiment(json!({ "variants": variants, "coverage": 0.25 })).unwrap();
    let allocation = &config.experiment("new").unwrap().allocations[0];
    assert_eq!((allocation.coverage, allocation.weights.as_slice()), (2500, [9000, 1000].as_slice()));
}

#[test]
fn every_change_makes_the_next_version_and_leaves_the_last_one_alone() {
    let config = shop();
    let change: SiteChange = config_input::read(br#"{"name":"Other"}"#).unwrap();
    let next = config.with_change(change).unwrap();
    assert_eq!((config.version + 1, "Other"), (next.version, next.name.as_str()));
    assert_eq!(config.name, "Shop");
    assert_eq!(next.experiments, config.experiments);
}

#[test]
fn an_experiment_is_started_once_and_stopped_once() {
    let draft = experiment(json!({})).unwrap();
    assert_eq!(draft.experiment("new").unwrap().status(T0), Status::Draft);
    assert!(matches!(draft.with_stop("new", T0), Err(InputError::Conflict(_))));
    let running = draft.with_start("new", None, T0).unwrap();
    assert_eq!(running.experiment("new").unwrap().status(T0), Status::Running);
    assert!(matches!(running.with_start("new", None, T0), Err(InputError::Conflict(_))));
    let stopped = running.with_stop("new", T0 + 1).unwrap();
    assert_eq!(stopped.experiment("new").unwrap().status(T0 + 1), Status::Completed);
    assert!(matches!(stopped.with_stop("new", T0 + 2), Err(InputError::Conflict(_))));
    assert!(matches!(draft.with_start("none", None, T0), Err(InputError::UnknownExperiment(_))));
    assert!(matches!(experiment(json!({ "key": "hero" })), Err(InputError::Conflict(_))));
}

#[test]
fn an_experiment_may_start_in_the_past_and_later() {
    let draft = experiment(json!({})).unwrap();
    let rows = [(-400 * DAY, true), (-400 * DAY - 1, false), (400 * DAY, true), (400 * DAY + 1, false)];
    for (since, allowed) in rows {
        assert_eq!(draft.with_start("new", Some(T0 + since), T0).is_ok(), allowed, "{since}");
    }
    let later = draft.with_start("new", Some(T0 + DAY), T0).unwrap();
    assert_eq!(later.experiment("new").unwrap().status(T0), Status::Scheduled);
    assert!(!later.page(T0).experiments.iter().any(|running| running.key == "new"));
    assert!(later.page(T0 + DAY).experiments.iter().any(|running| running.key == "new"));
}

#[test]
fn a_configuration_is_stored_as_json_that_loads_again() {
    let config = shop();
    let text = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<Config>(&text).unwrap(), config);
    let frozen = include_str!("../../tests/fixtures/config-v1.json");
    let mut first = config;
    first.experiments[0].started_in = 0;
    assert_eq!(
        serde_json::from_str::<Config>(frozen).unwrap(),
        first,
        "the first version did not know when it was started"
    );
}

#[test]
fn a_configuration_stays_small_enough_for_a_row() {
    let mut config = shop();
    let goals: Vec<Value> = (0..50)
        .map(|place| json!({ "key": format!("g{place}"), "type": "click", "selector": "x".repeat(500) }))
        .collect();
    let refused = (0..100).find_map(|number| {
        let variants = [json!({ "key": "control" }), json!({ "key": "b" })];
        let new = json!({ "key": format!("e{number}"), "variants": variants, "goals": goals });
        let new: NewExperiment = config_input::read(new.to_string().as_bytes()).unwrap();
        config.with_experiment(new).map(|next| config = next).err()
    });
    assert!(matches!(refused, Some(InputError::Field { field, .. }) if field == "experiments"));
    assert!(serde_json::to_string(&config).unwrap().len() <= config_input::MAX_CONFIG_BYTES);
}
