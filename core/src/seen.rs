//! Which events were seen: ranges of sequence numbers per page load, and the ids that servers gave.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::EventId;
use crate::hash::fnv1a64;
use crate::time::{CLOCK_TOLERANCE, Millis, OLDEST_PAGE_EVENT};

/// What was seen of one page load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Load {
    id: String,
    /// Its latest event.
    latest: Millis,
    /// Numbers seen, as inclusive ranges in order, never touching.
    ranges: Vec<(u32, u32)>,
}

/// What can still be heard of again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// In the order they were first heard of.
    loads: Vec<Load>,
    /// Hashes of ids that are no page's, with their time.
    others: BTreeMap<u64, Millis>,
}

impl Seen {
    /// Whether an event was seen before.
    pub fn has(&self, id: &EventId) -> bool {
        if id.is_whole {
            return self.others.contains_key(&fnv1a64(id.load.as_bytes()));
        }
        let load = self.loads.iter().rfind(|load| load.id == id.load);
        load.is_some_and(|load| {
            let after = load.ranges.partition_point(|range| range.1 < id.number);
            load.ranges.get(after).is_some_and(|range| range.0 <= id.number)
        })
    }

    /// Remembers an event. False if it was seen before.
    pub fn remember(&mut self, id: &EventId, at: Millis) -> bool {
        if id.is_whole {
            return self.others.insert(fnv1a64(id.load.as_bytes()), at).is_none();
        }
        let place = self.loads.iter().rposition(|load| load.id == id.load).unwrap_or_else(|| {
            self.loads.push(Load { id: id.load.clone(), latest: at, ranges: Vec::new() });
            self.loads.len() - 1
        });
        let load = &mut self.loads[place];
        let is_new = insert(&mut load.ranges, id.number);
        if is_new {
            load.latest = load.latest.max(at);
        }
        is_new
    }

    /// Forgets what can be accepted no more: what is folded away, unless a page may still send it.
    pub fn forget(&mut self, closed_at: Option<Millis>, now: Millis) {
        let Some(closed_at) = closed_at else { return };
        let oldest = closed_at.min(now - OLDEST_PAGE_EVENT - CLOCK_TOLERANCE);
        self.loads.retain(|load| load.latest > oldest);
        self.others.retain(|_, at| *at > oldest);
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
