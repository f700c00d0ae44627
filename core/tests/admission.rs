//! Who is let in, and how much a page may name.

mod support;

use serde_json::json;
use support::{Collector, Happening, SERVER, T0, batch, shop, visitor};
use tributary_core::admission::{Newcomers, Page, Source};
use tributary_core::allowance::{MAX_ORDERS, MAX_PROFILES};
use tributary_core::config::Config;
use tributary_core::config_input::{self, NewSite, SiteChange};
use tributary_core::time::{DAY, Day, SECOND};
use tributary_core::wire::{Reason, parse};

fn with(change: &serde_json::Value) -> Config {
    shop().with_change(config_input::read::<SiteChange>(change.to_string().as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_batch_is_let_in_or_refused_as_a_whole() {
    let page = Page::default();
    let (bot, refusing) = (Page { is_bot: true, ..page }, Page { signals_refusal: true, ..page });
    let late = Page { is_one_too_many: true, ..page };
    let all = Page { is_bot: true, signals_refusal: true, is_one_too_many: true };
    let full = Source::Server { is_one_too_many: true };
    let plain = shop();
    let (automated, consenting) = (json!({ "automated": true }), json!({ "consent": true }));
    let none = json!({});
    let open = with(&json!({ "allow_automation": true }));
    let deaf = with(&json!({ "respect_privacy_signals": false }));
    let rows = [
        (Source::Page(page), &plain, &none, None, "a page"),
        (Source::Page(bot), &plain, &none, Some(Reason::Bot), "a bot by its name"),
        (Source::Page(page), &plain, &automated, Some(Reason::Bot), "a bot by its own word"),
        (Source::Page(bot), &open, &automated, None, "bots are let in"),
        (Source::Page(refusing), &plain, &none, Some(Reason::NoConsent), "the browser refuses"),
        (Source::Page(refusing), &plain, &consenting, None, "the visitor outranks the browser"),
        (Source::Page(refusing), &deaf, &none, None, "the owner turned it off"),
        (Source::Page(late), &plain, &consenting, Some(Reason::OverLimit), "consent makes no room"),
        (Source::Page(all), &plain, &none, Some(Reason::Bot), "the first reason is told"),
        (SERVER, &plain, &automated, None, "what a server tells of somebody is never refused as a whole"),
        (full, &plain, &none, Some(Reason::OverLimit), "there are as many events of nobody's as a shard keeps"),
    ];
    for (source, config, envelope, expected, why) in rows {
        let mut text = json!({ "visitor": "ada", "sent_at": T0, "runs": [] });
        text.as_object_mut().unwrap().extend(envelope.as_object().unwrap().clone());
        let batch = parse(text.to_string().as_bytes(), T0).unwrap();
        assert_eq!(source.refused(&batch, config).map(|(reason, ..)| reason), expected, "{why}");
    }
}

#[test]
fn a_shard_lets_in_its_share_of_the_days_new_visitors() {
    let config = with(&json!({ "new_visitors_per_day": 10 }));
    let rows = [(1, 10), (2, 5), (3, 4), (8, 2), (64, 1)];
    for (shards, share) in rows {
        let mut newcomers = Newcomers::default();
        let mut count = 0;
        while newcomers.have_room(Day(20_000), &config, shards) {
            newcomers = newcomers.and_one(Day(20_000));
            count += 1;
        }
        assert_eq!(count, share, "{shards} shards");
        assert!(!newcomers.have_room(Day(19_999), &config, shards), "a clock that is set back makes no room");
        assert!(newcomers.have_room(Day(20_001), &config, shards), "a new day does");
        assert_eq!(Newcomers::from_number(newcomers.to_number()), newcomers);
        assert!(newcomers.and_one(Day(20_001)).to_number() > newcomers.to_number(), "the later is the larger");
    }
}

#[test]
fn a_site_takes_a_million_new_visitors_a_day_unless_told_otherwise() {
    let site = json!({ "name": "Shop", "time_zone": "UTC", "currency": "USD" });
    let new: NewSite = config_input::read(site.to_string().as_bytes()).unwrap();
    assert_eq!(new.into_config("site".to_owned()).unwrap().new_visitors_per_day, 1_000_000);
    assert_eq!(shop().with_change(SiteChange::default()).unwrap().new_visitors_per_day, 1_000_000);
}

#[test]
fn whose_last_days_are_not_kept_in_detail_may_name_nothing_new() {
    let mut collector = Collector::new(shop(), 1);
    collector.take(&visitor("ada").at("0s").order(json!(1), "known").view("/"));
    let event = |number: u32| Happening {
        visitor: "ada".to_owned(),
        load: "many".to_owned(),
        number,
        at: T0 + SECOND,
        name: "gallery".to_owned(),
        body: json!({}),
    };
    let now = T0 + 2 * SECOND;
    for first in (0..10_500).step_by(500) {
        let events: Vec<Happening> = (first..first + 500).map(event).collect();
        collector.receive(&batch(&events, now), now).unwrap();
    }
    let mut ordered = |at: &str| {
        let mut timeline = visitor("ada").at(at).view("/").order(json!(1), "new");
        for event in &mut timeline.events {
            at.clone_into(&mut event.load);
        }
        let refused = collector.take(&timeline).refused;
        refused.iter().map(|refusal| (refusal.reason, refusal.field)).collect::<Vec<_>>()
    };
    assert_eq!(ordered("3s"), [(Reason::OverLimit, "order_id")]);
    assert_eq!(ordered("9d"), []);
}

#[test]
fn orders_and_profiles_are_counted_by_the_days_events_could_be_sent_in() {
    let mut collector = Collector::new(shop(), 3);
    // As far back as a page may send: a day later they are still in the way, two days later they are not.
    let at = T0 - 7 * DAY;
    let event = |number: usize, name: &str, body| Happening {
        visitor: "ada".to_owned(),
        load: "old".to_owned(),
        number: u32::try_from(number).unwrap(),
        at,
        name: name.to_owned(),
        body,
    };
    let orders: Vec<Happening> =
        (0..MAX_ORDERS).map(|number| event(number, "purchase", json!({ "order_id": number }))).collect();
    assert_eq!(collector.receive(&batch(&orders, T0), T0).unwrap().refused, []);
    let people: Vec<Happening> = (0..MAX_PROFILES)
        .map(|number| event(1_000 + number, "$identify", json!({ "profile": format!("p{number}") })))
        .collect();
    assert_eq!(collector.receive(&batch(&people, T0), T0).unwrap().refused, []);
    let one_more = |days: &str| {
        let timeline = visitor("ada").at(days).order(json!(1), days).event("$identify", json!({ "profile": days }));
        let mut events = timeline.events;
        let now = events[0].at;
        for event in &mut events {
            days.clone_into(&mut event.load);
        }
        (batch(&events, now), now)
    };
    for (days, fields) in [("1ms", vec!["order_id", "profile"]), ("23h", vec!["order_id", "profile"]), ("1d", vec![])] {
        let (text, now) = one_more(days);
        let outcome = collector.receive(&text, now).unwrap();
        assert_eq!(outcome.refused.iter().map(|refusal| refusal.field).collect::<Vec<_>>(), fields, "after {days}");
    }
}
