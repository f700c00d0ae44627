//! Times, days and the correction of a page's clock.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
pub type Millis = i64;

/// One second, minute, hour and day in milliseconds. A day of a window is exactly 24 hours.
pub const SECOND: Millis = 1_000;
/// See [`SECOND`].
pub const MINUTE: Millis = 60 * SECOND;
/// See [`SECOND`].
pub const HOUR: Millis = 60 * MINUTE;
/// See [`SECOND`].
pub const DAY: Millis = 24 * HOUR;

/// A device's clock within this of the collector's is believed; an event further ahead is refused.
pub const CLOCK_TOLERANCE: Millis = MINUTE;
/// A page's event older than this is refused; one exactly this old is accepted.
pub const OLDEST_PAGE_EVENT: Millis = 7 * DAY;

/// How far a page's times are shifted, in whole minutes as milliseconds.
///
/// `carried` is the shift the page's last answer named: it is used again while it is within a minute of this batch's
/// offset, so that the events of one page keep their order although latency varies.
pub fn shift(sent_at: Millis, received_at: Millis, carried: Millis) -> Millis {
    let offset = received_at.saturating_sub(sent_at);
    if carried % MINUTE == 0 && (carried.saturating_sub(offset)).saturating_abs() <= CLOCK_TOLERANCE {
        return carried;
    }
    if offset.saturating_abs() <= CLOCK_TOLERANCE {
        return 0;
    }
    let half = if offset < 0 { -MINUTE / 2 } else { MINUTE / 2 };
    offset.saturating_add(half) / MINUTE * MINUTE
}

/// A calendar day: days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Day(pub i32);

impl Day {
    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        let date: jiff::civil::Date = text.parse().ok()?;
        let since = jiff::civil::date(1970, 1, 1).until(date).ok()?;
        (text.len() == 10).then_some(Self(since.get_days()))
    }
}

/// `YYYY-MM-DD`.
impl std::fmt::Display for Day {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let noon = i64::from(self.0).saturating_mul(DAY) + DAY / 2;
        match jiff::Timestamp::from_millisecond(noon) {
            Ok(timestamp) => formatter.write_str(&civil_text(TimeZone::UTC.to_datetime(timestamp).date())),
            Err(_) => write!(formatter, "day {}", self.0),
        }
    }
}

fn civil_text(date: jiff::civil::Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

/// A time zone of the IANA database, which is compiled in.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

/// UTC.
impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl Zone {
    /// Finds a zone by its IANA name, e.g. `Europe/Berlin`.
    pub fn named(name: &str) -> Option<Self> {
        TimeZoneDatabase::bundled().get(name).ok().map(Self)
    }

    /// The calendar day on which a time falls in this zone.
    pub fn day(&self, at: Millis) -> Day {
        let Ok(timestamp) = jiff::Timestamp::from_millisecond(at) else { return Day(0) };
        let local = at.saturating_add(i64::from(self.0.to_offset(timestamp).seconds()) * SECOND);
        Day(i32::try_from(local.div_euclid(DAY)).unwrap_or(0))
    }

    /// Local time as `YYYY-MM-DD HH:MM:SS`, for people.
    pub fn local(&self, at: Millis) -> String {
        // By hand: what could format any pattern, and tell of any fault in one, is 16 KB of the Worker.
        let Ok(timestamp) = jiff::Timestamp::from_millisecond(at) else { return String::new() };
        let local = self.0.to_datetime(timestamp);
        let (hour, minute, second) = (local.hour(), local.minute(), local.second());
        format!("{} {hour:02}:{minute:02}:{second:02}", civil_text(local.date()))
    }
}
