//! Time zones and dates, as the whole IANA database and a calendar library have them.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use tributary_core::time::{DAY, Day, HOUR, MINUTE, Millis, Zone};

fn time(text: &str) -> Millis {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

/// What the database says of a moment.
fn day(zone: &TimeZone, at: Millis) -> String {
    Timestamp::from_millisecond(at).unwrap().to_zoned(zone.clone()).date().to_string()
}

#[test]
fn every_zone_has_the_days_of_the_database_at_every_change_of_its_clocks() {
    let (first, last) = (time("2020-01-01T00:00:00Z"), time("2060-01-01T00:00:00Z"));
    let database = TimeZoneDatabase::bundled();
    let mut zones = 0;
    for name in database.available() {
        zones += 1;
        let expected = database.get(name.as_str()).unwrap();
        let zone = Zone::named(name.as_str()).unwrap_or_else(|| panic!("{name}"));
        let changes = expected.following(Timestamp::from_millisecond(first).unwrap());
        let changes = changes.map(|change| change.timestamp().as_millisecond()).take_while(|at| *at < last);
        for at in changes.chain([first, last]) {
            // Midnights around the change, a millisecond before and at them, and the change itself.
            for about in [at - DAY, at - 1, at, at + DAY] {
                let midnight = (-12..=12).map(|hours| about.div_euclid(DAY) * DAY + hours * HOUR);
                for at in midnight.flat_map(|at| [at - 1, at, at + 30 * MINUTE]).chain([about]) {
                    if at >= first {
                        assert_eq!(zone.day(at).to_string(), day(&expected, at), "{name} at {at}");
                    }
                }
            }
        }
    }
    assert!(zones > 500, "{zones}");
}

#[test]
fn a_day_is_the_same_whatever_was_asked_before() {
    // Clocks that change at midnight, by half an hour, in the middle of a month of fasting, and never.
    for name in ["Africa/Cairo", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "America/Santiago"] {
        let zone = Zone::named(name).unwrap();
        let start = time("2026-01-01T00:00:00Z");
        let times: Vec<Millis> = (0..4_000).map(|step| start + step * 127 * MINUTE).collect();
        let alone: Vec<Day> = times.iter().map(|at| Zone::named(name).unwrap().day(*at)).collect();
        let forth: Vec<Day> = times.iter().map(|at| zone.day(*at)).collect();
        let mut back: Vec<Day> = times.iter().rev().map(|at| zone.day(*at)).collect();
        back.reverse();
        assert_eq!((&forth, &back), (&alone, &alone), "{name}");
    }
}

#[test]
fn local_times_are_those_of_the_zone() {
    let rows = [
        ("UTC", "2026-11-21T08:09:10Z", "2026-11-21 08:09:10"),
        ("Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29 01:59:59"),
        ("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00:00"),
        ("America/St_Johns", "2026-01-01T00:00:00Z", "2025-12-31 20:30:00"),
        ("europe/berlin", "2026-07-01T22:00:00Z", "2026-07-02 00:00:00"),
    ];
    for (zone, at, expected) in rows {
        assert_eq!(Zone::named(zone).unwrap().local(time(at)), expected, "{zone} {at}");
    }
    assert!(Zone::named("Europe/Atlantis").is_none());
    assert_eq!(Zone::default().local(0), "1970-01-01 00:00:00");
}

#[test]
fn dates_are_those_of_the_calendar() {
    let epoch = date(1970, 1, 1);
    for year in (1600..=2400).chain([1, 9999]) {
        for (month, day) in [(1, 1), (2, 28), (2, 29), (3, 1), (12, 31)] {
            let text = format!("{year:04}-{month:02}-{day:02}");
            let expected = text.parse().ok().map(|date: Date| Day(epoch.until(date).unwrap().get_days()));
            assert_eq!(Day::parse(&text), expected, "{text}");
        }
    }
    for day in (-719_000..2_900_000).step_by(97).map(Day) {
        assert_eq!(Day::parse(&day.to_string()), Some(day), "{day}");
    }
}
