//! Times: what of a page's clock is believed, and what is too old or ahead.

mod support;

use serde_json::json;
use support::T0;
use tributary_core::time::{DAY, Day, MINUTE, SECOND, Zone, shift};
use tributary_core::wire::{Reason, parse};

#[test]
fn a_clock_within_a_minute_is_believed_and_any_other_shifted_by_whole_minutes() {
    let rows = [
        (0, 0, 0, "right"),
        (60 * SECOND, 0, 0, "a minute behind"),
        (-60 * SECOND, 0, 0, "a minute ahead"),
        (60 * SECOND + 1, 0, MINUTE, "a little more"),
        (90 * SECOND, 0, 2 * MINUTE, "half a minute rounds away from zero"),
        (-90 * SECOND, 0, -2 * MINUTE, "on either side"),
        (89 * SECOND, 0, MINUTE, "less than half rounds down"),
        (365 * DAY, 0, 365 * DAY, "a year"),
        (2 * MINUTE + 50 * SECOND, 2 * MINUTE, 2 * MINUTE, "a carried shift within a minute is used again"),
        (3 * MINUTE, 2 * MINUTE, 2 * MINUTE, "exactly a minute off"),
        (3 * MINUTE + 1, 2 * MINUTE, 3 * MINUTE, "further off: a new one"),
        (50 * SECOND, MINUTE, MINUTE, "although the clock would be believed by itself"),
        (0, 30 * SECOND, 0, "a shift that is no whole minute was never given"),
        (i64::MIN, 0, i64::MIN / MINUTE * MINUTE, "nothing overflows"),
    ];
    for (offset, carried, expected, why) in rows {
        let sent_at = if offset == i64::MIN { i64::MAX } else { T0 - offset };
        let received_at = if offset == i64::MIN { i64::MIN } else { T0 };
        assert_eq!(shift(sent_at, received_at, carried), expected, "{why}");
    }
}

#[test]
fn an_event_is_accepted_from_seven_days_old_to_a_minute_ahead() {
    let rows = [
        (-7 * DAY, None),
        (-7 * DAY - 1, Some(Reason::TooOld)),
        (60 * SECOND, None),
        (60 * SECOND + 1, Some(Reason::InFuture)),
        (i64::MAX / 4, Some(Reason::InFuture)),
        (i64::MIN / 4, Some(Reason::TooOld)),
    ];
    for (since, expected) in rows {
        let run = json!({ "load": "l", "first": 0, "at": T0 + since, "events": [[0, "add_to_cart", {}]] });
        let batch = json!({ "visitor": "v", "sent_at": T0, "runs": [run] }).to_string();
        let batch = parse(batch.as_bytes(), T0).unwrap();
        assert_eq!(batch.refused.first().map(|refusal| refusal.reason), expected, "{since}");
    }
}

#[test]
fn a_shift_moves_every_event_of_the_batch() {
    let run = json!({ "load": "l", "first": 0, "at": T0 - DAY, "events": [[0, "a", {}], [5, "b", {}]] });
    let batch = json!({ "visitor": "v", "sent_at": T0 - DAY, "runs": [run] }).to_string();
    let batch = parse(batch.as_bytes(), T0).unwrap();
    assert_eq!(batch.shift, DAY);
    assert_eq!(batch.events.iter().map(|event| event.at - T0).collect::<Vec<_>>(), [0, 5]);
}

#[test]
fn days_follow_the_sites_time_zone_through_daylight_saving() {
    let rows = [
        ("UTC", "2025-03-30 00:59:59.999", "2025-03-30"),
        ("Europe/Berlin", "2025-03-29 22:59:59.999", "2025-03-29"),
        ("Europe/Berlin", "2025-03-29 23:00:00.000", "2025-03-30"),
        ("Europe/Berlin", "2025-03-30 21:59:59.999", "2025-03-30"),
        ("Europe/Berlin", "2025-03-30 22:00:00.000", "2025-03-31"),
        ("Pacific/Chatham", "2025-10-09 10:14:59.999", "2025-10-09"),
        ("Pacific/Chatham", "2025-10-09 10:15:00.000", "2025-10-10"),
        ("America/Sao_Paulo", "1970-01-01 00:00:00.000", "1969-12-31"),
    ];
    for (zone, at, expected) in rows {
        let (date, time) = at.split_once(' ').unwrap();
        let mut clock = time.split([':', '.']).map(|part| part.parse::<i64>().unwrap());
        let mut next = || clock.next().unwrap();
        let of_day = ((next() * 60 + next()) * 60 + next()) * 1000 + next();
        let millis = i64::from(Day::parse(date).unwrap().0) * DAY + of_day;
        let zone = Zone::named(zone).unwrap();
        assert_eq!(zone.day(millis).to_string(), expected, "{at} UTC");
    }
}

#[test]
fn a_local_time_is_written_in_its_zone_with_every_digit() {
    let rows = [
        ("UTC", 0, "1970-01-01 00:00:00"),
        ("Europe/Berlin", 1_790_000_000_999, "2026-09-21 16:13:20"),
        ("Pacific/Chatham", 1_767_225_599_999, "2026-01-01 13:44:59"),
        ("America/New_York", -1, "1969-12-31 18:59:59"),
    ];
    for (zone, at, expected) in rows {
        assert_eq!(Zone::named(zone).unwrap().local(at), expected, "{zone} {at}");
    }
}

#[test]
fn days_are_written_as_they_are_read() {
    for text in ["1970-01-01", "2024-02-29", "2026-11-21", "1969-12-31"] {
        assert_eq!(Day::parse(text).unwrap().to_string(), text);
    }
    for text in ["2025-02-29", "2025-1-1", "tomorrow", "", "2025-01-01T00:00"] {
        assert_eq!(Day::parse(text), None, "{text}");
    }
}
