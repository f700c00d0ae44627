//! Who was held out when an event was accepted stays so for that event, whatever the share is made later.

mod support;

use serde_json::json;
use support::{Collector, shop, visitor};
use tributary_core::config::Config;
use tributary_core::config_input::{self, InputError, NewSite, SiteChange};
use tributary_core::facts::{Entity, Metric};

/// A site on which nothing has run.
fn quiet() -> Config {
    let site = json!({ "name": "Shop", "time_zone": "UTC", "currency": "USD" }).to_string();
    config_input::read::<NewSite>(site.as_bytes()).unwrap().into_config("site".to_owned()).unwrap()
}

fn share(holdout: f64) -> SiteChange {
    config_input::read(json!({ "holdout": holdout }).to_string().as_bytes()).unwrap()
}

/// A visit with an order, in a page load of its own.
fn visit(collector: &mut Collector, at: &str) {
    let mut timeline = visitor("ada").at(at).track("purchase", json!({ "revenue": 5 }));
    at.clone_into(&mut timeline.events[0].load);
    collector.take(&timeline);
}

/// Sessions and orders of the held-out.
fn held_out(collector: &Collector) -> [i128; 2] {
    let usd = collector.rules.config.currency;
    let facts = collector.facts.0.iter().filter(|((_, entity), _)| *entity == Entity::HeldOut);
    let facts: Vec<_> = facts.map(|(_, figures)| figures).collect();
    [Metric::Sessions, Metric::Orders(usd)].map(|metric| facts.iter().filter_map(|figures| figures.get(&metric)).sum())
}

#[test]
fn each_event_is_judged_by_the_share_of_its_own_version_also_when_it_is_evaluated_again() {
    let mut collector = Collector::new(quiet(), 2);
    visit(&mut collector, "1h");
    assert_eq!(held_out(&collector), [0, 0], "before there is a holdout");
    collector.configure(|config| config.with_change(share(1.0)).unwrap());
    visit(&mut collector, "2h");
    assert_eq!(held_out(&collector), [1, 1], "everybody is held out");
    collector.configure(|config| config.with_change(share(0.0)).unwrap());
    visit(&mut collector, "3h");
    assert_eq!(held_out(&collector), [1, 1], "nobody is any more");
    // Everything is taken back and counted for the person.
    collector.take(&visitor("ada").at("4h").event("$identify", json!({ "profile": "crm-1" })));
    assert_eq!(held_out(&collector), [1, 1], "of the person");
}

#[test]
fn two_sessions_of_the_held_out_that_turn_out_to_be_one_are_one() {
    for later in [1.0, 0.0] {
        let mut collector = Collector::new(quiet().with_change(share(1.0)).unwrap(), 1);
        visit(&mut collector, "1h");
        visit(&mut collector, "100m");
        assert_eq!(held_out(&collector), [2, 2]);
        collector.configure(|config| config.with_change(share(later)).unwrap());
        let mut between = visitor("ada").at("80m").track("step", json!({}));
        "between".clone_into(&mut between.events[0].load);
        collector.take(&between);
        assert_eq!(held_out(&collector), [1, 2], "and the share is {later} by then");
    }
}

#[test]
fn the_share_that_is_in_force_may_be_said_again_and_changes_nothing() {
    let config = quiet().with_change(share(1.0)).unwrap();
    let mut collector = Collector::new(config, 2);
    visit(&mut collector, "1h");
    collector.configure(|config| config.with_change(share(1.0)).unwrap());
    collector.take(&visitor("ada").at("4h").event("$identify", json!({ "profile": "crm-1" })));
    assert_eq!(held_out(&collector), [2, 1], "the visit, and that of the identify");
}

#[test]
fn another_share_is_refused_once_anything_has_run() {
    assert!(matches!(shop().with_change(share(0.1)), Err(InputError::Conflict(_))));
    assert!(shop().with_change(share(0.0)).is_ok());
    let experience = json!({ "key": "cart", "variants": [{ "key": "one" }] }).to_string();
    let experience = quiet().with_experience(config_input::read(experience.as_bytes()).unwrap()).unwrap();
    let offer = json!({ "key": "offer", "type": "popup" }).to_string();
    let shown = quiet().with_communication(config_input::read(offer.as_bytes()).unwrap()).unwrap();
    let goal = json!({ "key": "sales", "event": "purchase", "measure": "events" }).to_string();
    let journey = json!({ "key": "spring", "goal": "sales", "treatments": [{ "communication": "offer" }] }).to_string();
    let aimed = shown.with_goal(config_input::read(goal.as_bytes()).unwrap(), support::T0).unwrap();
    let treated = aimed.with_journey(config_input::read(journey.as_bytes()).unwrap()).unwrap();
    for (config, is_free) in [(experience, false), (shown, true), (aimed, true), (treated, false)] {
        assert_eq!(config.with_change(share(0.1)).is_ok(), is_free);
    }
}
