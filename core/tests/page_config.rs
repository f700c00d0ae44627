//! The page's configuration as it travels: frozen, because a page may have an older script than the collector.

use serde_json::Value;
use tributary_core::page_config::{PageConfig, PageExperiment, PageGoal, PageGroup};

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../tests/fixtures/page-config.json")).unwrap()
}

fn number<T: TryFrom<u64>>(value: &Value) -> T {
    T::try_from(value.as_u64().unwrap()).ok().unwrap()
}

fn goals(value: &Value) -> Vec<PageGoal<'_>> {
    let goal = |goal: &'_ Value| -> (u16, u8) { (number(&goal["experiment"]), number(&goal["goal"])) };
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|value| {
            let (experiment, index) = goal(value);
            PageGoal { experiment, goal: index, selector: value["selector"].as_str().unwrap() }
        })
        .collect()
}

fn config(value: &Value) -> PageConfig<'_> {
    let experiment = |value: &'_ Value| -> (u32, u16) { (number(&value["version"]), number(&value["coverage"])) };
    PageConfig {
        query_parameters: value["queryParameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect(),
        respect_privacy_signals: value["respectPrivacySignals"].as_bool().unwrap(),
        holdout: number(&value["holdout"]),
        experiments: value["experiments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|value| {
                let (version, coverage) = experiment(value);
                let variants = value["variants"].as_array().unwrap();
                PageExperiment {
                    key: value["key"].as_str().unwrap(),
                    seed: value["seed"].as_str().unwrap(),
                    version,
                    coverage,
                    namespace: match &value["namespace"] {
                        Value::Null => ("", 0, 0),
                        given => (given[0].as_str().unwrap(), number(&given[1]), number(&given[2])),
                    },
                    variants: variants.iter().map(|pair| (pair[0].as_str().unwrap(), number(&pair[1]))).collect(),
                }
            })
            .collect(),
        clicks: goals(&value["clicks"]),
        submits: goals(&value["submits"]),
        has_communications: value["hasCommunications"].as_bool().unwrap(),
        groups: value["groups"].as_array().unwrap().iter().map(group).collect(),
    }
}

fn group(value: &Value) -> PageGroup<'_> {
    let communications = value["communications"].as_array().unwrap();
    PageGroup {
        is_campaign: value["isCampaign"].as_bool().unwrap(),
        key: value["key"].as_str().unwrap(),
        communications: communications.iter().map(|key| key.as_str().unwrap()).collect(),
    }
}

#[test]
fn the_form_is_frozen() {
    let fixture = fixture();
    let text = fixture["text"].as_str().unwrap();
    let config = config(&fixture["config"]);
    assert_eq!(config.encode(), text);
    assert_eq!(PageConfig::decode(text), Some(config));
}

#[test]
fn a_line_break_in_a_selector_is_a_space() {
    let clicks = vec![PageGoal { experiment: 1, goal: 0, selector: "a,\r\nb" }];
    let config = PageConfig {
        query_parameters: vec![],
        respect_privacy_signals: false,
        holdout: 0,
        experiments: vec![],
        clicks,
        submits: vec![],
        has_communications: false,
        groups: vec![],
    };
    let text = config.encode();
    assert_eq!(PageConfig::decode(&text).unwrap().clicks[0].selector, "a,  b");
}

#[test]
fn whatever_is_cut_off_is_refused() {
    let fixture = fixture();
    let text = fixture["text"].as_str().unwrap();
    for (end, _) in text.char_indices() {
        assert_eq!(PageConfig::decode(&text[..end]), None, "cut off at {end}");
    }
}

#[test]
fn what_is_no_configuration_is_refused_without_harm() {
    for text in ["x", "4000000000\n", "-1\n", "1\na\n1\n99999999999999999999\n", "\n\n\n\n\n\n.."] {
        assert_eq!(PageConfig::decode(text), None, "{text:?}");
    }
}
