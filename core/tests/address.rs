//! Addresses: what of them may leave the page, and how goals compare them.

mod support;

use serde_json::json;
use support::{Collector, T0, goal, visitor, visitor_given};
use tributary_core::config_input::{self, NewExperiment, NewSite};
use tributary_core::judge::pattern;
use tributary_core::url::public;

#[test]
fn only_allowed_parameters_leave_the_page() {
    let allowed = ["utm_source", "page"];
    let rows = [
        ("https://a.example/p", "https://a.example/p"),
        ("https://a.example/p#secret", "https://a.example/p"),
        ("https://a.example/p?email=x", "https://a.example/p"),
        ("https://a.example/p?page=2&email=x&utm_source=y#z", "https://a.example/p?page=2&utm_source=y"),
        ("https://a.example/p?Page=2", "https://a.example/p"),
        ("https://a.example/p?page", "https://a.example/p?page"),
        ("https://a.example/?", "https://a.example/"),
        ("https://a.example/?a=1?page=2", "https://a.example/"),
    ];
    for (address, expected) in rows {
        assert_eq!(public(address, &allowed), expected, "{address}");
    }
}

#[test]
fn a_page_view_goal_compares_path_and_query_or_the_whole_address() {
    let rows = [
        ("equals", "/thanks", "https://a.example/thanks", true),
        ("equals", "/thanks", "https://a.example/thanks?utm_source=x", false),
        ("equals", "/thanks", "https://a.example/thanks?email=x", true),
        ("equals", "https://a.example/thanks", "https://a.example/thanks", true),
        ("equals", "https://a.example/thanks", "https://b.example/thanks", false),
        ("equals", "/", "https://a.example", true),
        ("contains", "thanks", "https://a.example/de/thanks/7", true),
        ("contains", "/thanks", "https://a.example/de/thanks", true),
        ("contains", "example", "https://a.example/", true),
        ("starts_with", "/de/", "https://a.example/de/x", true),
        ("starts_with", "/de/", "https://a.example/x/de/", false),
        ("starts_with", "https://a.", "https://a.example/", true),
        ("regex", "^/order/[0-9]+$", "https://a.example/order/17", false),
        ("regex", "/order/[0-9]+$", "https://a.example/order/17", true),
        ("regex", "/order/[0-9]+$", "https://a.example/order/x", false),
        ("regex", "^https://a\\.", "https://a.example/", true),
    ];
    for (operator, url, address, expected) in rows {
        let site: NewSite = config_input::read(br#"{"name":"S","time_zone":"UTC","currency":"USD"}"#).unwrap();
        let experiment = json!({ "key": "hero", "variants": [{ "key": "control" }, { "key": "b" }],
            "goals": [{ "key": "goal", "type": "page_view", "operator": operator, "url": url }] });
        let experiment: NewExperiment = config_input::read(experiment.to_string().as_bytes()).unwrap();
        let config = site.into_config("s".into()).unwrap().with_experiment(experiment).unwrap();
        let mut collector = Collector::new(config.with_start("hero", Some(T0), T0).unwrap(), 1);
        let ada = visitor(&visitor_given("b", 0)).at("0s").exposed();
        collector.take(&ada.event("$page_view", json!({ "url": address })));
        let figures = goal(&collector.report(), "goal", "b");
        assert_eq!(figures.contains("conversions 1"), expected, "{operator} {url} at {address}: {figures}");
    }
}

#[test]
fn a_regular_expression_is_of_the_syntax_that_rust_and_javascript_have_in_common() {
    let common = [
        "^/p/[a-z0-9_-]+(?:/|$)",
        "/(?<id>\\d{1,3})\\b",
        "a|b|",
        "\\/x\\.html\\?a=[^&]*",
        "[(?P]x",
        "\\x41\\u0041\\[\\]",
        "[\\]\\[]",
        "ä+?",
        "[^^]]",
    ];
    for text in common {
        assert!(pattern(text, false).is_some(), "{text}");
    }
    let others = [
        ("(?i)a", "a flag"),
        ("a(?s:.)", "a flag within"),
        ("(?P<id>a)", "a name as Rust writes it"),
        ("\\Aa", "the beginning"),
        ("a\\z", "the end"),
        ("\\<a", "where a word begins"),
        ("a\\>", "where it ends"),
        ("\\b{start}a", "the same"),
        ("\\x{41}", "a letter by its number in braces"),
        ("\\u{41}", "the same"),
        ("\\U00000041", "the same"),
        ("\\a", "a bell"),
        ("[[:alpha:]]", "a class of POSIX's"),
        ("[a[b]]", "a class within a class"),
        ("[]a]", "a class that begins with its end"),
        ("[^]a]", "the same, negated"),
        ("(?=a)", "look-ahead"),
        ("(?<!a)b", "look-behind"),
        ("(a)\\1", "what was found before"),
        ("(", "none"),
    ];
    for (text, why) in others {
        assert!(pattern(text, false).is_none(), "{text}: {why}");
    }
    assert!(pattern("/THANKS", true).is_some_and(|pattern| pattern.is_match("/thanks")));
}
