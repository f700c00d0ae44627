//! The batch a page sends: parsing, limits, refusals. Raw types stop here.

use std::borrow::Cow;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::config::{PROFILE_CREATED, RETURN_VISIT, SESSION_START};
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// The visitor has more history than is kept, is one too many, or names more than a visitor may.
    OverLimit,
    /// Accepted: an exposure that the assignment does not give. It does not count as one.
    BadAssignment,
    /// Accepted: an exposure outside the experiment's run. It does not count as one.
    NotRunning,
    /// Accepted: revenue that is no amount. It counts as a custom event only.
    BadRevenue,
    /// Accepted: something that the configuration does not know. It only belongs to its session.
    Unknown,
    /// Accepted: an identify of a visitor that belongs to another profile.
    ProfileConflict,
    /// Accepted: it came from before the person's checkpoint, and changes no credit already given.
    LateCredit,
    /// The browser signals refusal, and its visitor has not said yes to this site.
    NoConsent,
    /// A unit was exposed to a second variant of an experiment, and is left out of its results from then on.
    Crossover,
    /// Accepted: the page's policy (Trusted Types) forbids the HTML of an experiment. Nobody there is exposed to it.
    HtmlForbidden,
    /// Accepted: a change of a variant failed in the page, which took all of it back. It exposes nobody.
    ChangeFailed,
    /// Accepted: the target of a redirect sent the visitor back, who stays. It exposes nobody.
    RedirectLoop,
}

/// An event that does not count, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// The visitor said yes to this site.
    pub consent: bool,
    /// The shift applied to the page's times, ms.
    pub shift: Millis,
    /// The page came with another shift than that, and is to be told.
    pub is_shift_new: bool,
    /// In the order they stood in the batch, times corrected.
    pub events: Vec<Event>,
    /// What cannot be accepted.
    pub refused: Vec<Refusal>,
}

/// A batch whose events are read as `E`.
#[derive(Deserialize)]
struct RawBatch<'a, E> {
    #[serde(borrow)]
    visitor: Cow<'a, str>,
    sent_at: Millis,
    #[serde(default)]
    shift: Millis,
    #[serde(default)]
    automated: bool,
    #[serde(default)]
    consent: bool,
    #[serde(borrow)]
    runs: Vec<RawRun<'a, E>>,
}

#[derive(Deserialize)]
struct RawRun<'a, E> {
    #[serde(borrow)]
    load: Cow<'a, str>,
    first: u32,
    at: Millis,
    /// The profile that these events name.
    #[serde(borrow, default)]
    profile: Option<Cow<'a, str>>,
    events: Vec<E>,
}

/// Milliseconds after the run's beginning, name and body.
#[derive(Deserialize)]
struct RawEvent<'a>(Millis, #[serde(borrow)] Cow<'a, str>, #[serde(borrow)] &'a RawValue);

/// An event, or none where the JSON is not of an event's shape.
struct Lenient<'a>(Option<RawEvent<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Lenient<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(serde_json::from_str(text.get()).ok()))
    }
}

/// Reads a batch at once; only if an event is not of its shape, each event by itself.
fn read_batch(batch: &[u8]) -> Result<RawBatch<'_, Option<RawEvent<'_>>>, BatchError> {
    let text = std::str::from_utf8(batch).map_err(|error| BatchError::Malformed(error.to_string()))?;
    if let Ok(raw) = serde_json::from_str(text) {
        return Ok(raw);
    }
    let raw: RawBatch<'_, Lenient<'_>> =
        serde_json::from_str(text).map_err(|error| BatchError::Malformed(error.to_string()))?;
    let RawBatch { visitor, sent_at, shift, automated, consent, runs } = raw;
    let runs = runs.into_iter().map(|RawRun { load, first, at, profile, events }| {
        let events = events.into_iter().map(|Lenient(event)| event).collect();
        RawRun { load, first, at, profile, events }
    });
    Ok(RawBatch { visitor, sent_at, shift, automated, consent, runs: runs.collect() })
}

/// Bytes in which the visitor of the SDK's batches is.
const FRONT: usize = 256;

/// The visitor a batch is of: all that the edge needs to know to route it. Nothing is read beyond it; the shard reads all.
pub fn visitor_of(batch: &[u8]) -> Result<String, BatchError> {
    if let Some(visitor) = first_visitor(batch) {
        return visitor_id(&visitor);
    }
    let text = std::str::from_utf8(batch).map_err(|error| BatchError::Malformed(error.to_string()))?;
    let error = serde_json::from_str::<IgnoredAny>(text).err();
    let told = error.map_or_else(|| "missing field `visitor`, a text".to_owned(), |error| error.to_string());
    Err(BatchError::Malformed(told))
}

/// The value of the first field `visitor`, if it can be read. It is looked for at the front, where the SDK writes it, and
/// only then in all.
fn first_visitor(batch: &[u8]) -> Option<String> {
    let front = batch.get(..FRONT).unwrap_or(batch);
    [front, batch].into_iter().find_map(|part| visitor_in(part.utf8_chunks().next()?.valid()))
}

/// The same of a text, which may be the beginning of one.
fn visitor_in(text: &str) -> Option<String> {
    struct Search(Option<String>);

    impl<'de> Visitor<'de> for &mut Search {
        type Value = ();

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a batch")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(name) = map.next_key::<Key>()? {
                if let Key::Visitor = name {
                    self.0 = Some(map.next_value()?);
                    break;
                }
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }

    #[derive(Deserialize)]
    #[serde(field_identifier, rename_all = "snake_case")]
    enum Key {
        Visitor,
        #[serde(other)]
        Other,
    }

    let mut search = Search(None);
    // That it ends before the text does is an error, and what was wanted.
    let _ = serde_json::Deserializer::from_str(text).deserialize_map(&mut search);
    search.0
}

fn visitor_id(text: &str) -> Result<String, BatchError> {
    if is_id(text, 64) {
        return Ok(text.to_owned());
    }
    Err(BatchError::Field { field: "visitor", limit: "1 to 64 characters of A-Z a-z 0-9 _ -" })
}

/// Parses a batch that arrived at `received_at`, corrects its times, and refuses what cannot count.
pub fn parse(batch: &[u8], received_at: Millis) -> Result<Batch, BatchError> {
    let raw = read_batch(batch)?;
    let visitor = visitor_id(&raw.visitor)?;
    if raw.runs.iter().map(|run| run.events.len()).sum::<usize>() > MAX_EVENTS {
        return Err(BatchError::Field { field: "runs", limit: "at most 500 events" });
    }
    if raw.runs.iter().any(|run| !is_id(&run.load, 32)) {
        return Err(BatchError::Field { field: "load", limit: "1 to 32 characters of A-Z a-z 0-9 _ -" });
    }
    if raw.runs.iter().any(|run| run.profile.as_deref().is_some_and(|profile| !is_text(profile))) {
        return Err(BatchError::Field { field: "profile", limit: "1 to 128 characters" });
    }
    let shift = shift(raw.sent_at, received_at, raw.shift);
    let is_shift_new = shift != raw.shift;
    let RawBatch { automated, consent, runs, .. } = raw;
    let mut parsed =
        Batch { visitor, automated, consent, shift, is_shift_new, events: Vec::new(), refused: Vec::new() };
    for run in runs {
        let numbers = (0..).map(|place| run.first.saturating_add(place));
        for (raw, number) in run.events.into_iter().zip(numbers) {
            let id = EventId::numbered(&*run.load, number);
            match event(raw, &id, run.at.saturating_add(shift), received_at) {
                Ok((at, kind)) => {
                    let profile = run.profile.as_deref().map(str::to_owned);
                    parsed.events.push(Event { id, at, is_page: true, profile, kind });
                }
                Err((reason, field, limit)) => {
                    parsed.refused.push(Refusal { id: id.to_string(), reason, field, limit });
                }
            }
        }
    }
    Ok(parsed)
}

pub(crate) type Fault = (Reason, &'static str, &'static str);

fn event(raw: Option<RawEvent<'_>>, id: &EventId, base: Millis, received_at: Millis) -> Result<(Millis, Kind), Fault> {
    let RawEvent(after, name, body) = raw.ok_or((Reason::Malformed, "event", "[milliseconds, name, body]"))?;
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

/// What of the events that a body describes; only a server may tell of an execution.
fn kind(name: &str, body: &str) -> Result<Kind, Fault> {
    if name == "$execution" {
        return Err((Reason::ReservedName, "name", "an event that pages send; executions come from servers"));
    }
    any_kind(name, body)
}

/// The fields that bodies of our own events have.
#[derive(Default, Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    url: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    experiment: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    experience: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    variant: Option<Cow<'a, str>>,
    #[serde(default)]
    version: Option<u32>,
    #[serde(default)]
    forced: bool,
    #[serde(default)]
    goals: Option<Vec<GoalRef>>,
    #[serde(borrow, default)]
    communication: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pointer: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    sequence: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    campaign: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    profile: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    reason: Option<Cow<'a, str>>,
}

/// What an event of this name and body says.
pub(crate) fn any_kind(name: &str, body: &str) -> Result<Kind, Fault> {
    if !name.starts_with('$') {
        within(is_text(name), "name", "1 to 128 characters")?;
        let reserved = [SESSION_START, RETURN_VISIT, PROFILE_CREATED];
        if reserved.contains(&name) {
            return Err((Reason::ReservedName, "name", "none of session_start, return_visit, profile_created"));
        }
        return Ok(Kind::Custom { name: name.to_owned(), properties: body.to_owned(), sale: sale(body)? });
    }
    let shape = |shape| move || (Reason::Malformed, "body", shape);
    let fields = |shape| read::<Fields<'_>>(body, shape);
    let text = |field: Option<Cow<'_, str>>, name, missing| {
        let text = field.ok_or_else(shape(missing))?;
        within(is_text(&text), name, "1 to 128 characters")?;
        Ok(text.into_owned())
    };
    let met = |goals: Option<Vec<GoalRef>>| {
        let goals = goals.unwrap_or_default();
        within(goals.len() <= MAX_GOALS, "goals", "at most 100")?;
        Ok(goals)
    };
    match name {
        "$page_view" => {
            let url = fields("{url}")?.url.ok_or_else(shape("{url}"))?;
            within(url.len() <= MAX_URL, "url", "at most 2048 bytes")?;
            Ok(Kind::PageView { url: url.into_owned() })
        }
        "$exposure" => {
            const SHAPE: &str = "{experiment, variant, version}";
            let Fields { experiment, variant, version, forced, .. } = fields(SHAPE)?;
            let experiment = text(experiment, "experiment", SHAPE)?;
            Ok(Kind::Exposure { experiment, variant: text(variant, "variant", SHAPE)?, version, forced })
        }
        "$not_given" => {
            const SHAPE: &str = "{experiment, reason}";
            let Fields { experiment, reason, .. } = fields(SHAPE)?;
            let experiment = text(experiment, "experiment", SHAPE)?;
            let why = not_given(&reason.ok_or_else(shape(SHAPE))?)?;
            Ok(Kind::NotGiven { experiment, why })
        }
        "$click" => {
            const SHAPE: &str = "{goals: [[experiment, goal]]} or {communication}";
            let Fields { goals, communication, .. } = fields(SHAPE)?;
            if goals.is_none() && communication.is_none() {
                return Err(shape(SHAPE)());
            }
            let communication = communication.map(|key| text(Some(key), "communication", SHAPE)).transpose()?;
            Ok(Kind::Click { goals: met(goals)?, communication })
        }
        "$form_submit" => {
            const SHAPE: &str = "{goals: [[experiment, goal]]}";
            let goals = fields(SHAPE)?.goals.ok_or_else(shape(SHAPE))?;
            Ok(Kind::FormSubmit { goals: met(Some(goals))? })
        }
        "$appearance" | "$hover" | "$dismissal" => {
            const SHAPE: &str = "{communication}";
            let Fields { communication, pointer, .. } = fields(SHAPE)?;
            let communication = text(communication, "communication", SHAPE)?;
            Ok(match name {
                "$appearance" => Kind::Appearance { communication },
                "$hover" => Kind::Hover { communication, is_touch: pointer.as_deref() == Some("touch") },
                _ => Kind::Dismissal { communication },
            })
        }
        "$sequence_start" => {
            Ok(Kind::SequenceStart { sequence: text(fields("{sequence}")?.sequence, "sequence", "{sequence}")? })
        }
        "$campaign_start" => {
            Ok(Kind::CampaignStart { campaign: text(fields("{campaign}")?.campaign, "campaign", "{campaign}")? })
        }
        "$execution" => {
            const SHAPE: &str = "{experience, variant}";
            let Fields { experience, variant, .. } = fields(SHAPE)?;
            let experience = text(experience, "experience", SHAPE)?;
            Ok(Kind::Execution { experience, variant: text(variant, "variant", SHAPE)? })
        }
        "$identify" => Ok(Kind::Identify { profile: text(fields("{profile}")?.profile, "profile", "{profile}")? }),
        _ => Err((Reason::ReservedName, "name", "a name that does not begin with $")),
    }
}

/// Why a page gave nothing of an experiment.
fn not_given(reason: &str) -> Result<Reason, Fault> {
    match reason {
        "html_forbidden" => Ok(Reason::HtmlForbidden),
        "change_failed" => Ok(Reason::ChangeFailed),
        "redirect_loop" => Ok(Reason::RedirectLoop),
        _ => Err((Reason::BadField, "reason", "one of html_forbidden, change_failed, redirect_loop")),
    }
}

fn sale(body: &str) -> Result<Sale, Fault> {
    #[derive(Deserialize)]
    struct RawSale<'a> {
        /// `null` is what `JSON.stringify` makes of `NaN`: given, and bad.
        #[serde(borrow, default, deserialize_with = "given")]
        revenue: Option<&'a RawValue>,
        #[serde(borrow, default, deserialize_with = "given")]
        amount: Option<&'a RawValue>,
        #[serde(borrow)]
        currency: Option<&'a RawValue>,
        #[serde(borrow)]
        order_id: Option<&'a RawValue>,
    }
    let raw: RawSale<'_> = read(body, "an object of properties")?;
    let text = |value: Option<&RawValue>| value.map(|value| value.get().to_owned());
    let order_id = raw.order_id.and_then(|value| order_id(value.get()));
    Ok(Sale { revenue: text(raw.revenue), amount: text(raw.amount), currency: text(raw.currency), order_id })
}

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Text of 1 to 128 characters; a whole number is its decimal text; anything else is none.
fn order_id(json: &str) -> Option<String> {
    let id = whole_number(json).or_else(|| serde_json::from_str::<String>(json).ok())?;
    is_text(&id).then_some(id)
}

/// The decimal text of a whole JSON number, however it is written: `1e3` and `1000.0` are `1000`, `-0` is `0`. None of one
/// that is longer than any name.
fn whole_number(json: &str) -> Option<String> {
    let (sign, number) = json.strip_prefix('-').map_or(("", json), |number| ("-", number));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some("0".to_owned());
    }
    // Digits before its point.
    let length = exponent.parse::<i64>().ok()?.checked_add_unsigned(u64::try_from(digits.len()).ok()?)?;
    let length = length.checked_sub_unsigned(u64::try_from(fraction.len()).ok()?)?;
    let length = usize::try_from(length).ok().filter(|length| *length <= MAX_NAME)?;
    let (kept, rest) = digits.split_at_checked(length).unwrap_or((digits, ""));
    rest.bytes().all(|digit| digit == b'0').then(|| format!("{sign}{kept:0<length$}"))
}

pub(crate) fn read<'a, T: Deserialize<'a>>(body: &'a str, shape: &'static str) -> Result<T, Fault> {
    // serde would take a list for an object's fields in their order.
    let object = body.starts_with('{').then(|| serde_json::from_str(body).ok());
    object.flatten().ok_or((Reason::Malformed, "body", shape))
}

pub(crate) fn within(holds: bool, field: &'static str, limit: &'static str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err((Reason::BadField, field, limit)) }
}

pub(crate) fn is_text(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MAX_NAME
}

pub(crate) fn is_id(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
