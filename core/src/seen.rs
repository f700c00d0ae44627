//! Which events of a visitor were seen: ranges of sequence numbers per page load.

use serde::{Deserialize, Serialize};

use crate::event::EventId;
use crate::time::{CLOCK_TOLERANCE, Millis, OLDEST_PAGE_EVENT};

/// What was seen of one page load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// The page load's id.
    pub id: String,
    /// Its latest event.
    pub latest: Millis,
    /// Numbers seen, as inclusive ranges in order, never touching.
    ranges: Vec<(u32, u32)>,
}

/// The page loads that can still be heard of, and those that kept events refer to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// In the order they were first heard of; kept events refer to them by place.
    pub loads: Vec<Load>,
}

impl Seen {
    /// Remembers an event. Gives the place of its page load, or `None` if it was seen before.
    pub fn remember(&mut self, id: &EventId, at: Millis) -> Option<u32> {
        let place = self.loads.iter().rposition(|load| load.id == id.load).unwrap_or_else(|| {
            self.loads.push(Load { id: id.load.clone(), latest: at, ranges: Vec::new() });
            self.loads.len() - 1
        });
        let load = &mut self.loads[place];
        if !insert(&mut load.ranges, id.number) {
            return None;
        }
        load.latest = load.latest.max(at);
        u32::try_from(place).ok()
    }

    /// Forgets page loads of which nothing can be accepted any more and which no kept event refers to. Gives the new
    /// place of each old one.
    pub fn forget(&mut self, now: Millis, is_kept: impl Fn(u32) -> bool) -> Vec<u32> {
        let oldest = now - OLDEST_PAGE_EVENT - CLOCK_TOLERANCE;
        let mut places = Vec::with_capacity(self.loads.len());
        let mut kept = Vec::new();
        for (place, load) in (0..).zip(std::mem::take(&mut self.loads)) {
            places.push(u32::try_from(kept.len()).unwrap_or(u32::MAX));
            if load.latest >= oldest || is_kept(place) {
                kept.push(load);
            }
        }
        self.loads = kept;
        places
    }
}

/// Adds a number to ranges; false if it was there.
fn insert(ranges: &mut Vec<(u32, u32)>, number: u32) -> bool {
    let after = ranges.partition_point(|range| range.1 < number);
    if ranges.get(after).is_some_and(|range| range.0 <= number) {
        return false;
    }
    let joins_before = after > 0 && ranges[after - 1].1 + 1 == number;
    let joins_after = ranges.get(after).is_some_and(|range| range.0 == number + 1);
    match (joins_before, joins_after) {
        (true, true) => {
            ranges[after - 1].1 = ranges[after].1;
            ranges.remove(after);
        }
        (true, false) => ranges[after - 1].1 = number,
        (false, true) => ranges[after].0 = number,
        (false, false) => ranges.insert(after, (number, number)),
    }
    true
}
