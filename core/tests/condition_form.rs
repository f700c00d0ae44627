//! Conditions as they travel to the page: frozen, since a page evaluates what the collector compiled; and equal in meaning.
//!
//! `FREEZE=1 cargo test -p tributary-core --test condition_form` writes the fixture anew.

use serde_json::{Value, json};
use tributary_core::condition::{Condition, Patterns, groups};
use tributary_core::page_config::PageExperiment;
use tributary_core::page_targeting::{decode, encode};

const FORMS: &str = "../tests/fixtures/condition-form.json";

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../tests/fixtures/condition.json")).unwrap()
}

/// What of the text is the condition's own.
fn form(condition: &Value) -> String {
    let groups = groups(&serde_json::from_value(fixture()["groups"].clone()).unwrap());
    let text = encode(
        [(
            PageExperiment { key: "k", seed: "s", version: 1, coverage: 0, namespace: ("", 0, 0), variants: vec![] },
            false,
            Some(Condition::parse(condition).unwrap()),
        )],
        &groups,
    );
    text.strip_prefix("1\nk\ns\n1\n0\n\n0\n0\n0\n0\n1\n").unwrap().strip_suffix('.').unwrap().to_owned()
}

#[test]
fn the_form_is_frozen() {
    let forms: Vec<String> =
        fixture()["cases"].as_array().unwrap().iter().map(|case| form(&case["condition"])).collect();
    if std::env::var_os("FREEZE").is_some() {
        std::fs::write(FORMS, serde_json::to_string_pretty(&forms).unwrap() + "\n").unwrap();
    }
    let frozen: Vec<String> = serde_json::from_str(&std::fs::read_to_string(FORMS).unwrap()).unwrap();
    for (at, (form, frozen)) in forms.iter().zip(&frozen).enumerate() {
        assert_eq!(form, frozen, "case {at}");
    }
    assert_eq!(forms.len(), frozen.len());
}

#[test]
fn a_condition_that_travelled_fails_where_the_first_did() {
    let fixture = fixture();
    let known = groups(&serde_json::from_value(fixture["groups"].clone()).unwrap());
    for case in fixture["cases"].as_array().unwrap() {
        let attributes = case.get("attributes").unwrap_or(&fixture["attributes"]);
        let condition = Condition::parse(&case["condition"]).unwrap();
        let text = format!("1\nk\ns\n1\n0\n\n0\n0\n0\n0\n1\n{}.", form(&case["condition"]));
        let (patterns, mut experiments, mut audiences) = (Patterns::default(), Vec::new(), Vec::new());
        decode(&text, &|source, ignores_case| patterns.learn(source, ignores_case), &mut experiments, &mut audiences);
        let travelled = audiences[0].condition.as_ref().unwrap().failing(attributes, &patterns.javascript());
        assert_eq!(travelled, condition.failing(attributes, &known), "{}", case["name"]);
    }
}

#[test]
fn whatever_is_cut_off_is_read_without_harm() {
    let text = format!(
        "1\nk\ns\n1\n0\n\n0\n0\n0\n0\n1\n{}.",
        form(&json!({ "$or": [{ "a.b": { "$in": [1, "x\n", null] } }, { "c": { "$regexi": "^é" } }] }))
    );
    for (end, _) in text.char_indices() {
        let cut = format!("{}.", &text[..end]);
        let (mut experiments, mut audiences) = (Vec::new(), Vec::new());
        decode(&cut, &|_, _| 0, &mut experiments, &mut audiences);
        assert_eq!(experiments.len(), audiences.len(), "cut off at {end}");
    }
}
