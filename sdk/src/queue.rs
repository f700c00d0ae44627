//! Events on their way: runs that grow, travel as they are, and go when they are acknowledged.
//!
//! A [`Run`] is a stretch of consecutive events of one page load, kept as the JSON it will travel as. It is the unit of
//! everything: one key in storage (so several tabs never overwrite each other), one member of a batch, one thing to
//! acknowledge. Once a run has been offered to the network it does not change; later events open another. So every
//! retry says the same, and no write to storage is longer than a batch.

use crate::json;
use tributary_core::text::{self, cut};

/// At most this many bytes in a batch: the page shares one quota of 64 KB for what outlives it.
pub const BATCH_BYTES: usize = 16 * 1024;
/// What is left for runs beside the head of a batch.
const RUN_BYTES: usize = BATCH_BYTES - 256;
/// An event larger than the collector takes (8 KiB of body, a name of 128 characters) is not kept.
const EVENT_BYTES: usize = 8 * 1024 + 600;
/// The collector's limit for a batch.
const BATCH_EVENTS: i64 = 500;
/// Beyond these the oldest runs are given up: a page that is offline for days must not fill the shop's storage.
const RUNS: usize = 256;
const KEPT_BYTES: usize = 512 * 1024;
/// The collector refuses what is older.
const OLDEST_MS: i64 = 7 * 24 * 3_600_000;
/// A run is closed after this long, so that its events' offsets stay small whatever a sleeping laptop does.
const RUN_MS: i64 = 3_600_000;
/// What the names of runs in storage begin with.
pub const RUN: &str = "run.";
/// What closes a run's JSON.
const END: &str = "]}";

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Takes further events.
    Open,
    /// Closed, to be sent (again).
    Waiting,
    /// Closed, to be sent in a batch of its own, since one that it was in was refused.
    Alone,
    /// In a request that has not been answered.
    Sent,
    /// Handed to a beacon. That is no acknowledgement: it is sent again when the page is shown again, or by the next.
    Beaconed,
}

/// A stretch of consecutive events of one page load.
#[derive(Debug)]
pub struct Run {
    /// `run.at.load.first.`: its name in the site's storage.
    pub name: String,
    unsaved: bool,
    visitor: String,
    events: i64,
    json: String,
    stage: Stage,
}

impl Run {
    /// What storage holds of it: visitor, number of events and JSON, with a space between.
    pub fn stored(&self) -> String {
        let mut stored = String::with_capacity(self.visitor.len() + self.json.len() + 8);
        stored.push_str(&self.visitor);
        stored.push(' ');
        json::number(&mut stored, self.events);
        stored.push(' ');
        stored.push_str(&self.json);
        stored
    }

    fn to_send(&self) -> bool {
        matches!(self.stage, Stage::Open | Stage::Waiting | Stage::Alone)
    }
}

/// Some runs of one visitor that travel together.
#[derive(Debug)]
pub struct Batch {
    /// Whose events these are.
    pub visitor: String,
    /// The runs' JSON, separated by commas.
    pub runs: String,
    members: Vec<usize>,
}

/// The runs of this page load and those that earlier ones left behind.
#[derive(Debug)]
pub struct Queue {
    load: String,
    next: i64,
    start: i64,
    last: i64,
    runs: Vec<Run>,
    /// The profile that the runs to come name.
    #[cfg(feature = "targeting")]
    profile: String,
}

impl Queue {
    /// An empty queue of a page load.
    pub fn new(load: String) -> Self {
        Self {
            load,
            next: 0,
            start: 0,
            last: 0,
            runs: Vec::new(),
            #[cfg(feature = "targeting")]
            profile: String::new(),
        }
    }

    /// From here on events are of this profile, or of none: experiments of profiles go by it.
    #[cfg(feature = "targeting")]
    pub fn speak_of(&mut self, profile: String) {
        if profile != self.profile {
            self.profile = profile;
            self.turn(Stage::Open, Stage::Waiting);
        }
    }

    /// Takes an event: its time, and its name and body as `"name",{…}`.
    pub fn push(&mut self, visitor: &str, at: i64, event: &str) {
        if event.len() > EVENT_BYTES {
            return;
        }
        let (start, last) = (self.start, self.last);
        let fits = self.runs.last().is_some_and(|run| {
            run.stage == Stage::Open
                && run.visitor == visitor
                && run.json.len() + event.len() < RUN_BYTES - 32
                && run.events < BATCH_EVENTS
                // A clock that was set back opens another run, so that offsets are never negative.
                && at >= last
                && at - start < RUN_MS
        });
        if !fits {
            self.open(visitor, at);
        }
        self.last = at;
        let offset = at - self.start;
        if let Some(run) = self.runs.last_mut() {
            let json = &mut run.json;
            json.truncate(json.len() - END.len());
            json.push_str(if run.events == 0 { "[" } else { ",[" });
            json::number(json, offset);
            json.push(',');
            json.push_str(event);
            json.push(']');
            json.push_str(END);
            run.events += 1;
            run.unsaved = true;
            self.next += 1;
        }
    }

    fn open(&mut self, visitor: &str, at: i64) {
        if let Some(run) = self.runs.last_mut().filter(|run| run.stage == Stage::Open) {
            run.stage = Stage::Waiting;
        }
        self.start = at;
        let mut name = String::from(RUN);
        json::number(&mut name, at);
        name.push('.');
        name.push_str(&self.load);
        name.push('.');
        json::number(&mut name, self.next);
        // Names are removed by what they begin with: 1 must not take 10 along.
        name.push('.');
        let mut json = String::from("{\"load\":\"");
        json.push_str(&self.load);
        json.push_str("\",\"first\":");
        json::number(&mut json, self.next);
        json.push_str(",\"at\":");
        json::number(&mut json, at);
        #[cfg(feature = "targeting")]
        if !self.profile.is_empty() {
            json.push_str(",\"profile\":");
            json::string(&mut json, &self.profile);
        }
        json.push_str(",\"events\":[");
        json.push_str(END);
        self.runs.push(Run { name, unsaved: true, visitor: visitor.into(), events: 0, json, stage: Stage::Open });
    }

    /// Takes a run that an earlier page load (or another tab, which does no harm) left in storage.
    ///
    /// False where it cannot be read (then it is nothing of ours, or damaged) or is too old to count.
    pub fn adopt(&mut self, now: i64, name: &str, stored: &str) -> bool {
        let (visitor, rest) = cut(stored, b' ');
        let (events, json) = cut(rest, b' ');
        let at = text::number(cut(name.get(RUN.len()..).unwrap_or_default(), b'.').0);
        // The last event may be younger than the run by as long as one takes.
        let good = json.ends_with(END) && json.len() <= RUN_BYTES && now - at <= OLDEST_MS + RUN_MS;
        if good {
            let events = text::number(events);
            self.runs.push(Run {
                name: name.into(),
                unsaved: false,
                visitor: visitor.into(),
                events,
                json: json.into(),
                stage: Stage::Waiting,
            });
        }
        good
    }

    /// Those runs that are to be sent next, in their order; they are then at `stage`.
    ///
    /// A run that is sent is closed, and a batch holds no more than the limits allow.
    pub fn batch(&mut self, stage: Stage) -> Option<Batch> {
        let mut batch = Batch { visitor: String::new(), runs: String::new(), members: Vec::new() };
        let mut events = 0;
        let mut alone = false;
        for (index, run) in self.runs.iter_mut().enumerate().filter(|(_, run)| run.to_send()) {
            if batch.members.is_empty() {
                batch.visitor.push_str(&run.visitor);
            } else if run.visitor != batch.visitor
                || batch.runs.len() + run.json.len() >= RUN_BYTES
                || events + run.events > BATCH_EVENTS
                || alone
                || run.stage == Stage::Alone
            {
                // What is behind waits too: order is cheap to keep and easy to reason about.
                break;
            } else {
                batch.runs.push(',');
            }
            batch.runs.push_str(&run.json);
            events += run.events;
            alone = run.stage == Stage::Alone;
            run.stage = stage;
            batch.members.push(index);
        }
        (!batch.members.is_empty()).then_some(batch)
    }

    /// Moves all runs at one stage to another. It is long, and called from many places.
    #[inline(never)]
    pub fn turn(&mut self, from: Stage, to: Stage) {
        for run in &mut self.runs {
            if run.stage == from {
                run.stage = to;
            }
        }
    }

    /// A batch was refused: where it had several runs, they now wait to be sent one by one.
    pub fn divide(&mut self) {
        if self.runs.iter().filter(|run| run.stage == Stage::Sent).count() > 1 {
            self.turn(Stage::Sent, Stage::Alone);
        }
    }

    /// A beacon did not take this batch: its runs wait again.
    pub fn give_back(&mut self, batch: &Batch) {
        for &member in &batch.members {
            if let Some(run) = self.runs.get_mut(member) {
                run.stage = Stage::Waiting;
            }
        }
    }

    /// Takes out a run that was answered for good: acknowledged, or refused in a way that no retry mends.
    pub fn settle(&mut self) -> Option<Run> {
        let index = self.runs.iter().position(|run| run.stage == Stage::Sent)?;
        Some(self.runs.remove(index))
    }

    /// Takes out the oldest run while there are more than may be kept.
    pub fn excess(&mut self) -> Option<Run> {
        let bytes: usize = self.runs.iter().map(|run| run.json.len()).sum();
        if bytes <= KEPT_BYTES && self.runs.len() <= RUNS {
            return None;
        }
        // What earlier page loads left came first, in the order of their names, which begin with the time.
        Some(self.runs.remove(0))
    }

    /// A run that storage does not have in its latest state, which it is now given.
    pub fn unsaved(&mut self) -> Option<&Run> {
        let run = self.runs.iter_mut().find(|run| run.unsaved)?;
        run.unsaved = false;
        Some(run)
    }

    /// Something waits to be sent.
    pub fn waits(&self) -> bool {
        self.runs.iter().any(Run::to_send)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.runs.clear();
    }
}
