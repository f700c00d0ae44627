//! A collector in memory, and timelines to feed it: everything the Worker does with a batch, without the Worker.
#![allow(dead_code, missing_docs, reason = "each test file uses its part")]
#![allow(clippy::needless_pass_by_value, clippy::format_push_string, reason = "short tests before fast ones")]

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};
use tributary_core::actor;
use tributary_core::admission::{Page, Source};
use tributary_core::assignment::assign;
use tributary_core::config::Config;
use tributary_core::config_input::{self, NewExperiment, NewSite};
use tributary_core::facts::{Facts, Metric};
use tributary_core::judge::Rules;
use tributary_core::message::{Address, Envelope, Message};
use tributary_core::person::{Outcome, Person};
use tributary_core::report::{Asked, By, Ledger, Range, Report};
use tributary_core::retention;
use tributary_core::time::{DAY, HOUR, MINUTE, Millis, SECOND};
use tributary_core::wire::{Batch, BatchError, Reason, parse};

/// The start of every timeline: 2025-10-09 08:53:20 UTC, a Thursday.
pub const T0: Millis = 1_760_000_000_000;

/// A page that nothing is odd about.
pub const PAGE: Source = Source::Page(Page { is_bot: false, signals_refusal: false, is_one_too_many: false });

/// A server, whose events are always let in.
pub const SERVER: Source = Source::Server { is_one_too_many: false };

/// The goals of [`shop`], by place.
pub const GOALS: [&str; 5] = ["purchase", "cart", "thanks", "hero_click", "newsletter"];

/// A shop in UTC with one experiment that has run since a day before [`T0`].
pub fn shop() -> Config {
    shop_in("UTC")
}

pub fn shop_in(time_zone: &str) -> Config {
    let site = json!({ "name": "Shop", "time_zone": time_zone, "currency": "USD" });
    let site: NewSite = config_input::read(site.to_string().as_bytes()).unwrap();
    let config = site.into_config("site".to_owned()).unwrap();
    config.with_experiment(hero(1.0)).unwrap().with_start("hero", Some(T0 - DAY), T0).unwrap()
}

pub fn hero(coverage: f64) -> NewExperiment {
    let hero = json!({
        "key": "hero", "coverage": coverage, "variants": [{ "key": "control" }, { "key": "b" }],
        "goals": [
            { "key": "purchase", "type": "revenue", "event": "purchase" },
            { "key": "cart", "type": "custom_event", "event": "add_to_cart" },
            { "key": "thanks", "type": "page_view", "operator": "equals", "url": "/thanks" },
            { "key": "hero_click", "type": "click", "selector": ".hero" },
            { "key": "newsletter", "type": "form_submit", "selector": "#newsletter" },
        ]
    });
    config_input::read(hero.to_string().as_bytes()).unwrap()
}

/// `"2h"`, `"9m"`, `"30s"`, `"5ms"`, `"1d"`, or sums: `"1d 5ms"`.
pub fn millis(text: &str) -> Millis {
    let one = |part: &str| {
        let digits = part.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        let unit = match &part[digits.len()..] {
            "d" => DAY,
            "h" => HOUR,
            "m" => MINUTE,
            "s" => SECOND,
            "ms" => 1,
            unit => panic!("unit {unit}"),
        };
        digits.parse::<Millis>().unwrap() * unit
    };
    text.split(' ').map(one).sum()
}

/// One event of a batch to come.
#[derive(Debug, Clone)]
pub struct Happening {
    pub visitor: String,
    pub load: String,
    pub number: u32,
    pub at: Millis,
    pub name: String,
    pub body: Value,
    /// That its run names.
    pub profile: Option<String>,
}

/// What one visitor does, in one page load.
#[derive(Debug, Clone)]
pub struct Timeline {
    visitor: String,
    now: Millis,
    pub events: Vec<Happening>,
}

pub fn visitor(name: &str) -> Timeline {
    Timeline { visitor: name.to_owned(), now: T0, events: Vec::new() }
}

impl Timeline {
    /// Time since [`T0`].
    pub fn at(mut self, since: &str) -> Self {
        self.now = T0 + millis(since);
        self
    }

    pub fn event(mut self, name: &str, body: Value) -> Self {
        let number = u32::try_from(self.events.len()).unwrap();
        let (visitor, now) = (self.visitor.clone(), self.now);
        let (load, name) = ("load".to_owned(), name.to_owned());
        self.events.push(Happening { load, visitor, number, at: now, name, body, profile: None });
        self
    }

    pub fn view(self, path: &str) -> Self {
        self.event("$page_view", json!({ "url": format!("https://shop.example{path}") }))
    }

    pub fn track(self, name: &str, properties: Value) -> Self {
        self.event(name, properties)
    }

    pub fn order(self, revenue: Value, order_id: &str) -> Self {
        self.event("purchase", json!({ "revenue": revenue, "currency": "USD", "order_id": order_id }))
    }

    /// Given the variant that the assignment gives.
    pub fn exposed(self) -> Self {
        let variant = variant_of(&self.visitor);
        self.exposed_to(variant)
    }

    pub fn exposed_to(self, variant: &str) -> Self {
        self.event("$exposure", json!({ "experiment": "hero", "variant": variant, "version": 1 }))
    }
}

/// What `hero` gives a visitor.
pub fn variant_of(visitor: &str) -> &'static str {
    ["control", "b"][assign("hero", visitor, 10_000, [5_000, 5_000]).unwrap()]
}

/// A visitor's name that `hero` gives this variant.
pub fn visitor_given(variant: &str, nth: usize) -> String {
    (0..).map(|number| format!("v{number}")).filter(|name| variant_of(name) == variant).nth(nth).unwrap()
}

/// A batch as a page would send it: a run per event.
pub fn batch(events: &[Happening], sent_at: Millis) -> String {
    let run = |event: &Happening| json!({ "load": event.load, "first": event.number, "at": event.at, "profile": event.profile, "events": [[0, event.name, event.body]] });
    let runs: Vec<Value> = events.iter().map(run).collect();
    json!({ "visitor": events[0].visitor, "sent_at": sent_at, "runs": runs }).to_string()
}

/// Shards that fold and tell each other, and a site that adds up.
pub struct Collector {
    pub rules: Rules,
    shards: Vec<BTreeMap<String, Vec<u8>>>,
    /// Messages on their way, by sending and receiving shard.
    queues: BTreeMap<(u8, u8), VecDeque<Vec<u8>>>,
    pub facts: Facts,
}

impl Collector {
    pub fn new(config: Config, shards: u8) -> Self {
        let shards = (0..shards).map(|_| BTreeMap::new()).collect();
        Self { rules: Rules::new(config), shards, queues: BTreeMap::new(), facts: Facts::default() }
    }

    /// The next version of the configuration is in force from now on.
    pub fn configure(&mut self, change: impl FnOnce(&Config) -> Config) {
        self.rules = Rules::new(change(&self.rules.config));
    }

    pub fn receive(&mut self, batch: &str, now: Millis) -> Result<Outcome, BatchError> {
        let batch = parse(batch.as_bytes(), now)?;
        let outcome = self.turn(&Address::Visitor(batch.visitor.clone()), batch, PAGE, now);
        self.deliver();
        Ok(outcome)
    }

    /// One turn of a shard with what a server tells, without what it tells the others being delivered.
    pub fn take_in(&mut self, address: &Address, batch: Batch, now: Millis) -> Outcome {
        self.turn(address, batch, SERVER, now)
    }

    /// One turn of a shard, whoever brings the batch.
    pub fn turn(&mut self, address: &Address, batch: Batch, source: Source, now: Millis) -> Outcome {
        let shard = self.shard_of(address);
        let stored = self.shards[usize::from(shard)].get(&address.key());
        let mut person = stored.map_or_else(|| Person::new(address), |bytes| Person::decode(bytes).unwrap());
        let outcome = person.step(address, batch, &self.rules, source, now);
        if outcome.changed() {
            self.shards[usize::from(shard)].insert(address.key(), person.encode());
        }
        self.facts.merge(&outcome.facts);
        self.send(shard, &outcome.messages);
        outcome
    }

    fn shard_of(&self, address: &Address) -> u8 {
        address.shard(u8::try_from(self.shards.len()).unwrap())
    }

    fn send(&mut self, from: u8, messages: &[Envelope]) {
        for message in messages {
            let to = self.shard_of(&message.to);
            self.queues.entry((from, to)).or_default().push_back(postcard::to_allocvec(message).unwrap());
        }
    }

    pub fn rows(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.shards.iter().flat_map(BTreeMap::values)
    }

    pub fn rows_by_key(&self) -> impl Iterator<Item = (&String, &Vec<u8>)> {
        self.shards.iter().flatten()
    }

    pub fn row(&self, address: &Address) -> Option<&Vec<u8>> {
        self.shards[usize::from(self.shard_of(address))].get(&address.key())
    }

    /// A person is erased.
    pub fn erase(&mut self, address: Address) {
        self.send(0, &[Envelope { to: address, message: Message::Erase }]);
        self.deliver();
    }

    /// An actor is told something by nobody in particular.
    pub fn tell(&mut self, envelope: Envelope) {
        self.send(0, &[envelope]);
        self.deliver();
    }

    /// Whatever waits is lost.
    pub fn drop_all(&mut self) {
        self.queues.clear();
    }

    /// What is old goes, on every shard.
    pub fn sweep(&mut self, now: Millis) {
        for shard in 0..self.shards.len() {
            let rows = self.shards[shard].clone();
            for (key, row) in rows {
                let Some(address) = Address::of_key(&key) else { continue };
                if let Some(messages) = retention::depart(&address, &row, &self.rules, now).unwrap() {
                    self.shards[shard].remove(&key);
                    self.send(u8::try_from(shard).unwrap(), &messages);
                }
            }
        }
        self.deliver();
    }

    /// Every byte of every row.
    pub fn stored(&self) -> Vec<u8> {
        self.shards.iter().flatten().flat_map(|(key, row)| [key.as_bytes(), row].concat()).collect()
    }

    /// Delivers one message of one queue, the `nth` of those that wait; false when none does.
    pub fn deliver_one(&mut self, nth: usize) -> bool {
        let waiting: Vec<(u8, u8)> =
            self.queues.iter().filter(|(_, queue)| !queue.is_empty()).map(|(key, _)| *key).collect();
        let Some((from, to)) = waiting.get(nth % waiting.len().max(1)).copied() else { return false };
        let message = self.queues.get_mut(&(from, to)).unwrap().pop_front().unwrap();
        let Envelope { to: address, message } = postcard::from_bytes(&message).unwrap();
        let rows = &mut self.shards[usize::from(to)];
        let (row, effects) =
            actor::receive(&address, rows.get(&address.key()).map(Vec::as_slice), message, &self.rules).unwrap();
        match row {
            Some(row) => rows.insert(address.key(), row),
            None => rows.remove(&address.key()),
        };
        self.facts.merge(&effects.facts);
        self.send(to, &effects.messages);
        true
    }

    /// Delivers until nothing waits.
    pub fn deliver(&mut self) {
        while self.deliver_one(0) {}
    }

    /// A timeline in one batch, sent at its end.
    pub fn take(&mut self, timeline: &Timeline) -> Outcome {
        let now = timeline.now;
        self.receive(&batch(&timeline.events, now), now).unwrap()
    }

    pub fn report(&self) -> Report {
        let now = T0 + 3 * DAY;
        self.report_of(Range::last(30, self.rules.zone().day(now)), By::Sum, now)
    }

    pub fn report_of(&self, range: Range, by: By, now: Millis) -> Report {
        Report::read(&self.rules.config, &Ledger::of(&self.facts), Asked { range, by }, now, 0)
    }

    /// All figures but the diagnostics that say what happened on the way.
    pub fn settled(&self) -> Facts {
        let mut facts = self.facts.clone();
        for figures in facts.0.values_mut() {
            figures.retain(|metric, _| !matches!(metric, Metric::Diagnostic(reason) if *reason != Reason::Crossover));
        }
        facts.0.retain(|_, figures| !figures.is_empty());
        facts
    }

    pub fn diagnostic(&self, reason: Reason) -> i128 {
        self.report().diagnostics.get(&reason).copied().unwrap_or(0)
    }
}

/// The figures of one goal of `hero` for one variant, as a line that reads in a test:
/// `"exposures 2, conversions 1, total 2, orders 2, gross 100.00"`.
pub fn goal(report: &Report, goal: &str, variant: &str) -> String {
    let hero = &report.experiments[0];
    let goal = hero.goals.iter().find(|candidate| candidate.goal.key == goal).unwrap();
    let figures = goal.variants.iter().find(|candidate| candidate.variant == variant).unwrap();
    let mut line = format!(
        "exposures {}, conversions {}, total {}",
        figures.exposures, figures.conversions, figures.total_conversions
    );
    for revenue in &figures.revenue {
        line += &format!(", {} orders {}, gross {}", revenue.currency.code(), revenue.orders, revenue.gross);
    }
    line
}
