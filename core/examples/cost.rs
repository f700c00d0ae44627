//! What a visit costs: time per event of each stage, and bytes of what is stored. `npm run bench -- core` runs it.
//!
//! Prints one JSON object of figures. The visits are the same at every run. Machines and moments differ, so a reference loop
//! is timed beside the stages, and the ratio to it is what can be compared.
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use serde_json::{Value, json};
use tributary_core::admission::{Page, Source};
use tributary_core::assignment::assign;
use tributary_core::config::Config;
use tributary_core::config_input::{self, NewExperiment, NewSite};
use tributary_core::hash::fnv1a64;
use tributary_core::judge::Rules;
use tributary_core::message::Address;
use tributary_core::person::Person;
use tributary_core::time::{DAY, HOUR, MINUTE, Millis, SECOND};
use tributary_core::wire::{parse, visitor_of};

const T0: Millis = 1_760_000_000_000;
const SHOP: &str = "https://www.harbour-and-pine.example";
const EVENTS: usize = 10;
/// Batches that a visitor has sent before the one that is timed.
const BEFORE: usize = 4;
const VISITORS: usize = 200;
const ROUNDS: usize = 30;

fn main() {
    let rules = Rules::new(config());
    let mut figures = BTreeMap::new();
    time(&rules, &mut figures);
    for events in [10, 100, 1_000, 10_000] {
        figures.insert(
            format!("core.visitor_bytes_{events}_events"),
            count(grown(&rules, events / EVENTS).encode().len()),
        );
    }
    figures.insert("core.page_views_bytes_100_events".to_owned(), count(views(&rules, 100).encode().len()));
    println!("{}", serde_json::to_string_pretty(&figures).expect("figures are JSON"));
}

/// Two experiments that run, five goals.
fn config() -> Config {
    let site = json!({ "name": "Measured", "time_zone": "Europe/Berlin", "currency": "EUR" });
    let site: NewSite = config_input::read(site.to_string().as_bytes()).expect("a site");
    let mut config = site.into_config("site".to_owned()).expect("a configuration");
    let variants = json!([{ "key": "control" }, { "key": "b" }]);
    let experiments = [
        json!({ "key": "hero", "variants": variants, "goals": [
            { "key": "purchase", "type": "revenue", "event": "purchase" },
            { "key": "hero_click", "type": "click", "selector": "[data-goal=hero]" },
            { "key": "cart", "type": "page_view", "operator": "contains", "url": "/cart" },
        ] }),
        json!({ "key": "free-shipping", "variants": variants, "goals": [
            { "key": "add_to_cart", "type": "custom_event", "event": "add_to_cart" },
            { "key": "newsletter", "type": "form_submit", "selector": "#newsletter" },
        ] }),
    ];
    for experiment in experiments {
        let new: NewExperiment = config_input::read(experiment.to_string().as_bytes()).expect("an experiment");
        let key = experiment["key"].as_str().expect("a key");
        config = config.with_experiment(new).expect("it fits").with_start(key, Some(T0 - DAY), T0).expect("it starts");
    }
    config
}

/// Random enough for ids, the same at every run.
struct Letters(u64);

impl Letters {
    fn number(&mut self, below: u64) -> u64 {
        self.0 = fnv1a64(&self.0.to_le_bytes());
        (self.0 >> 20) % below
    }

    fn text(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        (0..length)
            .filter_map(|_| usize::try_from(self.number(36)).ok())
            .map(|place| char::from(ALPHABET[place]))
            .collect()
    }
}

/// The batches of a visitor, as a page sends them: two page loads of five events each, one batch a minute and five an hour.
fn batches(visitor: &str, seed: u64, how_many: usize) -> Vec<(String, Millis)> {
    let mut letters = Letters(seed);
    let batch = |number: usize| {
        let visit =
            Millis::try_from(number / 5).unwrap_or(0) * HOUR + Millis::try_from(number % 5).unwrap_or(0) * MINUTE;
        let at = T0 + visit;
        let first = if number == 0 { landing(visitor) } else { product(&mut letters) };
        let runs: Vec<Value> = [first, product(&mut letters)]
            .into_iter()
            .zip([at, at + 9 * SECOND])
            .map(|(events, at)| json!({ "load": letters.text(12), "first": 0, "at": at, "events": events }))
            .collect();
        let now = at + 20 * SECOND;
        // In the order in which a page writes the fields.
        let head = format!(r#"{{"visitor":"{visitor}","sent_at":{now},"shift":0,"automated":false"#);
        (format!(r#"{head},"runs":{}}}"#, Value::from(runs)), now)
    };
    (0..how_many).map(batch).collect()
}

fn landing(visitor: &str) -> Value {
    let exposure = |after: u32, experiment: &str| {
        let variant = ["control", "b"][assign(experiment, visitor, 10_000, [5_000, 5_000]).unwrap_or(0)];
        json!([after, "$exposure", { "experiment": experiment, "variant": variant, "version": 1 }])
    };
    json!([
        [0, "$page_view", { "url": format!("{SHOP}/"), "referrer": "https://www.google.com/" }],
        exposure(6, "hero"),
        exposure(7, "free-shipping"),
        [2_210, "$click", { "goals": [[1, 1]] }],
        [4_210, "gallery", { "product": 7, "picture": 1 }],
    ])
}

fn product(letters: &mut Letters) -> Value {
    let id = letters.number(400);
    let mut look = |nth: u64| json!([1_500 * nth + letters.number(500), "gallery", { "product": id, "picture": nth }]);
    let looks = [look(1), look(2), look(3), look(4)];
    let [one, two, three, four] = looks;
    json!([[0, "$page_view", { "url": format!("{SHOP}/product.html?id={id}"), "referrer": format!("{SHOP}/") }], one, two, three, four])
}

/// A visitor after so many batches.
fn grown(rules: &Rules, how_many: usize) -> Person {
    let visitor = "grown-0123456789abcdef";
    let address = Address::Visitor(visitor.to_owned());
    let mut person = Person::new(&address);
    // What comes at once is folded once: a visitor of 10,000 events would take minutes otherwise.
    for part in batches(visitor, 1, how_many).chunks(25) {
        let mut whole = parse(part[0].0.as_bytes(), part[0].1).expect("a batch");
        for (text, now) in &part[1..] {
            whole.events.extend(parse(text.as_bytes(), *now).expect("a batch").events);
        }
        person.step(&address, whole, rules, Source::Page(Page::default()), part[part.len() - 1].1);
    }
    person
}

/// A visitor that only views pages, ten a visit, a visit a day.
fn views(rules: &Rules, how_many: usize) -> Person {
    let visitor = "views-0123456789abcdef";
    let address = Address::Visitor(visitor.to_owned());
    let mut person = Person::new(&address);
    let mut letters = Letters(2);
    for number in 0..how_many {
        let nth = |number: usize| Millis::try_from(number).unwrap_or(0);
        let at = T0
            + nth(number / 10) * DAY
            + nth(number % 10) * 40 * SECOND
            + Millis::try_from(letters.number(9_999)).unwrap_or(0);
        let events = json!([[0, "$page_view", { "url": format!("{SHOP}/p/{number}") }]]);
        let run = json!({ "load": letters.text(12), "first": 0, "at": at, "events": events });
        let batch = json!({ "visitor": visitor, "sent_at": at, "runs": [run] }).to_string();
        person.step(&address, parse(batch.as_bytes(), at).expect("a batch"), rules, Source::Page(Page::default()), at);
    }
    person
}

/// Nanoseconds per event of the fifth batch of a visitor, stage by stage: the best of many rounds.
fn time(rules: &Rules, figures: &mut BTreeMap<String, Value>) {
    let visits: Vec<(Address, Vec<u8>, String, Millis)> = (0..VISITORS)
        .map(|number| {
            let visitor = format!("timed-{number:016}");
            let address = Address::Visitor(visitor.clone());
            let mut person = Person::new(&address);
            let mut sent = batches(&visitor, fnv1a64(visitor.as_bytes()), BEFORE + 1);
            let (last, now) = sent.pop().expect("a batch");
            for (text, now) in sent {
                person.step(
                    &address,
                    parse(text.as_bytes(), now).expect("a batch"),
                    rules,
                    Source::Page(Page::default()),
                    now,
                );
            }
            (address, person.encode(), last, now)
        })
        .collect();
    let text = visits.iter().map(|visit| visit.2.as_str()).collect::<String>();
    let names = ["reference", "route", "parse", "decode", "step", "encode"];
    let mut best = [f64::MAX; 6];
    for _ in 0..ROUNDS {
        let mut spent = [0.0; 6];
        let mut stage = 0;
        let mut clock = Instant::now();
        let mut lap = || {
            spent[stage] += clock.elapsed().as_secs_f64();
            stage += 1;
            clock = Instant::now();
        };
        black_box(fnv1a64(black_box(text.as_bytes())));
        lap();
        for (_, _, text, _) in &visits {
            black_box(visitor_of(black_box(text.as_bytes())).expect("a visitor"));
        }
        lap();
        let parsed: Vec<_> =
            visits.iter().map(|(_, _, text, now)| parse(text.as_bytes(), *now).expect("a batch")).collect();
        lap();
        let mut people: Vec<_> = visits.iter().map(|(_, row, _, _)| Person::decode(row).expect("a row")).collect();
        lap();
        for ((batch, person), (address, _, _, now)) in parsed.into_iter().zip(&mut people).zip(&visits) {
            black_box(person.step(address, batch, rules, Source::Page(Page::default()), *now));
        }
        lap();
        for person in &people {
            black_box(person.encode());
        }
        lap();
        for (best, spent) in best.iter_mut().zip(spent) {
            *best = best.min(spent);
        }
    }
    let events = f64::from(u32::try_from(VISITORS * EVENTS).unwrap_or(1));
    let per_event = |seconds: f64| (seconds * 1e9 / events * 10.0).round() / 10.0;
    let fold: f64 = best[1..].iter().sum();
    for (name, seconds) in names.iter().zip(best).skip(1) {
        figures.insert(format!("core.{name}_ns_per_event"), json!(per_event(seconds)));
    }
    figures.insert("core.fold_ns_per_event".to_owned(), json!(per_event(fold)));
    // The same bytes through a hash, one at a time.
    figures.insert("core.reference_ns_per_event".to_owned(), json!(per_event(best[0])));
    figures.insert("core.fold_to_reference".to_owned(), json!((fold / best[0] * 100.0).round() / 100.0));
}

fn count(bytes: usize) -> Value {
    json!(bytes)
}
