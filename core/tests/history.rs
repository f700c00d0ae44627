//! A visitor's history: bounded, closed without changing a figure, and readable for ever.

mod support;

use serde_json::json;
use support::{Collector, Happening, PAGE, T0, batch, goal, shop, visitor, visitor_given};
use tributary_core::facts::Facts;
use tributary_core::history::KEEP_EVENTS;
use tributary_core::judge::Rules;
use tributary_core::message::Address;
use tributary_core::person::{Export, Person};
use tributary_core::server_event::batches;
use tributary_core::time::{DAY, MINUTE};
use tributary_core::wire::{Reason, parse};

fn cart(ada: &str, number: usize, at: i64) -> Happening {
    let number = u32::try_from(number).unwrap();
    Happening {
        visitor: ada.to_owned(),
        load: "load".to_owned(),
        number,
        at,
        name: "add_to_cart".to_owned(),
        body: json!({}),
        profile: None,
    }
}

#[test]
fn closing_old_events_changes_no_figure() {
    let ada = visitor_given("b", 0);
    let mut collector = Collector::new(shop(), 1);
    collector.take(&visitor(&ada).at("0s").exposed());
    let total = KEEP_EVENTS + 750;
    for first in (1..=total).step_by(250) {
        let events: Vec<Happening> = (first..first + 250)
            .map(|number| cart(&ada, number, T0 + 1_000 + i64::try_from(number).unwrap()))
            .collect();
        collector.receive(&batch(&events, T0 + MINUTE), T0 + MINUTE).unwrap();
    }
    let expected = format!("exposures 1, conversions 1, total {total}");
    assert_eq!(goal(&collector.report(), "cart", "b"), expected);
    assert_eq!(collector.report().totals.sessions, 1);
    // What was open stays open: the exposure before the checkpoint still earns later conversions.
    collector.receive(&batch(&[cart(&ada, total + 1, T0 + 2 * MINUTE)], T0 + 2 * MINUTE), T0 + 2 * MINUTE).unwrap();
    assert_eq!(goal(&collector.report(), "cart", "b"), format!("exposures 1, conversions 1, total {}", total + 1));
}

#[test]
fn an_event_from_before_the_closed_history_is_too_old() {
    let mut collector = Collector::new(shop(), 1);
    let mut last = None;
    for first in (0..KEEP_EVENTS + 500).step_by(250) {
        let mut events: Vec<Happening> = (first..first + 250)
            .map(|number| cart("ada", number, T0 + 1_000 + i64::try_from(number).unwrap()))
            .collect();
        if first == 0 {
            for event in &mut events {
                "early".clone_into(&mut event.load);
            }
        }
        last = Some(collector.receive(&batch(&events, T0 + MINUTE), T0 + MINUTE).unwrap());
    }
    assert_eq!(last.unwrap().refused, []);
    let mut late = cart("ada", 0, T0);
    late.load = "other".to_owned();
    let outcome = collector.receive(&batch(&[late], T0 + MINUTE), T0 + MINUTE).unwrap();
    assert_eq!(outcome.refused[0].reason, Reason::TooOld);
    assert_eq!(collector.diagnostic(Reason::TooOld), 1);
    // A page whose clock was put right meanwhile sends what was folded with another time: it is known all the same.
    let again = Happening { load: "early".to_owned(), ..cart("ada", 3, T0 + MINUTE) };
    assert_eq!(collector.receive(&batch(&[again], T0 + MINUTE), T0 + MINUTE).unwrap().duplicate, 1);
}

fn export(collector: &Collector, name: &str) -> Export {
    let address = Address::Visitor(name.to_owned());
    Person::decode(collector.row(&address).unwrap()).unwrap().export(&address)
}

#[test]
fn ten_thousand_events_are_kept_in_detail_and_the_first_is_folded_when_one_more_comes() {
    let mut collector = Collector::new(shop(), 1);
    for first in (0..KEEP_EVENTS).step_by(500) {
        let events: Vec<Happening> = (first..first + 500)
            .map(|number| cart("ada", number, T0 + 1_000 + i64::try_from(number).unwrap()))
            .collect();
        collector.receive(&batch(&events, T0 + MINUTE), T0 + MINUTE).unwrap();
    }
    let kept = export(&collector, "ada");
    assert_eq!((kept.events.len(), kept.folded_until), (KEEP_EVENTS, None));
    collector.receive(&batch(&[cart("ada", KEEP_EVENTS, T0 + MINUTE)], T0 + MINUTE), T0 + MINUTE).unwrap();
    let kept = export(&collector, "ada");
    assert_eq!((kept.events.len(), kept.folded_until), (KEEP_EVENTS, Some(T0 + 1_000)));
}

#[test]
fn an_event_exactly_sixty_days_behind_the_latest_is_kept_in_detail() {
    for (since, folded) in [(60 * DAY, None), (60 * DAY + 1, Some(T0))] {
        let mut collector = Collector::new(shop(), 1);
        collector.take(&visitor("ada").at("0s").view("/"));
        let at = T0 + since;
        collector.receive(&batch(&[cart("ada", 100, at)], at), at).unwrap();
        assert_eq!(export(&collector, "ada").folded_until, folded, "{since}");
    }
}

#[test]
fn who_comes_every_day_for_years_takes_no_more_room_than_after_some_months() {
    let mut collector = Collector::new(shop(), 1);
    let mut sizes = Vec::new();
    for day in 0..400_i64 {
        let at = T0 + day * DAY;
        let mut page = visitor("ada").view("/");
        page.events[0].at = at;
        page.events[0].load = format!("load-of-day-{day}");
        collector.receive(&batch(&page.events, at), at).unwrap();
        let call = json!({ "id": format!("call of day {day}"), "at": at, "visitor": "ada", "name": "call" });
        for (address, batch, _) in batches(&format!("1\t{call}"), at) {
            assert_eq!(collector.take_in(&address, batch, at).accepted, 1);
        }
        sizes.push(collector.row(&Address::Visitor("ada".to_owned())).unwrap().len());
    }
    assert!(sizes[399] <= sizes[100] + sizes[100] / 20, "{} after {}", sizes[399], sizes[100]);
}

#[test]
fn a_history_of_sixty_days_is_kept_in_detail() {
    // Batches arrive as they happen, one a day; what is 60 days old can still be joined by a late event of that time.
    let mut collector = Collector::new(shop(), 1);
    for day in 0..90_i64 {
        let at = T0 + day * DAY;
        collector.receive(&batch(&[cart("ada", usize::try_from(day).unwrap(), at)], at), at).unwrap();
    }
    assert_eq!(
        collector.facts.0.values().filter_map(|f| f.get(&tributary_core::facts::Metric::Sessions)).sum::<i128>(),
        90
    );
}

#[test]
fn an_id_is_remembered_as_long_as_an_event_of_its_age_could_be_accepted() {
    let mut collector = Collector::new(shop(), 1);
    let event = cart("ada", 0, T0);
    let week = T0 + 7 * DAY;
    assert_eq!(collector.receive(&batch(std::slice::from_ref(&event), T0), T0).unwrap().accepted, 1);
    let again = collector.receive(&batch(std::slice::from_ref(&event), week), week).unwrap();
    assert_eq!((again.accepted, again.duplicate), (0, 1));
    // Whatever else it says.
    let changed = Happening { at: T0 + 5, name: "other".to_owned(), ..event };
    assert_eq!(collector.receive(&batch(&[changed], week), week).unwrap().duplicate, 1);
}

/// The stored form of format 4, as it was when that came out: a line of the sample while its first visit is kept in detail,
/// one after that was closed. Rows of previews before 0.1.0 are not kept. From 0.1.0 on these lines must always load: a
/// failure here means that people who are stored already could no longer be read. The next format is added beside them.
const FROZEN: &str = include_str!("../../tests/fixtures/person-v4.hex");

fn samples() -> [Person; 2] {
    let ada = visitor_given("b", 0);
    let mut timeline = visitor(&ada).at("0s").view("/").exposed().at("1m").view("/thanks");
    timeline = timeline.order(json!(99.9), "A").event("$click", json!({ "goals": [[1, 3]] }));
    timeline = timeline.event("$identify", json!({ "profile": "crm-17" })).at("31m").track("other", json!({}));
    let (rules, address) = (Rules::new(shop()), Address::Visitor(ada.clone()));
    let mut stored = Person::new(&address);
    let now = T0 + 40 * MINUTE;
    stored.step(&address, parse(batch(&timeline.events, now).as_bytes(), now).unwrap(), &rules, PAGE, now);
    let open = stored.clone();
    // Two months later the first visit is closed, and the checkpoint holds what it led to.
    let later = now + 61 * DAY;
    let next = cart(&ada, 100, later);
    stored.step(&address, parse(batch(&[next], later).as_bytes(), later).unwrap(), &rules, PAGE, later);
    [open, stored]
}

fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|place| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).unwrap()).collect()
}

#[test]
fn a_person_stored_by_an_earlier_version_still_loads() {
    let samples = samples();
    assert_eq!(FROZEN.lines().count(), samples.len());
    for (line, sample) in FROZEN.lines().zip(samples) {
        assert_eq!(Person::decode(&bytes_of(line)).expect("the frozen sample loads"), sample);
    }
}

#[test]
fn a_damaged_or_later_history_is_not_taken_for_an_empty_one() {
    let [_, person] = samples();
    let mut bytes = person.encode();
    assert_eq!(Person::decode(&bytes), Some(person));
    bytes[0] = 200;
    assert_eq!(Person::decode(&bytes), None);
    assert_eq!(Person::decode(&[]), None);
}

#[test]
fn facts_stored_by_the_first_version_still_load() {
    let frozen = include_str!("../../tests/fixtures/facts-v1.hex").trim();
    let mut collector = Collector::new(shop(), 1);
    collector.take(&visitor(&visitor_given("b", 0)).at("0s").exposed().at("1m").order(json!(99.9), "A").view("/"));
    let frozen = postcard::from_bytes::<Facts>(&bytes_of(frozen)).unwrap();
    for (place, figures) in frozen.0 {
        for (metric, amount) in figures {
            assert_eq!(collector.facts.0[&place].get(&metric), Some(&amount), "{place:?} {metric:?}");
        }
    }
}
