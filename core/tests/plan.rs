//! How an experiment is to be decided: defaults, limits, and that nobody changes it once it runs.

#![allow(clippy::needless_pass_by_value, reason = "short tables before fast ones")]

mod support;

use serde_json::{Value, json};
use support::{T0, shop};
use tributary_core::config::{After, Bandit, Config, Method, Plan, Prior};
use tributary_core::config_input::{self, ExperimentChange, InputError, NewExperiment};
use tributary_core::money::Currency;
use tributary_core::time::{DAY, HOUR};

fn goal(key: &str, more: Value) -> Value {
    let mut goal = json!({ "key": key, "type": "custom_event", "event": key });
    goal.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    goal
}

fn with(goals: Value, plan: Value) -> Result<Config, InputError> {
    let new = json!({ "key": "new", "variants": [{ "key": "control" }, { "key": "b" }], "goals": goals, "plan": plan });
    shop().with_experiment(config_input::read::<NewExperiment>(new.to_string().as_bytes())?)
}

fn planned(plan: Value) -> Result<Plan, InputError> {
    with(json!([goal("order", json!({}))]), plan).map(|config| config.experiment("new").unwrap().plan.clone())
}

fn changed(config: &Config, change: Value) -> Result<Config, InputError> {
    let change: ExperimentChange = config_input::read(change.to_string().as_bytes())?;
    config.with_experiment_change("new", change, T0)
}

#[test]
fn a_plan_that_nobody_makes_is_a_fixed_sample_at_95_percent_that_changes_nothing_afterwards() {
    let plan = shop().experiment("hero").unwrap().plan.clone();
    assert_eq!(plan, planned(json!({})).unwrap());
    let told = json!({
        "method": "fixed", "base_rate": 0.02, "smallest_effect": 0.2, "confidence": 0.95, "power": 0.8, "after": "keep_running"
    });
    assert_eq!(serde_json::to_value(plan).unwrap(), told);
}

#[test]
fn a_plan_says_what_it_is_told() {
    let told = json!({
        "method": "bayesian", "base_rate": 0.5, "smallest_effect": 0.9, "confidence": 0.9, "power": 0.9,
        "prior": { "mean": 0, "deviation": 0.1 }, "revenue_cap": "500", "after": "all_to_winner"
    });
    let plan = planned(told).unwrap();
    assert_eq!((plan.method, plan.after), (Method::Bayesian, After::AllToWinner));
    assert_eq!(plan.prior, Some(Prior { mean: 0.0, deviation: 0.1 }));
    assert_eq!(plan.revenue_cap.as_deref(), Some("500.00"));
    let bandit = planned(json!({ "bandit": { "floor": 0.1 } })).unwrap().bandit;
    assert_eq!(bandit, Some(Bandit { floor: 0.1, every_ms: DAY }));
}

#[test]
fn a_cap_is_an_amount_of_the_sites_currency() {
    let usd = Currency::parse("USD").unwrap();
    for (given, minor) in [(json!("99.90"), 9990), (json!(99.9), 9990), (json!(500), 50_000), (json!("0.005"), 1)] {
        assert_eq!(planned(json!({ "revenue_cap": given })).unwrap().revenue_cap(usd), Some(minor), "{given}");
    }
    for given in [json!("0"), json!(-1), json!("12 USD"), json!(""), json!(true), json!("1e15"), json!("0.004")] {
        let refused = planned(json!({ "revenue_cap": given })).unwrap_err();
        assert!(
            matches!(&refused, InputError::Field { field, .. } if field == "plan.revenue_cap"),
            "{given}: {refused}"
        );
    }
}

#[test]
fn what_no_plan_can_be_is_refused_by_the_name_of_its_field() {
    let rows = [
        (json!({ "base_rate": 0 }), "plan.base_rate"),
        (json!({ "base_rate": 1 }), "plan.base_rate"),
        (json!({ "smallest_effect": 0 }), "plan.smallest_effect"),
        (json!({ "base_rate": 0.5, "smallest_effect": 1 }), "plan.smallest_effect"),
        (json!({ "confidence": 0.4 }), "plan.confidence"),
        (json!({ "confidence": 1 }), "plan.confidence"),
        (json!({ "power": 0.1 }), "plan.power"),
        (json!({ "prior": { "mean": 0, "deviation": 1 } }), "plan.prior"),
        (json!({ "method": "bayesian", "prior": { "mean": 0, "deviation": 0 } }), "plan.prior.deviation"),
        (json!({ "method": "bayesian", "prior": { "mean": -2, "deviation": 1 } }), "plan.prior.mean"),
        (json!({ "bandit": { "floor": 0.51 } }), "plan.bandit.floor"),
        (json!({ "bandit": { "every_ms": HOUR - 1 } }), "plan.bandit.every_ms"),
        (json!({ "bandit": {}, "after": "complete" }), "plan.after"),
    ];
    for (plan, named) in rows {
        let refused = planned(plan.clone()).unwrap_err();
        assert!(matches!(&refused, InputError::Field { field, .. } if field == named), "{plan}: {refused}");
    }
    for unknown in [json!({ "method": "guess" }), json!({ "alpha": 0.05 }), json!({ "bandit": { "arms": 2 } })] {
        assert!(matches!(planned(unknown.clone()), Err(InputError::Malformed { .. })), "{unknown}");
    }
}

#[test]
fn a_rate_that_should_fall_cannot_fall_below_nothing() {
    let falls = json!([goal("returned", json!({ "direction": "decrease" }))]);
    assert!(with(falls.clone(), json!({ "base_rate": 0.9, "smallest_effect": 0.5 })).is_ok());
    let refused = with(falls, json!({ "smallest_effect": 1 })).unwrap_err();
    assert!(matches!(refused, InputError::Field { field, .. } if field == "plan.smallest_effect"));
}

#[test]
fn a_secondary_goal_may_be_a_guardrail_and_the_primary_may_not() {
    let guard = |tolerance: f64| json!({ "guardrail": { "tolerance": tolerance } });
    let config = with(json!([goal("order", json!({})), goal("refund", guard(0.05))]), json!({})).unwrap();
    let guardrail = config.experiment("new").unwrap().goals[1].guardrail.unwrap();
    assert!((guardrail.tolerance - 0.05).abs() < 1e-12 && !guardrail.stops);
    for (goals, named) in [
        (json!([goal("order", guard(0.05))]), "goals[0].guardrail"),
        (json!([goal("order", json!({})), goal("refund", guard(1.5))]), "goals[1].guardrail.tolerance"),
    ] {
        let refused = with(goals, json!({})).unwrap_err();
        assert!(matches!(&refused, InputError::Field { field, .. } if field == named), "{refused}");
    }
}

#[test]
fn until_the_start_a_plan_may_change_and_from_then_on_each_of_its_fields_is_fixed() {
    let draft = with(json!([goal("order", json!({}))]), json!({})).unwrap();
    let later = changed(&draft, json!({ "plan": { "method": "sequential", "confidence": 0.9 } })).unwrap();
    let again = changed(&later, json!({ "plan": { "method": "sequential" } })).unwrap();
    assert_eq!(
        again.experiment("new").unwrap().plan.confidence.to_bits(),
        0.95_f64.to_bits(),
        "a plan is told as a whole"
    );

    let running = draft.with_start("new", Some(T0 + DAY), T0).unwrap();
    let rows = [
        (json!({ "method": "bayesian" }), "method"),
        (json!({ "base_rate": 0.03 }), "base_rate"),
        (json!({ "smallest_effect": 0.3 }), "smallest_effect"),
        (json!({ "confidence": 0.9 }), "confidence"),
        (json!({ "power": 0.9 }), "power"),
        (json!({ "method": "fixed", "revenue_cap": 1 }), "revenue_cap"),
        (json!({ "after": "complete" }), "after"),
        (json!({ "bandit": {} }), "bandit"),
    ];
    for (plan, named) in rows {
        let refused = changed(&running, json!({ "plan": plan })).unwrap_err();
        assert_eq!(refused, InputError::Fixed(format!("plan.{named}")));
    }
    assert!(changed(&running, json!({ "plan": {} })).is_ok(), "the same plan again changes nothing");
    let guarded = json!({ "goals": [goal("refund", json!({ "guardrail": { "tolerance": 0.1 } }))] });
    assert!(changed(&draft, guarded.clone()).is_ok());
    assert_eq!(changed(&running, guarded).unwrap_err(), InputError::Fixed("goals[0].guardrail".to_owned()));
}
