//! Times, days and the correction of a page's clock.

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
        let mut parts = text.splitn(3, '-').map(|part| part.parse::<u16>().ok().map(i32::from));
        let mut next = || parts.next().flatten();
        let day = Self::of(next()?, next()?, next()?);
        // What is no date, or not written so, is written otherwise.
        (day.to_string() == text).then_some(day)
    }

    /// Counted in years that begin in March, so that a leap day is a year's last.
    /// (Howard Hinnant, <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>)
    fn of(year: i32, month: i32, day: i32) -> Self {
        let year = if month > 2 { year } else { year - 1 };
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Self(year.div_euclid(400) * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH)
    }

    /// Year, month and day of the month.
    fn date(self) -> (i64, i64, i64) {
        let days = i64::from(self.0) + i64::from(EPOCH);
        let (era, of_era) = (days.div_euclid(ERA.into()), days.rem_euclid(ERA.into()));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        (era * 400 + year + i64::from(month <= 2), month, day)
    }
}

/// Days of 400 years.
const ERA: i32 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i32 = 719_468;

/// `YYYY-MM-DD`.
impl std::fmt::Display for Day {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, day) = self.date();
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

pub use crate::zone::Zone;
