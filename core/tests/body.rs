//! A body that cannot be read is refused by the field at fault, whatever is wrong with it.

use tributary_core::config_input::{
    ExperimentChange, InputError, NewExperiment, NewJourney, NewSite, NewSiteGoal, SiteChange, read,
};

fn fault<T: serde::de::DeserializeOwned + std::fmt::Debug>(body: &str) -> (String, String) {
    match read::<T>(body.as_bytes()) {
        Err(InputError::Malformed { field, limit, .. }) => (field, limit),
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn the_field_of_another_type_is_named_by_its_path() {
    let site = |rest: &str| format!(r#"{{"name":"Shop","time_zone":"UTC","currency":"USD",{rest}}}"#);
    assert_eq!(fault::<NewSite>(&site(r#""allow_automation":"yes""#)), ("allow_automation".into(), "a boolean".into()));
    assert_eq!(fault::<NewSite>(&site(r#""shards":300"#)), ("shards".into(), "u8".into()));
    assert_eq!(fault::<NewSite>(&site(r#""order_events":["a",5]"#)), ("order_events[1]".into(), "a string".into()));
    let change = fault::<SiteChange>(r#"{"windows_ms":[1,2,3]}"#);
    assert_eq!(change, ("windows_ms".into(), "an array of length 5".into()));
    assert_eq!(fault::<SiteChange>(r#"{"windows_ms":[1,2,3,4,5,6]}"#).0, "windows_ms[5]");
}

#[test]
fn within_a_list_the_place_is_named() {
    let experiment = |variants: &str, goals: &str| format!(r#"{{"key":"hero","variants":{variants},"goals":{goals}}}"#);
    let variants = r#"[{"key":"control"},{"key":"b","weight":"half"}]"#;
    assert_eq!(fault::<NewExperiment>(&experiment(variants, "[]")), ("variants[1].weight".into(), "f64".into()));
    let goals = r#"[{"key":"order","type":"revenue","event":"purchase","window_ms":"1h"}]"#;
    assert_eq!(fault::<ExperimentChange>(&format!(r#"{{"goals":{goals}}}"#)).0, "goals[0].window_ms");
    let (field, limit) = fault::<NewExperiment>(&experiment("[]", r#"[{"key":"order","type":"sale"}]"#));
    assert!(field == "goals[0]" && limit.contains("`page_view`"), "{field}: {limit}");
    let journey = r#"{"key":"j","goal":"g","treatments":[{"communication":1}]}"#;
    assert_eq!(fault::<NewJourney>(journey).0, "treatments[0].communication");
}

#[test]
fn a_field_that_is_missing_or_unknown_is_named_too() {
    assert_eq!(fault::<NewSite>(r#"{"name":"Shop","time_zone":"UTC"}"#), ("currency".into(), "given".into()));
    let variant = r#"{"key":"hero","variants":[{"name":"A"}],"goals":[]}"#;
    assert_eq!(fault::<NewExperiment>(variant), ("variants[0].key".into(), "given".into()));
    assert_eq!(fault::<NewSiteGoal>(r#"{"key":"g","event":"e"}"#).0, "measure");
    assert_eq!(fault::<SiteChange>(r#"{"colour":"red"}"#).0, "colour");
    let deep = r#"{"key":"hero","variants":[{"key":"a","color":1}],"goals":[]}"#;
    assert_eq!(fault::<NewExperiment>(deep).0, "variants[0].color");
}

#[test]
fn what_is_no_json_is_the_body() {
    for body in ["", "{", "nonsense", r#"{"name":"x"} trailing"#, "{\"name\":\"\u{1}\"}"] {
        assert_eq!(fault::<SiteChange>(body), ("body".into(), "JSON".into()), "{body}");
    }
    for body in ["[]", "5", "null", "\"x\""] {
        let (field, limit) = fault::<SiteChange>(body);
        assert!(field == "body" && limit.starts_with("struct SiteChange"), "{body}: {field}: {limit}");
    }
}

#[test]
fn neither_line_breaks_nor_quotes_nor_braces_within_texts_lead_astray() {
    let body =
        "{\n  \"name\": \"a \\\"{[,\",\r\n  \"groups\": {\"é,\\\\\": [1, {\"a\": [2]}]},\n  \"holdout\": \"5 %\" }";
    assert_eq!(fault::<SiteChange>(body), ("holdout".into(), "f64".into()));
    assert_eq!(fault::<SiteChange>("{\"groups\":{\"a b\":{}}}").0, "groups.a b");
}
