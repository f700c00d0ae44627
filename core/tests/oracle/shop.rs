//! A small shop: who comes, what it runs, what events may say of money.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tributary_core::config::Config;
use tributary_core::config_input::NewSite;
use tributary_core::time::{DAY, HOUR, MINUTE, Millis};

use crate::support::{T0, hero};

/// The holdout of the shop has exactly one of them.
pub const VISITORS: [&str; 5] = ["ada", "bob", "cyd", "dan", "eve"];
pub const PROFILES: [&str; 2] = ["p", "q"];
pub const COMMUNICATIONS: [(&str, &str); 4] =
    [("offer", "popup"), ("bell", "notification"), ("banner", "block"), ("mail", "message")];
pub const SEQUENCES: [(&str, &[&str]); 2] = [("welcome", &["offer", "mail"]), ("sale", &["offer", "banner"])];
pub const CAMPAIGNS: [(&str, &[&str]); 1] = [("spring", &["welcome", "sale"])];
/// In their order.
pub const EXPERIMENTS: [&str; 4] = ["hero", "wide", "club", "late"];
pub const EXPERIENCES: [(&str, &[&str]); 2] = [("cart", &["one", "two"]), ("gift", &["only"])];

/// How long an interaction earns orders, by era.
pub const LOOKBACKS: [Millis; 2] = [DAY, 3 * HOUR];
/// What is seen. The first two words of a path are what patterns are about.
pub const PAGES: [&str; 3] = ["https://shop.example/", "https://shop.example/thanks", "https://shop.example/product/1"];
/// What a click and a submit say they met: only goals of their own kind are.
pub const CLAIMED: [[u16; 2]; 6] = [[1, 3], [1, 4], [2, 8], [2, 9], [3, 5], [9, 0]];

/// Windows of experiences, by era.
pub const WINDOWS: [[Millis; 5]; 2] =
    [[HOUR, 3 * HOUR, DAY, 3 * DAY, 7 * DAY], [30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, DAY]];

/// Revenue and currency as they are told; the currency and the minor units they come to. Those after the first
/// [`GOOD_PRICES`] are no revenue.
pub const PRICES: [(Option<&str>, Option<&str>, &str, i64); 8] = [
    (Some("10.5"), Some("\"USD\""), "USD", 1050),
    (Some("99.995"), Some("\"usd\""), "USD", 10_000),
    (Some("20"), None, "USD", 2_000),
    (Some("500"), Some("\"JPY\""), "JPY", 500),
    (None, None, "USD", 0),
    (Some("\"10\""), Some("\"JPY\""), "JPY", 0),
    (Some("7"), Some("\"ZZZ\""), "USD", 0),
    (Some("null"), Some("\"USD\""), "USD", 0),
];

pub const GOOD_PRICES: usize = 4;

/// The most that one unit's revenue decides in `wide`, minor units.
pub const CAP_OF_WIDE: i128 = 1_500;

/// How much a refund takes back.
#[derive(Debug, Clone, Copy)]
pub enum Back {
    All(Option<&'static str>),
    Part(&'static str, i64),
    Bad,
}

/// Amount and currency as they are told, and what they come to.
pub const REFUNDS: [(Option<&str>, Option<&str>, Back); 8] = [
    (None, None, Back::All(None)),
    (None, Some("\"JPY\""), Back::All(Some("JPY"))),
    (None, Some("\"ZZZ\""), Back::Bad),
    (Some("3"), None, Back::Part("USD", 300)),
    (Some("6.005"), Some("\"USD\""), Back::Part("USD", 601)),
    (Some("200"), Some("\"JPY\""), Back::Part("JPY", 200)),
    (Some("-1"), Some("\"USD\""), Back::Bad),
    (Some("\"3\""), None, Back::Bad),
];

/// What `points` are told, and what they come to, in billionths.
pub const POINTS: [(Option<&str>, i128); 5] = [
    (Some("2.5"), 2_500_000_000),
    (Some("-4"), -4_000_000_000),
    (Some("\"3\""), 0),
    (None, 0),
    (Some("0.1"), 100_000_000),
];

/// The shop: a holdout, an experiment, communications, experiences, goals and their journeys. The first is in force for
/// the events of the first era, the second for those of the second.
pub fn shop(time_zone: &str) -> [Config; 2] {
    let site: NewSite = read(json!({ "name": "Shop", "time_zone": time_zone, "currency": "USD" }));
    let mut config = site.into_config("site".to_owned()).unwrap();
    config = config.with_change(read(json!({ "holdout": 0.2 }))).unwrap();
    config = config.with_experiment(hero(1.0)).unwrap().with_start("hero", Some(T0 - 390 * DAY), T0).unwrap();
    config = experiments(config);
    for (key, kind) in COMMUNICATIONS {
        config = config.with_communication(read(json!({ "key": key, "type": kind }))).unwrap();
    }
    for (key, communications) in SEQUENCES {
        config = config.with_sequence(read(json!({ "key": key, "communications": communications }))).unwrap();
    }
    for (key, sequences) in CAMPAIGNS {
        config = config.with_campaign(read(json!({ "key": key, "sequences": sequences }))).unwrap();
    }
    for (key, variants) in EXPERIENCES {
        let variants: Vec<Value> = variants.iter().map(|key| json!({ "key": key })).collect();
        config = config.with_experience(read(json!({ "key": key, "variants": variants }))).unwrap();
    }
    let made_at = T0 - 390 * DAY;
    let goals = [
        json!({ "key": "revenue", "event": "purchase", "measure": "value", "property": "revenue", "window_ms": 3 * HOUR, "at": made_at }),
        json!({ "key": "signups", "event": "signup", "condition": { "plan": "pro" }, "measure": "events", "window_ms": DAY, "at": made_at }),
        json!({ "key": "points", "event": "signup", "measure": "value", "property": "points", "at": made_at }),
        json!({ "key": "visits", "event": "session_start", "measure": "events", "window_ms": HOUR, "at": made_at }),
        json!({ "key": "returns", "event": "return_visit", "measure": "unique", "window_ms": DAY, "at": made_at }),
        json!({ "key": "known", "event": "profile_created", "measure": "unique", "window_ms": DAY, "at": made_at }),
        json!({ "key": "fresh", "event": "signup", "measure": "unique", "window_ms": DAY, "at": T0 }),
        json!({ "key": "never", "event": "session_start", "condition": { "plan": "pro" }, "measure": "events", "at": made_at }),
        json!({ "key": "plain", "event": "session_start", "condition": { "plan": null }, "measure": "events", "at": made_at }),
    ];
    for goal in goals {
        config = config.with_goal(read(goal), T0).unwrap();
    }
    let journeys = [
        json!({ "key": "a", "goal": "revenue", "treatments": [{ "experiment": "hero", "variant": "b" }, { "communication": "offer" }] }),
        json!({ "key": "b", "goal": "revenue", "treatments": [{ "experience": "cart", "variant": "one" }, { "experiment": "club", "variant": "b" }] }),
        json!({ "key": "c", "goal": "signups", "treatments": [{ "experiment": "hero", "variant": "control" }, { "communication": "bell" }, { "experience": "gift", "variant": "only" }] }),
        json!({ "key": "f", "goal": "fresh", "treatments": [{ "experiment": "wide", "variant": "control" }, { "experiment": "wide", "variant": "b" }, { "experiment": "club", "variant": "control" }] }),
        json!({ "key": "e", "goal": "known", "treatments": [{ "communication": "banner" }, { "experience": "cart", "variant": "two" }] }),
    ];
    for journey in journeys {
        config = config.with_journey(read(journey)).unwrap();
    }
    let change = json!({ "lookback_ms": LOOKBACKS[1], "windows_ms": WINDOWS[1] });
    let mut next = changed(config.with_change(read(change)).unwrap());
    let late = json!({ "key": "tries", "event": "signup", "measure": "events", "at": made_at });
    next = next.with_goal(read(late), T0).unwrap();
    let late = json!({ "key": "starts", "event": "session_start", "measure": "events", "at": made_at });
    next = next.with_goal(read(late), T0).unwrap();
    let mail = json!({ "key": "d", "goal": "visits", "treatments": [{ "communication": "mail" }] });
    next = next.with_journey(read(mail)).unwrap();
    [config, next]
}

fn read<T: DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).unwrap()
}

/// Experiments besides `hero`, with a goal of every kind: `wide` leaves out one visitor by its namespace and one by its
/// first coverage, gives others another variant under another version, was paused and ends in the second era, and caps a unit's revenue; `club` is of profiles and ends in a pause; `late` is a draft until the second era.
fn experiments(config: Config) -> Config {
    let thanks = json!({ "key": "exit", "type": "exit_rate", "operator": "equals", "url": "/thanks" });
    let wide = json!({
        "key": "wide", "seed": "wide-21", "coverage": 0.9, "namespace": { "id": "half", "range": [0.1, 1.0] },
        "variants": [{ "key": "control" }, { "key": "b" }, { "key": "c" }], "plan": { "revenue_cap": "15.00" },
        "goals": [
            { "key": "quick", "type": "revenue", "event": "purchase", "window_ms": HOUR },
            { "key": "pro", "type": "custom_event", "event": "signup", "condition": { "plan": "pro" }, "per": "session" },
            { "key": "bought", "type": "custom_event", "event": "purchase", "per": "session", "window_ms": 3 * HOUR },
            { "key": "seen", "type": "page_view", "operator": "contains", "url": "thanks", "per": "session" },
            { "key": "bounce", "type": "bounce_rate", "direction": "decrease" },
            { "key": "entered", "type": "bounce_rate", "entry": { "operator": "equals", "url": "/" } },
            thanks,
            { "key": "product", "type": "exit_rate", "operator": "starts_with", "url": "/product", "single_page": true },
            { "key": "click", "type": "click", "selector": "a", "per": "session" },
            { "key": "submit", "type": "form_submit", "selector": "form" },
            { "key": "back", "type": "custom_event", "event": "refund" },
            { "key": "worth", "type": "revenue", "event": "purchase", "decides": "aov" },
            { "key": "orders", "type": "revenue", "event": "purchase", "decides": "orders_per_unit", "window_ms": DAY },
        ]
    });
    let club = json!({
        "key": "club", "unit": "profile", "variants": [{ "key": "control" }, { "key": "b" }],
        "goals": [
            { "key": "revenue", "type": "revenue", "event": "purchase", "per": "session" },
            { "key": "tries", "type": "custom_event", "event": "signup", "window_ms": DAY },
            { "key": "bounce", "type": "bounce_rate" },
            { "key": "entered", "type": "bounce_rate", "entry": { "operator": "contains", "url": "thanks" } },
            thanks,
            { "key": "click", "type": "click", "selector": "a", "per": "session" },
            { "key": "worth", "type": "revenue", "event": "purchase", "decides": "aov", "window_ms": DAY },
        ]
    });
    let late = json!({
        "key": "late", "variants": [{ "key": "control" }, { "key": "b" }],
        "goals": [
            { "key": "revenue", "type": "revenue", "event": "purchase", "per": "session", "window_ms": DAY },
            { "key": "seen", "type": "page_view", "operator": "equals", "url": "https://shop.example/thanks" },
            { "key": "bounce", "type": "bounce_rate" },
            thanks,
        ]
    });
    let config = [wide, club, late].into_iter().fold(config, |config, new| config.with_experiment(read(new)).unwrap());
    let config = config.with_start("wide", Some(T0 - 390 * DAY), T0).unwrap();
    let config = config.with_start("club", Some(T0 - 390 * DAY), T0).unwrap();
    let more = read(json!({ "weights": [0.2, 0.4, 0.4] }));
    let config = config.with_experiment_change("wide", more, T0).unwrap();
    config.with_pause("wide", T0 + DAY).unwrap().with_resume("wide", T0 + DAY + HOUR).unwrap()
}

/// The same in the second era: shares moved, goals added, runs over.
fn changed(config: Config) -> Config {
    let change = |config: Config, key, change, now| config.with_experiment_change(key, read(change), now).unwrap();
    let config = change(config, "wide", json!({ "weights": [0.1, 0.1, 0.8], "coverage": 1.0 }), T0);
    let config = change(config, "club", json!({ "weights": [0.9, 0.1] }), T0);
    let more = json!({ "goals": [
        { "key": "more", "type": "revenue", "event": "purchase" },
        { "key": "left", "type": "exit_rate", "operator": "equals", "url": "/", "single_page": true },
        { "key": "sessions", "type": "custom_event", "event": "signup", "per": "session" },
    ]});
    let config = change(config, "wide", more, T0 + HOUR);
    let config = config.with_start("late", Some(T0 - 3 * DAY), T0).unwrap();
    let config = config.with_stop("wide", T0 + 3 * DAY).unwrap();
    config.with_pause("club", T0 + 3 * HOUR).unwrap().with_stop("club", T0 + 7 * HOUR).unwrap()
}
