//! A visitor whose older days are folded joins a person whose older days are folded too: of all that is still open the
//! latest counts, wherever it happened.

mod support;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use support::{Collector, T0, shop};
use tributary_core::config::Config;
use tributary_core::config_input;
use tributary_core::facts::{Earned, Entity, Metric, Value as Sum};
use tributary_core::message::Address;
use tributary_core::person::Person;
use tributary_core::server_event::batches;
use tributary_core::time::{DAY, HOUR, Millis};

fn read<T: DeserializeOwned>(body: &Value) -> T {
    config_input::read(body.to_string().as_bytes()).unwrap()
}

/// What is open stays so for as long as can be.
fn patient() -> Config {
    let windows = [HOUR, 3 * HOUR, DAY, 3 * DAY, 400 * DAY];
    let mut config = shop().with_change(read(&json!({ "lookback_ms": 400 * DAY, "windows_ms": windows }))).unwrap();
    for key in ["phone", "laptop"] {
        config = config.with_communication(read(&json!({ "key": key, "type": "popup" }))).unwrap();
    }
    let experience = json!({ "key": "mail", "variants": [{ "key": "phone" }, { "key": "laptop" }] });
    config = config.with_experience(read(&experience)).unwrap();
    config = config.with_sequence(read(&json!({ "key": "both", "communications": ["phone", "laptop"] }))).unwrap();
    let goals = [
        json!({ "key": "sales", "event": "purchase", "measure": "events", "window_ms": 400 * DAY, "at": T0 - DAY }),
        json!({ "key": "signups", "event": "signup", "measure": "unique", "at": T0 - DAY }),
    ];
    config = goals.iter().fold(config, |config, goal| config.with_goal(read(goal), T0).unwrap());
    for key in ["phone", "laptop"] {
        let journey = json!({ "key": key, "goal": "sales", "treatments": [{ "communication": key }] });
        config = config.with_journey(read(&journey)).unwrap();
    }
    config
}

fn tell(collector: &mut Collector, visitor: &str, at: Millis, events: &[(&str, Value)]) {
    for (place, (name, properties)) in events.iter().enumerate() {
        let id = format!("{visitor} {at} {place}");
        let line = json!({ "id": id, "at": at, "visitor": visitor, "name": name, "properties": properties });
        for (address, batch, _) in batches(&format!("1\t{line}"), at) {
            assert_eq!(collector.take_in(&address, batch, at).refused, []);
        }
        collector.deliver();
    }
}

/// All that may stay open, on one device.
fn open(device: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("$appearance", json!({ "communication": device })),
        ("$click", json!({ "communication": device })),
        ("$execution", json!({ "experience": "mail", "variant": device })),
        ("$sequence_start", json!({ "sequence": "both" })),
        ("signup", json!({})),
    ]
}

#[test]
fn of_what_two_devices_left_open_the_latest_earns_whichever_joins() {
    let usd = patient().currency;
    // The day of what each device left open.
    for (phone, laptop) in [(0, 5), (10, 5)] {
        let mut collector = Collector::new(patient(), 3);
        for (device, day) in [("phone", phone), ("laptop", laptop)] {
            tell(&mut collector, device, T0 + day * DAY, &open(device));
        }
        let identify = [("$identify", json!({ "profile": "crm-1" }))];
        tell(&mut collector, "laptop", T0 + 11 * DAY, &identify);
        for device in ["phone", "laptop"] {
            tell(&mut collector, device, T0 + 90 * DAY, &[("step", json!({}))]);
        }
        tell(&mut collector, "phone", T0 + 91 * DAY, &identify);
        let order = [("purchase", json!({ "revenue": 10 }))];
        tell(&mut collector, "phone", T0 + 92 * DAY, &order);

        let person = Address::Profile("crm-1".to_owned());
        let export = Person::decode(collector.row(&person).unwrap()).unwrap().export(&person);
        assert_eq!(export.folded_until, Some(T0 + 11 * DAY), "the later of both");

        let zone = collector.rules.zone().clone();
        let facts = collector.settled();
        let on = |day: i64, entity, metric| {
            facts
                .0
                .get(&(zone.day(T0 + day * DAY), entity))
                .and_then(|figures| figures.get(&metric))
                .copied()
                .unwrap_or(0)
        };
        let total = |entity, metric| -> i128 {
            let of = facts.0.iter().filter(|((_, other), _)| *other == entity);
            of.filter_map(|(_, figures)| figures.get(&metric)).sum()
        };
        // Phone is first everywhere.
        let (latest, earner, other) = if phone > laptop { (phone, 1, 2) } else { (laptop, 2, 1) };
        let why = format!("phone on day {phone}, laptop on day {laptop}");
        let orders = Metric::Orders(usd);
        assert_eq!(on(92, Entity::Communication(earner), orders), 1, "{why}");
        assert_eq!(total(Entity::Communication(other), orders), 0, "{why}");
        let variant = u8::try_from(earner - 1).unwrap();
        let window = Metric::Window { variant, window: 4, measure: Earned::Orders(usd) };
        assert_eq!(on(latest, Entity::Experience(1), window), 1, "{why}");
        assert_eq!(on(92, Entity::Journey(earner), Metric::Credited(Sum::Events)), 1, "{why}");
        assert_eq!(total(Entity::Journey(other), Metric::Credited(Sum::Events)), 0, "{why}");
        let people = [(Entity::Sequence(1), Metric::People), (Entity::Goal(2), Metric::UncreditedPeople)];
        for (entity, metric) in people {
            assert_eq!((on(latest, entity, metric), total(entity, metric)), (1, 1), "{why}");
        }
        let first = phone.min(laptop);
        assert_eq!(
            (on(first, Entity::Goal(1), Metric::Treated), total(Entity::Goal(1), Metric::Treated)),
            (1, 1),
            "{why}"
        );
    }
}
