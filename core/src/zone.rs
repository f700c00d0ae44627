//! Time zones of the IANA database, as far as events can be of: see `build.rs`.

use std::cell::Cell;

use crate::time::{DAY, Day, MINUTE, Millis};

include!(concat!(env!("OUT_DIR"), "/zones.rs"));

/// A time zone. It remembers the day that was asked for last.
#[derive(Debug, Clone)]
pub struct Zone {
    /// From when on clocks are so far ahead of UTC, ms. The first is from ever.
    offsets: Vec<(Millis, Millis)>,
    /// A day, and the times that it has.
    latest: Cell<(Day, Millis, Millis)>,
}

/// UTC.
impl Default for Zone {
    fn default() -> Self {
        Self::of(vec![(Millis::MIN, 0)])
    }
}

impl Zone {
    fn of(offsets: Vec<(Millis, Millis)>) -> Self {
        Self { offsets, latest: Cell::new((Day(0), 0, 0)) }
    }

    /// Finds a zone by its IANA name, e.g. `Europe/Berlin`.
    pub fn named(name: &str) -> Option<Self> {
        let is_named = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let &(_, mut bytes) = ZONES.iter().find(|(names, _)| is_named(names))?;
        let mut offsets = vec![(Millis::MIN, offset(&mut bytes))];
        let mut at = FIRST;
        while !bytes.is_empty() {
            at += number(&mut bytes) * MINUTE;
            offsets.push((at, offset(&mut bytes)));
        }
        Some(Self::of(offsets))
    }

    /// The calendar day on which a time falls in this zone.
    pub fn day(&self, at: Millis) -> Day {
        let (day, from, until) = self.latest.get();
        if (from..until).contains(&at) {
            return day;
        }
        let next = self.offsets.partition_point(|(from, _)| *from <= at);
        let (since, offset) = self.offsets[next - 1];
        let local = at.saturating_add(offset);
        let day = Day(i32::try_from(local.div_euclid(DAY)).unwrap_or(0));
        let start = at.saturating_sub(local.rem_euclid(DAY));
        let changes = self.offsets.get(next).map_or(Millis::MAX, |(from, _)| *from);
        self.latest.set((day, start.max(since), start.saturating_add(DAY).min(changes)));
        day
    }

    /// How long the day of a time has lasted by the clock, ms.
    pub fn time_of_day(&self, at: Millis) -> Millis {
        let next = self.offsets.partition_point(|(from, _)| *from <= at);
        at.saturating_add(self.offsets[next - 1].1).rem_euclid(DAY)
    }

    /// Local time as `YYYY-MM-DD HH:MM:SS`, for people.
    pub fn local(&self, at: Millis) -> String {
        let next = self.offsets.partition_point(|(from, _)| *from <= at);
        let local = at.saturating_add(self.offsets[next - 1].1);
        let day = Day(i32::try_from(local.div_euclid(DAY)).unwrap_or(0));
        let seconds = local.rem_euclid(DAY) / 1_000;
        format!("{day} {:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }
}

fn number(bytes: &mut &[u8]) -> i64 {
    let mut number = 0;
    for place in 0.. {
        let Some((byte, rest)) = bytes.split_first() else { break };
        *bytes = rest;
        number |= i64::from(byte & 127) << (7 * place);
        if byte & 128 == 0 {
            break;
        }
    }
    number
}

fn offset(bytes: &mut &[u8]) -> Millis {
    let zigzag = number(bytes);
    (zigzag >> 1 ^ -(zigzag & 1)) * MINUTE
}
