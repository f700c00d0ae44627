//! What a variant may change in the page.

mod support;

use serde_json::{Value, json};
use support::shop;
use tributary_core::config_input::{self, InputError, NewExperiment};

fn taken(control: &Value, changes: &Value) -> Result<(), InputError> {
    let new = json!({
        "key": "offer", "goals": [{ "key": "cart", "type": "custom_event", "event": "add_to_cart" }],
        "variants": [{ "key": "control", "changes": control }, { "key": "b", "changes": changes }]
    });
    let new: NewExperiment = config_input::read(new.to_string().as_bytes())?;
    shop().with_experiment(new).map(|_| ())
}

fn refused_field(change: &Value) -> Option<String> {
    match taken(&json!([]), &json!([change])) {
        Ok(()) => None,
        Err(InputError::Field { field, .. } | InputError::Malformed { field, .. }) => Some(field),
        Err(error) => Some(error.to_string()),
    }
}

#[test]
fn changes_of_every_kind_are_taken() {
    for change in [
        json!({ "type": "text", "selector": "h1", "value": "" }),
        json!({ "type": "html", "selector": "main > .hero:not([data-x=\"}\"]), h2", "value": "<b>Sale</b>" }),
        json!({ "type": "attribute", "selector": "a", "name": "href", "value": "/sale?a=javascript:x" }),
        json!({ "type": "attribute", "selector": "a", "name": "aria-hidden" }),
        json!({ "type": "class", "selector": "a", "add": ["big"], "remove": ["md:small"] }),
        json!({ "type": "style", "selector": "a", "property": "--accent", "value": "red !important" }),
        json!({ "type": "move", "selector": ".price", "to": "h1", "position": "after" }),
        json!({ "type": "redirect", "url": "/b", "page": { "operator": "equals", "url": "/" } }),
    ] {
        assert_eq!(refused_field(&change), None, "{change}");
    }
}

#[test]
fn what_would_be_a_mistake_or_run_a_script_is_refused_by_the_path_of_its_field() {
    let page = json!({ "operator": "equals", "url": "/" });
    for (why, change, field) in [
        ("no selector", json!({ "type": "text", "selector": " ", "value": "x" }), "selector"),
        ("left open", json!({ "type": "text", "selector": "a[href", "value": "x" }), "selector"),
        ("a rule", json!({ "type": "text", "selector": "a{color:red}", "value": "x" }), "selector"),
        ("nothing before the comma", json!({ "type": "text", "selector": ", a", "value": "x" }), "selector"),
        ("a handler", json!({ "type": "attribute", "selector": "a", "name": "onClick", "value": "x" }), "name"),
        ("a style", json!({ "type": "attribute", "selector": "a", "name": "style", "value": "x" }), "name"),
        ("a page", json!({ "type": "attribute", "selector": "a", "name": "srcdoc", "value": "x" }), "name"),
        ("no name", json!({ "type": "attribute", "selector": "a", "name": "1 a", "value": "x" }), "name"),
        (
            "a script",
            json!({ "type": "attribute", "selector": "a", "name": "href", "value": " java\nscript:alert(1)" }),
            "value",
        ),
        ("no class", json!({ "type": "class", "selector": "a" }), "add"),
        ("two classes", json!({ "type": "class", "selector": "a", "add": ["a b"] }), "add"),
        ("no property", json!({ "type": "style", "selector": "a", "property": "co lor", "value": "red" }), "property"),
        ("two", json!({ "type": "style", "selector": "a", "property": "color", "value": "red; top: 0" }), "value"),
        ("nowhere", json!({ "type": "move", "selector": "a", "to": "(", "position": "last" }), "to"),
        ("another host", json!({ "type": "redirect", "url": "//evil.example", "page": page }), "url"),
        ("a script", json!({ "type": "redirect", "url": "javascript:alert(1)", "page": page }), "url"),
        ("from everywhere", json!({ "type": "redirect", "url": "/b" }), "page"),
        (
            "no pattern",
            json!({ "type": "text", "selector": "a", "value": "x", "page": { "operator": "regex", "url": "(" } }),
            "page.url",
        ),
    ] {
        assert_eq!(refused_field(&change), Some(format!("variants[1].changes[0].{field}")), "{why}");
    }
}

#[test]
fn a_page_that_asks_for_a_parameter_that_is_cut_is_refused() {
    let change = json!({ "type": "text", "selector": "a", "value": "x",
        "page": { "operator": "contains", "url": "?secret=1" } });
    assert_eq!(refused_field(&change), Some("query_parameters".to_owned()));
}

#[test]
fn the_control_changes_nothing_and_no_variant_more_than_fits() {
    let one = json!({ "type": "text", "selector": "h1", "value": "Sale" });
    let large = json!({ "type": "html", "selector": "h1", "value": "x".repeat(9_000) });
    assert!(taken(&json!([one]), &json!([])).is_err(), "the control");
    assert!(taken(&json!([]), &Value::Array(vec![one.clone(); 50])).is_ok(), "50");
    assert!(taken(&json!([]), &Value::Array(vec![one; 51])).is_err(), "51");
    assert!(taken(&json!([]), &Value::Array(vec![large.clone(); 3])).is_ok(), "27 KB");
    assert!(taken(&json!([]), &Value::Array(vec![large; 4])).is_err(), "36 KB");
}
