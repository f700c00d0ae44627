//! How kept events are stored: in columns, for what follows on what came before takes a byte or none.
//!
//! | column | an entry | bytes |
//! |---|---|---|
//! | `texts` | a text | its length and 1 |
//! | `deeds` | a judgement | 6 and more; events that are alike share it |
//! | `runs` | events of one origin with numbers in a row: see [`Run`] | 3, or 8 |
//! | `times` | ms since the event before | 1 to 3 within half an hour |
//! | `which` | the place of the event's deed | 1 |
//! | `verdicts` | the place of an event whose order did not come to what is usual, and what it came to | 4 |

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::recent::{Kept, Origin, Recent};
use crate::config::Version;
use crate::judge::Judged;
use crate::order::Verdict;
use crate::pool::Pool;
use crate::time::Millis;

/// No time is further from 1970 than a date can be in JavaScript.
const FURTHEST: Millis = 8_640_000_000_000_000;

#[derive(Serialize, Deserialize)]
struct Columns<'a> {
    texts: Cow<'a, Pool<String>>,
    deeds: Cow<'a, Pool<Judged>>,
    runs: Vec<Run>,
    /// The time of the first event.
    start: Millis,
    times: Vec<u64>,
    which: Vec<u32>,
    verdicts: Vec<(u32, Verdict)>,
}

/// Events that stand beside each other. Without an origin, theirs is that of the run before with the next text as load.
#[derive(Serialize, Deserialize)]
struct Run {
    origin: Option<Stored>,
    first: u32,
    count: u32,
}

/// An origin; `flags` are 1 for a stranger's, 2 for a whole id, 4 for a page's.
#[derive(Serialize, Deserialize)]
struct Stored {
    flags: u8,
    visitor: u32,
    load: u32,
    profile: Option<u32>,
    config: Version,
}

impl Stored {
    fn of(origin: Origin) -> Self {
        let Origin { visitor, is_stranger, load, is_whole, is_page, profile, config } = origin;
        let flags = u8::from(is_stranger) | u8::from(is_whole) << 1 | u8::from(is_page) << 2;
        Self { flags, visitor, load, profile, config }
    }

    fn origin(&self) -> Origin {
        let Self { flags, visitor, load, profile, config } = *self;
        let [is_stranger, is_whole, is_page] = [1, 2, 4].map(|flag| flags & flag != 0);
        Origin { visitor, is_stranger, load, is_whole, is_page, profile, config }
    }
}

/// What a run's origin is unless it says another.
fn usual_after(origin: Origin) -> Origin {
    Origin { load: origin.load.saturating_add(1), ..origin }
}

impl<'a> Columns<'a> {
    fn of(recent: &'a Recent) -> Self {
        let events = &recent.events;
        let mut usual = None;
        let runs = recent.runs().map(|run| {
            let origin = recent.origin(&run[0]);
            let stored = Some(Stored::of(origin)).filter(|_| usual != Some(origin));
            usual = Some(usual_after(origin));
            Run { origin: stored, first: run[0].number, count: u32::try_from(run.len()).unwrap_or(u32::MAX) }
        });
        let runs = runs.collect();
        let start = events.first().map_or(0, |kept| kept.at);
        let befores = std::iter::once(start).chain(events.iter().map(|kept| kept.at));
        let verdicts = (0..).zip(events).filter_map(|(place, kept)| Some((place, kept.verdict?)));
        Self {
            texts: Cow::Borrowed(&recent.texts),
            deeds: Cow::Borrowed(&recent.deeds),
            runs,
            start,
            times: events.iter().zip(befores).map(|(kept, before)| kept.at.abs_diff(before)).collect(),
            which: events.iter().map(|kept| kept.deed).collect(),
            verdicts: verdicts.collect(),
        }
    }

    /// The events; `None` where the columns do not fit each other.
    fn recent(self) -> Option<Recent> {
        let mut recent = Recent { texts: self.texts.into_owned(), deeds: self.deeds.into_owned(), ..Recent::default() };
        let mut rows = self.times.iter().zip(&self.which);
        let mut at = self.start;
        let mut origin = None;
        for run in self.runs {
            let next = match (run.origin, origin) {
                (Some(stored), _) => stored.origin(),
                (None, before) => usual_after(before?),
            };
            origin = Some(next);
            let texts = [next.visitor, next.load].into_iter().chain(next.profile);
            if !texts.into_iter().all(|place| recent.texts.has(place)) {
                return None;
            }
            let place = recent.origins.place_alike(next);
            for after in 0..run.count {
                let number = run.first.checked_add(after)?;
                let (time, deed) = rows.next()?;
                at = at.checked_add_unsigned(*time).filter(|at| at.abs() <= FURTHEST && recent.deeds.has(*deed))?;
                recent.events.push(Kept { at, origin: place, number, deed: *deed, verdict: None });
            }
        }
        for (place, verdict) in self.verdicts {
            recent.events.get_mut(place as usize)?.verdict = Some(verdict);
        }
        (rows.next().is_none() && self.times.len() == self.which.len()).then_some(recent)
    }
}

impl Serialize for Recent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Columns::of(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Recent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let columns = Columns::deserialize(deserializer)?;
        columns.recent().ok_or_else(|| serde::de::Error::custom("columns that do not fit each other"))
    }
}
