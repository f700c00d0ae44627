//! Random timelines of a small shop: visitors, profiles and servers that tell of all there is to tell.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tributary_core::config::Config;
use tributary_core::config_input::NewSite;
use tributary_core::time::{DAY, HOUR, MINUTE, Millis};

use crate::support::{Happening, T0, hero, variant_of};

/// When everything arrives.
pub const NOW: Millis = T0 + 5 * DAY;
/// The holdout of the shop has exactly one of them.
pub const VISITORS: [&str; 5] = ["ada", "bob", "cyd", "dan", "eve"];
pub const PROFILES: [&str; 2] = ["p", "q"];
pub const COMMUNICATIONS: [(&str, &str); 4] =
    [("offer", "popup"), ("bell", "notification"), ("banner", "block"), ("mail", "message")];
pub const SEQUENCES: [(&str, &[&str]); 2] = [("welcome", &["offer", "mail"]), ("sale", &["offer", "banner"])];
pub const CAMPAIGNS: [(&str, &[&str]); 1] = [("spring", &["welcome", "sale"])];
pub const EXPERIENCES: [(&str, &[&str]); 2] = [("cart", &["one", "two"]), ("gift", &["only"])];

/// How long an interaction earns orders, by era.
pub const LOOKBACKS: [Millis; 2] = [DAY, 3 * HOUR];
/// Windows of experiences, by era.
pub const WINDOWS: [[Millis; 5]; 2] =
    [[HOUR, 3 * HOUR, DAY, 3 * DAY, 7 * DAY], [30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, DAY]];

/// Revenue and currency as they are told; the currency and the minor units they come to.
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

/// Nobody and a profile cannot be identified.
const IDENTIFY_OR_ORDER: [What; 2] = [What::Identify("p"), What::Order { price: 0, id: Some("A") }];

/// Where an event was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    Page { load: &'static str, number: u32 },
    Server { id: String, sequence: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    View(&'static str),
    /// Of `hero`: the variant that the assignment gives, or the other.
    Exposure {
        is_right: bool,
    },
    /// A click or submit that is about no communication.
    Touch,
    Click(usize),
    Hover {
        communication: usize,
        is_touch: bool,
    },
    Appearance(usize),
    Dismissal(usize),
    SequenceStart(usize),
    CampaignStart(usize),
    Execution {
        experience: usize,
        variant: usize,
    },
    Order {
        price: usize,
        id: Option<&'static str>,
    },
    Refund {
        amount: usize,
        id: Option<&'static str>,
    },
    /// A custom event, with a plan and points.
    Signup {
        is_pro: bool,
        points: usize,
    },
    Identify(&'static str),
}

/// What `points` are told, and what they come to, in billionths.
pub const POINTS: [(Option<&str>, i128); 5] = [
    (Some("2.5"), 2_500_000_000),
    (Some("-4"), -4_000_000_000),
    (Some("\"3\""), 0),
    (None, 0),
    (Some("0.1"), 100_000_000),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Which configuration is in force when it is accepted: the first or the second.
    pub era: usize,
    pub at: Millis,
    pub via: Via,
    pub visitor: Option<&'static str>,
    pub profile: Option<&'static str>,
    pub what: What,
}

/// The shop: a holdout, an experiment, communications, experiences, goals and their journeys. The first is in force for
/// the events of the first era, the second for those of the second.
pub fn shop(time_zone: &str) -> [Config; 2] {
    fn read<T: DeserializeOwned>(body: Value) -> T {
        serde_json::from_value(body).unwrap()
    }
    let site: NewSite = read(json!({ "name": "Shop", "time_zone": time_zone, "currency": "USD" }));
    let mut config = site.into_config("site".to_owned()).unwrap();
    config = config.with_change(read(json!({ "holdout": 0.2 }))).unwrap();
    config = config.with_experiment(hero(1.0)).unwrap().with_start("hero", Some(T0 - 390 * DAY), T0).unwrap();
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
    ];
    for goal in goals {
        config = config.with_goal(read(goal), T0).unwrap();
    }
    let journeys = [
        json!({ "key": "a", "goal": "revenue", "treatments": [{ "experiment": "hero", "variant": "b" }, { "communication": "offer" }] }),
        json!({ "key": "b", "goal": "revenue", "treatments": [{ "experience": "cart", "variant": "one" }] }),
        json!({ "key": "c", "goal": "signups", "treatments": [{ "experiment": "hero", "variant": "control" }, { "communication": "bell" }, { "experience": "gift", "variant": "only" }] }),
        json!({ "key": "e", "goal": "known", "treatments": [{ "communication": "banner" }, { "experience": "cart", "variant": "two" }] }),
    ];
    for journey in journeys {
        config = config.with_journey(read(journey)).unwrap();
    }
    let change = json!({ "lookback_ms": LOOKBACKS[1], "windows_ms": WINDOWS[1] });
    let mut next = config.with_change(read(change)).unwrap();
    let late = json!({ "key": "tries", "event": "signup", "measure": "events", "at": made_at });
    next = next.with_goal(read(late), T0).unwrap();
    let late = json!({ "key": "starts", "event": "session_start", "measure": "events", "at": made_at });
    next = next.with_goal(read(late), T0).unwrap();
    let mail = json!({ "key": "d", "goal": "visits", "treatments": [{ "communication": "mail" }] });
    next = next.with_journey(read(mail)).unwrap();
    [config, next]
}

/// Numbers from a seed (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }

    pub fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for place in (1..all.len()).rev() {
            all.swap(place, self.below(place + 1));
        }
    }
}

/// Steps from one event to another: ties, and every limit that there is, just held and just passed.
const STEPS: [Millis; 20] = [
    0,
    0,
    1,
    MINUTE,
    29 * MINUTE,
    30 * MINUTE,
    30 * MINUTE + 1,
    HOUR,
    HOUR + 1,
    2 * HOUR,
    3 * HOUR,
    3 * HOUR + 1,
    7 * HOUR,
    DAY - 1,
    DAY,
    DAY + 1,
    3 * DAY,
    3 * DAY + 1,
    7 * DAY,
    7 * DAY + 1,
];

/// Up to `count` events of a few visitors, profiles, and of nobody.
pub fn timeline(dice: &mut Dice, count: usize) -> Vec<Told> {
    let visitors = 1 + dice.below(VISITORS.len());
    let first = dice.below(VISITORS.len());
    let mut numbers: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut all: Vec<Told> = Vec::new();
    let is_changed = dice.one_in(2);
    if dice.one_in(20) {
        // A visit of more than a day, which is cut; and what servers tell about where it is.
        let (load, visitor) = ("long", VISITORS[first]);
        let step = dice.pick(&[30 * MINUTE, 29 * MINUTE]);
        all = (0..52)
            .map(|number| {
                let (at, via) = (T0 + Millis::from(number) * step, Via::Page { load, number });
                // Whether the second of two appearances is in the same session shows in its figures.
                let what = if (47..=48).contains(&number) { What::Appearance(0) } else { What::Touch };
                Told { era: 0, at, via, visitor: Some(visitor), profile: None, what }
            })
            .collect();
    }
    for place in 0..count {
        let base = if all.is_empty() || dice.one_in(12) { T0 } else { all[dice.below(all.len())].at };
        let step = dice.pick(&STEPS);
        let at = if dice.one_in(4) { base - step } else { base + step };
        let visitor = VISITORS[(first + dice.below(visitors)) % VISITORS.len()];
        let what = what(dice);
        let era = if is_changed { dice.below(2) } else { 0 };
        let is_server = dice.one_in(3) || matches!(what, What::Execution { .. }) || at < NOW - 7 * DAY;
        let told = if is_server {
            let (visitor, profile) = match dice.below(8) {
                0 => (None, None),
                1 | 2 => (None, Some(dice.pick(&PROFILES))),
                3 => (Some(visitor), Some(dice.pick(&PROFILES))),
                _ => (Some(visitor), None),
            };
            let visitor = if matches!(what, What::Identify(_)) { visitor.or(Some(VISITORS[first])) } else { visitor };
            let id = format!("{}{place}", dice.pick(&["a", "lb", "z"]));
            let sequence = u32::try_from(dice.below(3)).unwrap();
            Told { era, at: at.clamp(T0 - 12 * DAY, NOW), via: Via::Server { id, sequence }, visitor, profile, what }
        } else {
            let load = dice.pick(&["la", "lb"]);
            let number = numbers.entry((visitor, load)).or_default();
            *number += 1;
            let via = Via::Page { load, number: *number - 1 };
            Told { era, at: at.min(NOW), via, visitor: Some(visitor), profile: None, what }
        };
        all.push(told);
    }
    all
}

/// The history of most of a year, oldest first, as a server imports it: so long that most of it is folded into
/// checkpoints. Who is identified is so before anything else, since what an identify brings later changes no credit.
pub fn history(dice: &mut Dice, count: usize) -> Vec<Told> {
    const GAPS: [Millis; 10] = [0, MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, DAY, 3 * DAY, 7 * DAY, 20 * DAY, 61 * DAY];
    let start = T0 - 380 * DAY;
    let told = |place: usize, at, visitor, profile, what| {
        let via = Via::Server { id: format!("h{place}"), sequence: 0 };
        Told { era: 0, at, via, visitor, profile, what }
    };
    let identified: Vec<&'static str> = VISITORS.into_iter().filter(|_| dice.one_in(2)).collect();
    let identify = |(place, visitor): (usize, &&'static str)| {
        told(1_000 + place, start, Some(*visitor), None, What::Identify(PROFILES[place % 2]))
    };
    let mut all: Vec<Told> = identified.iter().enumerate().map(identify).collect();
    let mut at = start;
    for place in 0..count {
        at += dice.pick(&GAPS);
        let (visitor, what) = (dice.pick(&VISITORS), what(dice));
        if at > NOW || matches!(what, What::Identify(_)) {
            continue;
        }
        let profile = dice.pick(&PROFILES);
        all.push(match dice.below(5) {
            0 => told(place, at, None, Some(profile), what),
            _ => told(place, at, Some(visitor), None, what),
        });
    }
    all
}

fn what(dice: &mut Dice) -> What {
    let communication = dice.below(COMMUNICATIONS.len());
    let id = dice.pick(&[None, Some("A"), Some("B"), Some("7")]);
    match dice.below(32) {
        0..=3 => What::View("https://shop.example/"),
        4 => What::Touch,
        5..=6 => What::Exposure { is_right: true },
        7 => What::Exposure { is_right: false },
        8..=11 => What::Click(communication),
        12..=13 => What::Hover { communication, is_touch: dice.one_in(4) },
        14..=15 => What::Appearance(communication),
        16 => What::Dismissal(communication),
        17 => What::SequenceStart(dice.below(SEQUENCES.len())),
        18 => What::CampaignStart(dice.below(CAMPAIGNS.len())),
        19..=21 => {
            let experience = dice.below(EXPERIENCES.len());
            What::Execution { experience, variant: dice.below(EXPERIENCES[experience].1.len()) }
        }
        22..=25 => What::Order { price: dice.below(PRICES.len()), id },
        26..=27 => What::Refund { amount: dice.below(REFUNDS.len()), id },
        28..=29 => What::Signup { is_pro: !dice.one_in(3), points: dice.below(POINTS.len()) },
        _ => What::Identify(dice.pick(&PROFILES)),
    }
}

impl Told {
    /// Something else that could have been told of the same id.
    pub fn other(&self) -> What {
        if matches!(self.what, What::Identify(_)) {
            What::View("https://shop.example/thanks")
        } else {
            IDENTIFY_OR_ORDER[usize::from(self.visitor.is_none())]
        }
    }

    fn name_and_body(&self) -> (&'static str, Value) {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let object = |fields: &[(&str, Option<Value>)]| {
            Value::Object(
                fields.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?))).collect(),
            )
        };
        let of = |communication: usize| json!({ "communication": COMMUNICATIONS[communication].0 });
        match self.what {
            What::View(url) => ("$page_view", json!({ "url": url })),
            What::Exposure { is_right } => {
                let given = self.visitor.map_or("b", variant_of);
                let other = if given == "b" { "control" } else { "b" };
                let variant = if is_right { given } else { other };
                ("$exposure", json!({ "experiment": "hero", "variant": variant, "version": 1 }))
            }
            What::Touch => ("$click", json!({ "goals": [[1, 3]] })),
            What::Click(communication) => ("$click", of(communication)),
            What::Hover { communication, is_touch } => {
                let pointer = if is_touch { "touch" } else { "mouse" };
                ("$hover", json!({ "communication": COMMUNICATIONS[communication].0, "pointer": pointer }))
            }
            What::Appearance(communication) => ("$appearance", of(communication)),
            What::Dismissal(communication) => ("$dismissal", of(communication)),
            What::SequenceStart(place) => ("$sequence_start", json!({ "sequence": SEQUENCES[place].0 })),
            What::CampaignStart(place) => ("$campaign_start", json!({ "campaign": CAMPAIGNS[place].0 })),
            What::Execution { experience, variant } => {
                let (key, variants) = EXPERIENCES[experience];
                ("$execution", json!({ "experience": key, "variant": variants[variant] }))
            }
            What::Order { price, id } => {
                let (revenue, currency, ..) = PRICES[price];
                let id = id.map(|id| if id == "7" { json!(7) } else { json!(id) });
                (
                    "purchase",
                    object(&[("revenue", revenue.map(read)), ("currency", currency.map(read)), ("order_id", id)]),
                )
            }
            What::Refund { amount, id } => {
                let (amount, currency, _) = REFUNDS[amount];
                let id = id.map(Value::from);
                ("refund", object(&[("amount", amount.map(read)), ("currency", currency.map(read)), ("order_id", id)]))
            }
            What::Signup { is_pro, points } => {
                let plan = if is_pro { "pro" } else { "free" };
                ("signup", object(&[("plan", Some(plan.into())), ("points", POINTS[points].0.map(read))]))
            }
            What::Identify(profile) => ("$identify", json!({ "profile": profile })),
        }
    }

    /// As a page sends it; none of a server's.
    pub fn happening(&self) -> Option<Happening> {
        let Via::Page { load, number } = self.via else { return None };
        let (name, body) = self.name_and_body();
        let (visitor, load) = (self.visitor?.to_owned(), load.to_owned());
        Some(Happening { visitor, load, number, at: self.at, name: name.to_owned(), body })
    }

    /// As a server tells it; none of a page's.
    pub fn line(&self) -> Option<String> {
        let Via::Server { id, sequence } = &self.via else { return None };
        let (name, properties) = self.name_and_body();
        let mut line = json!({ "id": id, "at": self.at, "name": name, "properties": properties, "sequence": sequence });
        for (field, value) in [("visitor", self.visitor), ("profile", self.profile)] {
            if let Some(value) = value {
                line[field] = value.into();
            }
        }
        Some(line.to_string())
    }
}
