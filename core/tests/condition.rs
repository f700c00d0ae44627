//! Conditions hold where GrowthBook's hold (`scripts/condition-fixture.mjs` asked it), and are refused where its would be
//! silent.

use serde_json::{Value, json};
use tributary_core::condition::{Condition, Groups, MAX_DEPTH, MAX_LIST, MAX_PARTS, MAX_PATTERN, groups};

fn holds(condition: &Value, attributes: &Value, groups: &Groups) -> Result<bool, String> {
    let condition = Condition::parse(condition).map_err(|error| error.to_string())?;
    Ok(condition.holds(attributes, groups))
}

/// Where a condition is refused; `None` where it is taken.
fn refused_at(condition: &Value) -> Option<String> {
    Condition::parse(condition).err().map(|error| error.path)
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_condition_holds_where_growthbook_says_so() {
    let fixture: Value = serde_json::from_str(include_str!("../../tests/fixtures/condition.json")).unwrap();
    let groups = groups(&serde_json::from_value(fixture["groups"].clone()).unwrap());
    let mut wrong = Vec::new();
    for case in fixture["cases"].as_array().unwrap() {
        let attributes = case.get("attributes").unwrap_or(&fixture["attributes"]);
        let expected = Ok(case["holds"].as_bool().unwrap());
        let found = holds(&case["condition"], attributes, &groups);
        if found != expected {
            wrong.push(format!("{}: {}: {found:?}, not {expected:?}", case["name"], case["condition"]));
        }
    }
    assert_none(&wrong);
}

#[test]
fn a_condition_differs_from_growthbook_only_here() {
    let mut wrong = Vec::new();
    for (why, condition, attributes, expected) in [
        ("keys have no order", json!({ "a": { "x": 1, "y": 2 } }), json!({ "a": { "y": 2, "x": 1 } }), true),
        ("JavaScript's own members", json!({ "constructor": { "$exists": true } }), json!({}), false),
        ("members of lists", json!({ "a.map": { "$exists": true } }), json!({ "a": [] }), false),
        ("a character is a whole one", json!({ "a": { "$regex": "^.$" } }), json!({ "a": "💧" }), true),
        ("white space is ASCII's", json!({ "a": { "$regex": "\\s" } }), json!({ "a": "\u{a0}" }), false),
        ("ranges keep their case", json!({ "a": { "$regexi": "[à-ö]" } }), json!({ "a": "É" }), false),
    ] {
        let found = holds(&condition, &attributes, &Groups::new());
        if found != Ok(expected) {
            wrong.push(format!("{why}: {condition}: {found:?}"));
        }
    }
    assert_none(&wrong);
}

#[test]
fn a_number_is_one_however_it_is_written() {
    let attributes =
        serde_json::from_str(r#"{ "whole": 30.0, "small": 3e1, "list": [1.0, 2], "minus": -0.0 }"#).unwrap();
    let mut wrong = Vec::new();
    for condition in [
        json!({ "whole": 30 }),
        json!({ "whole": "30" }),
        json!({ "whole": { "$eq": 30 } }),
        json!({ "small": { "$in": [30] } }),
        json!({ "list": [1, 2.0] }),
        json!({ "list": { "$in": [1] } }),
        json!({ "minus": "0", "minus.x": null }),
        json!({ "list": { "$size": 2.0 } }),
    ] {
        let found = holds(&condition, &attributes, &Groups::new());
        if found != Ok(true) {
            wrong.push(format!("{condition}: {found:?}"));
        }
    }
    assert_none(&wrong);
}

#[test]
fn what_could_only_be_silent_is_refused_with_its_place() {
    let mut wrong = Vec::new();
    for (why, condition, at) in [
        ("no object", json!([]), ""),
        ("null", json!(null), ""),
        ("an unknown operator", json!({ "country": { "$regx": "x" } }), "country.$regx"),
        ("an operator without an attribute", json!({ "$gt": 1 }), "$gt"),
        ("a group without an attribute", json!({ "$savedGroup": { "id": "x" } }), "$savedGroup"),
        ("branches of a value", json!({ "a": { "$or": [] } }), "a.$or"),
        ("branches of an element", json!({ "a": { "$elemMatch": { "$and": [] } } }), "a.$elemMatch.$and"),
        ("an operator beside a key", json!({ "a": { "$gt": 1, "b": 2 } }), "a.b"),
        ("branches that are no list", json!({ "$or": { "a": 1 } }), "$or"),
        ("a branch that is no object", json!({ "$and": [{}, 1] }), "$and[1]"),
        ("the opposite of no object", json!({ "$not": [] }), "$not"),
        ("in no list", json!({ "a": { "$in": "x" } }), "a.$in"),
        ("not in no list", json!({ "a": { "$nin": 1 } }), "a.$nin"),
        ("in no list, whatever the case", json!({ "a": { "$ini": null } }), "a.$ini"),
        ("not in no list, whatever the case", json!({ "a": { "$nini": {} } }), "a.$nini"),
        ("all of no list", json!({ "a": { "$all": "x" } }), "a.$all"),
        ("all of no list, whatever the case", json!({ "a": { "$alli": "x" } }), "a.$alli"),
        ("an operator among all", json!({ "a": { "$all": [1, { "$x": 1 }] } }), "a.$all[1].$x"),
        ("an element like no object", json!({ "a": { "$elemMatch": 1 } }), "a.$elemMatch"),
        ("an element's attribute", json!({ "a": { "$elemMatch": { "b": { "$x": 1 } } } }), "a.$elemMatch.b.$x"),
        ("an operator on a size", json!({ "a": { "$size": { "$x": 1 } } }), "a.$size.$x"),
        ("a type of no name", json!({ "a": { "$type": "integer" } }), "a.$type"),
        ("a type that is no text", json!({ "a": { "$type": 2 } }), "a.$type"),
        ("a group of no name", json!({ "a": { "$inGroup": ["x"] } }), "a.$inGroup"),
        ("not in a group of no name", json!({ "a": { "$notInGroup": 1 } }), "a.$notInGroup"),
        ("a pattern that is no text", json!({ "a": { "$regex": 1 } }), "a.$regex"),
        ("a pattern of no meaning", json!({ "$or": [{}, { "country": { "$regex": "(" } }] }), "$or[1].country.$regex"),
        ("look-around", json!({ "a": { "$regexi": "a(?=b)" } }), "a.$regexi"),
        ("a reference", json!({ "a": { "$notRegex": "(a)\\1" } }), "a.$notRegex"),
        ("a class of Unicode", json!({ "a": { "$notRegexi": "\\p{L}" } }), "a.$notRegexi"),
        ("a pattern of much memory", json!({ "a": { "$regex": "(a{1000}){1000}" } }), "a.$regex"),
        (
            "deep in a path",
            json!({ "$nor": [{ "$not": { "a.b": { "$not": { "$x": 1 } } } }] }),
            "$nor[0].$not.a.b.$not.$x",
        ),
    ] {
        let found = refused_at(&condition);
        if found.as_deref() != Some(at) {
            wrong.push(format!("{why}: {condition}: {found:?}, not {at:?}"));
        }
    }
    assert_none(&wrong);
}

/// `count` conditions within one another, the last one empty.
fn nested(count: usize) -> Value {
    (1..count).fold(json!({}), |inner, _| json!({ "$and": [inner] }))
}

/// An attribute equal to `count` lists within one another; the condition is a level too.
fn lists(count: usize) -> Value {
    let list = (1..count).fold(json!([]), |inner, _| json!([inner]));
    json!({ "a": list })
}

/// One condition with `count` attributes: each is a part, and the condition one more.
fn attributes(count: usize) -> Value {
    (0..count).map(|number| (format!("a{number}"), json!(1))).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn limits_are_met_and_not_passed() {
    let numbers = |count: usize| (0..count).map(Value::from).collect::<Value>();
    let mut wrong = Vec::new();
    for (why, condition, at) in [
        ("as deep as may be", nested(MAX_DEPTH), None),
        ("too deep", nested(MAX_DEPTH + 1), Some("$and[0]".to_owned() + &".$and[0]".repeat(MAX_DEPTH - 1))),
        ("lists as deep as may be", lists(MAX_DEPTH - 1), None),
        ("lists too deep", lists(MAX_DEPTH), Some("a".to_owned() + &"[0]".repeat(MAX_DEPTH - 1))),
        ("as many parts as may be", attributes(MAX_PARTS - 1), None),
        ("a part too many", attributes(MAX_PARTS), Some("a99".to_owned())),
        ("a list as long as may be", json!({ "a": { "$in": numbers(MAX_LIST) } }), None),
        ("a list too long", json!({ "a": { "$in": numbers(MAX_LIST + 1) } }), Some("a.$in".to_owned())),
        ("a plain list too long", json!({ "a": { "$not": numbers(MAX_LIST + 1) } }), Some("a.$not".to_owned())),
        ("a pattern as long as may be", json!({ "a": { "$regex": "(?:)".repeat(MAX_PATTERN / 4) } }), None),
        ("a pattern too long", json!({ "a": { "$regex": "x".repeat(MAX_PATTERN + 1) } }), Some("a.$regex".to_owned())),
    ] {
        let found = refused_at(&condition);
        if found != at {
            wrong.push(format!("{why}: {found:?}, not {at:?}"));
        }
    }
    assert_none(&wrong);
}

#[test]
fn an_error_names_the_place_and_what_would_do() {
    for (condition, words) in [
        (json!(1), "the condition must be an object"),
        (json!({ "a": { "$in": 1 } }), "`a.$in` must be a list of at most 2000 values"),
        (json!({ "a": { "$regx": 1 } }), "`a.$regx` must be an operator on a value, such as `$eq` or `$in`"),
    ] {
        assert_eq!(Condition::parse(&condition).unwrap_err().to_string(), words);
    }
}

#[test]
fn a_condition_is_stored_as_it_was_written() {
    let text = r#"{"$or":[{"a":{"$regex":"^x"}},{"b":1}]}"#;
    let condition: Condition = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&condition).unwrap(), text);
    assert_eq!(condition, Condition::parse(&serde_json::from_str(text).unwrap()).unwrap());
    assert_eq!(condition.clone().source(), condition.source());
    assert_ne!(condition, Condition::parse(&json!({})).unwrap());
    let refusal = serde_json::from_str::<Condition>(r#"{"a":{"$regx":1}}"#).unwrap_err().to_string();
    assert!(refusal.starts_with("`a.$regx` must be"), "{refusal}");
}
