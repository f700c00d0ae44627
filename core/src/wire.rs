//! The batch a page sends: parsing, limits, refusals. Raw types stop here.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::event::{Event, EventId, GoalRef, Kind, Sale};
use crate::time::{CLOCK_TOLERANCE, Millis, OLDEST_PAGE_EVENT, shift};

/// Bytes of a batch.
pub const MAX_BATCH_BYTES: usize = 64 * 1024;
/// Events of a batch.
pub const MAX_EVENTS: usize = 500;
/// Bytes of an event's body.
pub const MAX_BODY_BYTES: usize = 8 * 1024;
/// Characters of an event's name, a profile or an `order_id`.
pub const MAX_NAME: usize = 128;
/// Bytes of an address.
pub const MAX_URL: usize = 2048;
/// Goals that one click or submit may meet.
pub const MAX_GOALS: usize = 100;
/// The largest sequence number within a page load.
pub const MAX_NUMBER: u32 = 1_000_000;

/// Why a batch could not be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Not JSON, or not of the batch's shape.
    #[error("the batch cannot be read: {0}")]
    Malformed(String),
    /// A field of the envelope is missing or beyond its limit.
    #[error("`{field}` must be {limit}")]
    Field {
        /// Which.
        field: &'static str,
        /// What it must be.
        limit: &'static str,
    },
}

/// Why an event was refused, or what was odd about one that was accepted. Stored: only ever append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Accepted (counted as a diagnostic only).
    Accepted,
    /// Seen before.
    Duplicate,
    /// Not of an event's shape.
    Malformed,
    /// A field beyond its limit.
    BadField,
    /// A name that begins with `$` and is none of ours.
    ReservedName,
    /// Older than can be counted.
    TooOld,
    /// Ahead of the collector's clock.
    InFuture,
    /// A browser driven by a program.
    Bot,
    /// The visitor has more history than is kept.
    OverLimit,
    /// Accepted: an exposure that the assignment does not give. It does not count as one.
    BadAssignment,
    /// Accepted: an exposure outside the experiment's run. It does not count as one.
    NotRunning,
    /// Accepted: revenue that is no amount. It counts as a custom event only.
    BadRevenue,
}

/// An event that does not count, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The event's id.
    pub id: String,
    /// Why.
    pub reason: Reason,
    /// The field at fault.
    pub field: &'static str,
    /// What it must be.
    pub limit: &'static str,
}

/// A batch, parsed, its times corrected: what can be accepted, and what was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Whose events.
    pub visitor: String,
    /// `navigator.webdriver`.
    pub automated: bool,
    /// The shift applied to the page's times, ms.
    pub shift: Millis,
    /// In the order they stood in the batch, times corrected.
    pub events: Vec<Event>,
    /// What cannot be accepted.
    pub refused: Vec<Refusal>,
}

#[derive(Deserialize)]
struct RawBatch<'a> {
    #[serde(borrow)]
    visitor: Cow<'a, str>,
    sent_at: Millis,
    #[serde(default)]
    shift: Millis,
    #[serde(default)]
    automated: bool,
    #[serde(borrow)]
    runs: Vec<RawRun<'a>>,
}

#[derive(Deserialize)]
struct RawRun<'a> {
    #[serde(borrow)]
    load: Cow<'a, str>,
    first: u32,
    at: Millis,
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
}

/// The visitor a batch is of: all that the edge needs to know to route it.
pub fn visitor_of(batch: &[u8]) -> Result<String, BatchError> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        visitor: Cow<'a, str>,
    }
    let envelope: Envelope<'_> = serde_json::from_slice(batch).map_err(|e| BatchError::Malformed(e.to_string()))?;
    visitor_id(&envelope.visitor)
}

fn visitor_id(text: &str) -> Result<String, BatchError> {
    if is_id(text, 64) {
        return Ok(text.to_owned());
    }
    Err(BatchError::Field { field: "visitor", limit: "1 to 64 characters of A-Z a-z 0-9 _ -" })
}

/// Parses a batch that arrived at `received_at`, corrects its times, and refuses what cannot count.
pub fn parse(batch: &[u8], received_at: Millis) -> Result<Batch, BatchError> {
    let raw: RawBatch<'_> = serde_json::from_slice(batch).map_err(|e| BatchError::Malformed(e.to_string()))?;
    let visitor = visitor_id(&raw.visitor)?;
    if raw.runs.iter().map(|run| run.events.len()).sum::<usize>() > MAX_EVENTS {
        return Err(BatchError::Field { field: "runs", limit: "at most 500 events" });
    }
    if raw.runs.iter().any(|run| !is_id(&run.load, 32)) {
        return Err(BatchError::Field { field: "load", limit: "1 to 32 characters of A-Z a-z 0-9 _ -" });
    }
    let shift = shift(raw.sent_at, received_at, raw.shift);
    let mut parsed = Batch { visitor, automated: raw.automated, shift, events: Vec::new(), refused: Vec::new() };
    for run in &raw.runs {
        let numbers = (0..).map(|place| run.first.saturating_add(place));
        for (text, number) in run.events.iter().zip(numbers) {
            let id = EventId { load: run.load.clone().into_owned(), number };
            match event(text.get(), &id, run.at.saturating_add(shift), received_at) {
                Ok((at, kind)) => parsed.events.push(Event { id, at, kind }),
                Err((reason, field, limit)) => {
                    parsed.refused.push(Refusal { id: id.to_string(), reason, field, limit });
                }
            }
        }
    }
    Ok(parsed)
}

type Fault = (Reason, &'static str, &'static str);

fn event(text: &str, id: &EventId, base: Millis, received_at: Millis) -> Result<(Millis, Kind), Fault> {
    let (after, name, body): (Millis, Cow<'_, str>, &RawValue) =
        serde_json::from_str(text).map_err(|_| (Reason::Malformed, "event", "[milliseconds, name, body]"))?;
    if id.number > MAX_NUMBER {
        return Err((Reason::BadField, "first", "a sequence number of at most 1000000"));
    }
    if body.get().len() > MAX_BODY_BYTES {
        return Err((Reason::BadField, "body", "at most 8192 bytes"));
    }
    let at = base.saturating_add(after);
    if at < received_at - OLDEST_PAGE_EVENT {
        return Err((Reason::TooOld, "at", "at most 7 days old"));
    }
    if at > received_at + CLOCK_TOLERANCE {
        return Err((Reason::InFuture, "at", "at most 60 seconds ahead"));
    }
    Ok((at, kind(&name, body.get())?))
}

fn kind(name: &str, body: &str) -> Result<Kind, Fault> {
    #[derive(Deserialize)]
    struct Address<'a> {
        #[serde(borrow)]
        url: Cow<'a, str>,
    }
    #[derive(Deserialize)]
    struct Given<'a> {
        #[serde(borrow)]
        experiment: Cow<'a, str>,
        #[serde(borrow)]
        variant: Cow<'a, str>,
        version: u32,
    }
    #[derive(Deserialize)]
    struct Met {
        goals: Vec<GoalRef>,
    }
    #[derive(Deserialize)]
    struct Person<'a> {
        #[serde(borrow)]
        profile: Cow<'a, str>,
    }
    match name {
        "$page_view" => {
            let Address { url } = read(body, "{url}")?;
            within(url.len() <= MAX_URL, "url", "at most 2048 bytes")?;
            Ok(Kind::PageView { url: url.into_owned() })
        }
        "$exposure" => {
            let Given { experiment, variant, version } = read(body, "{experiment, variant, version}")?;
            Ok(Kind::Exposure { experiment: experiment.into_owned(), variant: variant.into_owned(), version })
        }
        "$click" | "$form_submit" => {
            let Met { goals } = read(body, "{goals: [[experiment, goal]]}")?;
            within(goals.len() <= MAX_GOALS, "goals", "at most 100")?;
            Ok(if name == "$click" { Kind::Click { goals } } else { Kind::FormSubmit { goals } })
        }
        "$identify" => {
            let Person { profile } = read(body, "{profile}")?;
            within(is_text(&profile), "profile", "1 to 128 characters")?;
            Ok(Kind::Identify { profile: profile.into_owned() })
        }
        _ if name.starts_with('$') => Err((Reason::ReservedName, "name", "a name that does not begin with $")),
        _ => {
            within(is_text(name), "name", "1 to 128 characters")?;
            Ok(Kind::Custom { name: name.to_owned(), sale: sale(body)? })
        }
    }
}

fn sale(body: &str) -> Result<Sale, Fault> {
    #[derive(Deserialize)]
    struct RawSale<'a> {
        /// `null` is what `JSON.stringify` makes of `NaN`: given, and bad.
        #[serde(borrow, default, deserialize_with = "given")]
        revenue: Option<&'a RawValue>,
        #[serde(borrow)]
        currency: Option<&'a RawValue>,
        #[serde(borrow)]
        order_id: Option<&'a RawValue>,
    }
    let raw: RawSale<'_> = read(body, "an object of properties")?;
    let text = |value: Option<&RawValue>| value.map(|value| value.get().to_owned());
    let order_id = raw.order_id.and_then(|value| order_id(value.get()));
    Ok(Sale { revenue: text(raw.revenue), currency: text(raw.currency), order_id })
}

fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Text of 1 to 128 characters; a whole number is its decimal text; anything else is none.
fn order_id(json: &str) -> Option<String> {
    let is_whole = json.strip_prefix('-').unwrap_or(json).bytes().all(|byte| byte.is_ascii_digit());
    let id = if is_whole { json.to_owned() } else { serde_json::from_str::<String>(json).ok()? };
    is_text(&id).then_some(id)
}

fn read<'a, T: Deserialize<'a>>(body: &'a str, shape: &'static str) -> Result<T, Fault> {
    // serde would take a list for an object's fields in their order.
    let object = body.starts_with('{').then(|| serde_json::from_str(body).ok());
    object.flatten().ok_or((Reason::Malformed, "body", shape))
}

fn within(holds: bool, field: &'static str, limit: &'static str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err((Reason::BadField, field, limit)) }
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MAX_NAME
}

fn is_id(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// `load-number`.
impl std::fmt::Display for EventId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}-{}", self.load, self.number)
    }
}
