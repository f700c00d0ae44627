//! What was sent, and what became of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::report::{Event, Fate};
use crate::seen::{Seen, Sent};

/// Events shown at most.
const EVENTS: usize = 100;

#[derive(Deserialize)]
struct Batch {
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    load: String,
    first: i64,
    at: i64,
    events: Vec<(i64, String, Value)>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    accepted: u64,
    duplicate: u64,
    refused: Vec<Refusal>,
    error: Option<Problem>,
}

#[derive(Deserialize)]
struct Refusal {
    id: String,
    reason: String,
    field: Option<String>,
    limit: Option<String>,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    field: Option<String>,
    limit: Option<String>,
}

/// The latest events first, each with what is known last: an event that is sent again was not lost.
pub fn events(seen: &Seen) -> Vec<Event> {
    let mut known: BTreeMap<String, Event> = BTreeMap::new();
    let mut note = |event: Event| {
        let one = known.entry(event.id.clone()).or_insert_with(|| event.clone());
        if event.fate > one.fate {
            one.fate = event.fate;
        }
    };
    for run in seen.waiting.iter().filter_map(|run| serde_json::from_str::<Run>(run).ok()) {
        each(run, &|_| Fate::Waiting).for_each(&mut note);
    }
    for sent in &seen.sent {
        let Ok(batch) = serde_json::from_str::<Batch>(&sent.body) else { continue };
        let fate = fates(sent);
        for run in batch.runs {
            each(run, &fate).for_each(&mut note);
        }
    }
    let mut events: Vec<Event> = known.into_values().collect();
    events.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
    events.truncate(EVENTS);
    events
}

fn each(run: Run, fate: &dyn Fn(&str) -> Fate) -> impl Iterator<Item = Event> + '_ {
    let Run { load, first, at, events } = run;
    (first..).zip(events).map(move |(number, (offset, name, properties))| {
        let id = format!("{load}-{number}");
        let fate = fate(&id);
        Event { id, at: at + offset, name, properties, fate }
    })
}

/// What a batch's answer says of each of its events.
fn fates(sent: &Sent) -> impl Fn(&str) -> Fate {
    let status = sent.status;
    let answer: Answer = sent.answer.clone().and_then(|answer| serde_json::from_value(answer).ok()).unwrap_or_default();
    move |id| {
        let Some(status) = status else { return Fate::Beacon };
        if let Some(Refusal { reason, field, limit, .. }) = answer.refused.iter().find(|refusal| refusal.id == id) {
            return Fate::Refused { reason: reason.clone(), field: field.clone(), limit: limit.clone() };
        }
        match (status, &answer.error) {
            (200..=299, _) if answer.duplicate == 0 => Fate::Accepted,
            (200..=299, _) if answer.accepted == 0 => Fate::Duplicate,
            (200..=299, _) => Fate::AcceptedOrDuplicate { duplicates: answer.duplicate },
            (400 | 404 | 413, Some(Problem { code, field, limit })) => {
                Fate::Refused { reason: code.clone(), field: field.clone(), limit: limit.clone() }
            }
            _ => Fate::Unanswered { status },
        }
    }
}
