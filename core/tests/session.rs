//! Sessions: runs of a visitor's events, computed here and never trusted from the page.

mod support;

use support::{Collector, shop, shop_in, visitor};

fn sessions(moments: &[&str]) -> i128 {
    let mut collector = Collector::new(shop(), 1);
    let timeline = moments.iter().fold(visitor("ada"), |timeline, moment| timeline.at(moment).view("/"));
    collector.take(&timeline);
    collector.report().totals.sessions
}

#[test]
fn a_session_goes_on_for_thirty_minutes_of_silence_and_for_less_than_a_day() {
    let rows: [(&str, &[&str], i128); 6] = [
        ("one event", &["0s"], 1),
        ("exactly thirty minutes of silence", &["0s", "30m"], 1),
        ("a millisecond more", &["0s", "30m 1ms"], 2),
        ("three visits", &["0s", "31m", "2h"], 3),
        ("up to a day of steady events", &steady(23 * 60 + 59), 1),
        ("a day after its first event another begins", &steady(24 * 60), 2),
    ];
    for (why, moments, expected) in rows {
        assert_eq!(sessions(moments), expected, "{why}");
    }
}

/// An event every twenty minutes, and one at the end.
fn steady(minutes: u32) -> Vec<&'static str> {
    let moment = |minute: u32| -> &'static str { format!("{minute}m").leak() };
    (0..minutes).step_by(20).map(moment).chain([moment(minutes)]).collect()
}

#[test]
fn a_late_event_joins_two_sessions_that_seemed_apart() {
    let mut collector = Collector::new(shop(), 1);
    let timeline = visitor("ada").at("0s").view("/").at("50m").view("/").at("25m").view("/");
    for event in &timeline.events {
        collector.receive(&support::batch(std::slice::from_ref(event), support::T0), support::T0 + 3_600_000).unwrap();
    }
    assert_eq!(collector.report().totals.sessions, 1);
}

#[test]
fn a_session_counts_on_the_day_it_starts_in_the_sites_time_zone() {
    // 08:53:20 UTC is 22:38:20 in Chatham (UTC+13:45 in summer): 81 minutes and 40 seconds before midnight.
    let mut collector = Collector::new(shop_in("Pacific/Chatham"), 1);
    let over_midnight = visitor("ada").at("1h 20m").view("/").at("1h 25m").view("/");
    let after_midnight = visitor("bob").at("1h 21m 40s").view("/");
    collector.take(&over_midnight);
    collector.take(&after_midnight);
    let days: Vec<(String, i128)> = collector
        .settled()
        .0
        .iter()
        .filter_map(|((day, _), figures)| {
            figures.get(&tributary_core::facts::Metric::Sessions).map(|count| (day.to_string(), *count))
        })
        .collect();
    assert_eq!(days, [("2025-10-09".to_owned(), 1), ("2025-10-10".to_owned(), 1)]);
}
