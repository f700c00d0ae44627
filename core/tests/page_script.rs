//! Which build of the script a site's pages get.

mod support;

use serde_json::{Value, json};
use support::{T0, shop};
use tributary_core::config::Config;
use tributary_core::config_input;

fn empty_shop() -> Config {
    Config { experiments: Vec::new(), ..shop() }
}

fn with_communication(kind: &str) -> Config {
    let new = json!({ "key": "spring", "type": kind }).to_string();
    empty_shop().with_communication(config_input::read(new.as_bytes()).unwrap()).unwrap()
}

fn with_changes() -> Config {
    let new = json!({
        "key": "offer", "goals": [{ "key": "cart", "type": "custom_event", "event": "add_to_cart" }],
        "variants": [{ "key": "control" }, { "key": "b", "changes": [
            { "type": "text", "selector": "h1", "value": "Sale", "page": { "operator": "starts_with", "url": "/sale" } },
            { "type": "attribute", "selector": "img", "name": "hidden" },
            { "type": "move", "selector": ".price", "to": "h1", "position": "first" },
            { "type": "redirect", "url": "/b", "page": { "operator": "equals", "url": "/" } },
        ] }]
    });
    let config = empty_shop().with_experiment(config_input::read(new.to_string().as_bytes()).unwrap()).unwrap();
    config.with_start("offer", Some(T0), T0).unwrap()
}

fn with_condition(condition: &Value) -> Config {
    let new = json!({
        "key": "offer", "goals": [{ "key": "cart", "type": "custom_event", "event": "add_to_cart" }],
        "variants": [{ "key": "control" }, { "key": "b" }], "condition": condition,
    });
    let config = empty_shop().with_experiment(config_input::read(new.to_string().as_bytes()).unwrap()).unwrap();
    config.with_start("offer", Some(T0), T0).unwrap()
}

#[test]
fn an_experiment_that_is_not_for_everybody_is_only_in_what_knows_whom_it_is_for() {
    let script = with_condition(&json!({ "language": "de" })).page_script(T0);
    assert!(!script.given.config.contains("offer"));
    assert!(script.given.targeting.unwrap().contains("offer"));
}

#[test]
fn the_country_is_said_only_where_a_condition_asks_for_it() {
    for (condition, expected) in [
        (json!({ "language": "de" }), false),
        (json!({ "country": "DE" }), true),
        (json!({ "$or": [{ "language": "de" }, { "$not": { "country": { "$in": ["DE", "AT"] } } }] }), true),
        (json!({ "shop.country": "DE" }), false),
    ] {
        assert_eq!(with_condition(&condition).page_script(T0).asks_for_country, expected, "{condition}");
    }
}

#[test]
fn changes_travel_as_lists_that_the_script_reads() {
    let script = with_changes().page_script(T0);
    let told = serde_json::to_value(&script.given.changes).unwrap();
    let changes = json!([
        [0, "h1", [2, "/sale"], "Sale"],
        [2, "img", null, "hidden", null],
        [5, ".price", null, "h1", "prepend"],
        [6, "", [0, "/"], "/b"],
    ]);
    assert_eq!(told, json!([["offer", [["b", changes]]]]));
}

#[test]
fn a_draft_brings_the_means_to_look_at_it_and_nothing_of_what_it_will_change() {
    let mut draft = with_changes();
    draft.experiments[0].started_at = None;
    let script = draft.page_script(T0);
    assert_eq!((script.file().as_str(), script.given.changes), ("t.variants.js", Vec::new()));
}

#[test]
fn a_site_gets_what_its_pages_need_and_nothing_more() {
    for (why, config, file) in [
        ("nothing to find", empty_shop(), "t.js"),
        ("something to find", with_communication("popup"), "t.communications.js"),
        ("servers tell of messages", with_communication("message"), "t.js"),
        ("forms may be in shadow roots, variants in the markup", shop(), "t.communications.variants.js"),
        ("changes", with_changes(), "t.variants.changes.js"),
        ("a condition", with_condition(&json!({ "language": "de" })), "t.variants.targeting.js"),
    ] {
        assert_eq!(config.page_script(T0).file(), file, "{why}");
    }
}
