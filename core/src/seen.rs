//! Which events were seen: ranges of sequence numbers per page load, and the ids that servers gave.
//!
//! What the events that are kept tell of themselves is not stored again: see [`Seen::beyond`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::{EventId, numbered};
use crate::hash::fnv1a64;
use crate::pool::Pool;
use crate::time::{CLOCK_TOLERANCE, Millis, OLDEST_PAGE_EVENT};

/// What was seen of one page load.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Load {
    /// Its latest event.
    latest: Millis,
    /// Numbers seen, as inclusive ranges in order, never touching.
    ranges: Vec<(u32, u32)>,
}

/// What can still be heard of again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// By the place of the page load's id among the person's texts.
    loads: BTreeMap<u32, Load>,
    /// Hashes of ids that are no page's, with their time.
    others: BTreeMap<u64, Millis>,
}

impl Seen {
    /// Whether an event was seen before. A text that a page could have made may have been told with another sequence
    /// number: it is the same id.
    pub fn has(&self, id: &EventId, texts: &Pool<String>) -> bool {
        let has_other = |text: &str| self.others.contains_key(&fnv1a64(text.as_bytes()));
        if id.is_whole {
            return has_other(&id.load) || numbered(&id.load).is_some_and(|own| self.has_numbered(own, texts));
        }
        self.has_numbered((&id.load, id.number), texts) || (!self.others.is_empty() && has_other(&id.to_string()))
    }

    fn has_numbered(&self, (load, number): (&str, u32), texts: &Pool<String>) -> bool {
        let load = texts.known(load).and_then(|place| self.loads.get(&place));
        load.is_some_and(|load| {
            let after = load.ranges.partition_point(|range| range.1 < number);
            load.ranges.get(after).is_some_and(|range| range.0 <= number)
        })
    }

    /// Remembers an event. False if it was seen before.
    pub fn remember(&mut self, id: &EventId, at: Millis, texts: &mut Pool<String>) -> bool {
        if id.is_whole {
            return self.add_other(&id.load, at);
        }
        let load = self.loads.entry(texts.place(&id.load)).or_insert_with(|| Load { latest: at, ranges: Vec::new() });
        let is_new = insert(&mut load.ranges, id.number);
        if is_new {
            load.latest = load.latest.max(at);
        }
        is_new
    }

    /// Remembers events of a page load, with numbers in a row.
    pub fn add_run(&mut self, load: u32, (first, last): (u32, u32), latest: Millis) {
        let load = self.loads.entry(load).or_insert_with(|| Load { latest, ranges: Vec::new() });
        load.latest = load.latest.max(latest);
        if load.ranges.is_empty() {
            load.ranges.push((first, last));
        } else {
            for number in first..=last {
                insert(&mut load.ranges, number);
            }
        }
    }

    /// Remembers an event whose id is no page's.
    pub fn add_other(&mut self, id: &str, at: Millis) -> bool {
        let mut is_new = false;
        self.others.entry(fnv1a64(id.as_bytes())).or_insert_with(|| {
            is_new = true;
            at
        });
        is_new
    }

    /// Forgets what can be accepted no more: what is folded away, unless a page may still send it.
    pub fn forget(&mut self, closed_at: Option<Millis>, now: Millis) {
        let Some(closed_at) = closed_at else { return };
        let oldest = closed_at.min(now - OLDEST_PAGE_EVENT - CLOCK_TOLERANCE);
        self.loads.retain(|_, load| load.latest > oldest);
        self.others.retain(|_, at| *at > oldest);
    }

    /// What is in this and not, or not so, in what the kept events tell.
    #[must_use]
    pub fn beyond(&self, told: &Self) -> Self {
        let loads = self.loads.iter().filter(|(place, load)| told.loads.get(place) != Some(load));
        let others = self.others.iter().filter(|(id, at)| told.others.get(id) != Some(at));
        Self {
            loads: loads.map(|(place, load)| (*place, load.clone())).collect(),
            others: others.map(|(id, at)| (*id, *at)).collect(),
        }
    }

    /// What the kept events tell, put right by what was stored beyond it.
    #[must_use]
    pub fn with(mut self, beyond: Self) -> Self {
        self.loads.extend(beyond.loads);
        self.others.extend(beyond.others);
        self
    }

    /// The texts it refers to.
    pub fn places(&self) -> impl Iterator<Item = u32> {
        self.loads.keys().copied()
    }

    /// Refers to texts that moved: where each of [`Self::places`] is now.
    pub fn refer(&mut self, places: Vec<u32>) {
        self.loads = places.into_iter().zip(std::mem::take(&mut self.loads).into_values()).collect();
    }
}

/// Adds a number to ranges; false if it was there.
fn insert(ranges: &mut Vec<(u32, u32)>, number: u32) -> bool {
    let after = ranges.partition_point(|range| range.1 < number);
    if ranges.get(after).is_some_and(|range| range.0 <= number) {
        return false;
    }
    let joins_before = after > 0 && Some(ranges[after - 1].1) == number.checked_sub(1);
    let joins_after = ranges.get(after).is_some_and(|range| Some(range.0) == number.checked_add(1));
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
