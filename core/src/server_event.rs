//! Events that a server tells, one JSON object a line: of every kind, up to 400 days old.
//!
//! `{"id", "at", "visitor"?, "profile"?, "name", "properties"?, "sequence"?}`. One that names neither visitor nor profile
//! counts in the site's totals only. What happens in a page (views, clicks, hovers, appearances, dismissals, submits of a
//! visitor) is a page event in every rule.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::event::{Event, EventId, Kind};
use crate::message::Address;
use crate::time::{CLOCK_TOLERANCE, DAY, Millis};
use crate::wire::{Batch, Fault, MAX_BODY_BYTES, MAX_NUMBER, Reason, Refusal, any_kind, is_id, is_text, within};

/// A server's event older than this is refused; one exactly this old is accepted.
pub const OLDEST: Millis = 400 * DAY;
/// Lines of a call.
pub const MAX_LINES: usize = 5_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEvent<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    at: Millis,
    #[serde(borrow, default)]
    visitor: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    profile: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    properties: Option<&'a RawValue>,
    #[serde(default)]
    sequence: Option<u32>,
}

/// Whose event a line is, if it can be read so far; what cannot is anybody's to refuse.
pub fn address_of(line: &str) -> Address {
    let Ok(raw) = serde_json::from_str::<RawEvent<'_>>(line) else { return Address::Nobody(String::new()) };
    address(&raw)
}

fn address(raw: &RawEvent<'_>) -> Address {
    match (&raw.visitor, &raw.profile) {
        (Some(visitor), _) => Address::Visitor(visitor.clone().into_owned()),
        (None, Some(profile)) => Address::Profile(profile.clone().into_owned()),
        (None, None) => Address::Nobody(raw.id.clone().into_owned()),
    }
}

/// Which lines a batch is made of.
#[derive(Debug, Default)]
pub struct Lines {
    /// Those that cannot be accepted, in the order of the batch's refusals.
    refused: Vec<usize>,
    /// Of each id the events that it may be of, in their order.
    of_events: BTreeMap<String, VecDeque<usize>>,
}

impl Lines {
    /// The line of each refusal, given all that became of the batch: those of its own come first. Events of one id are taken
    /// in their order, and after one that was accepted the others are duplicates, not refused.
    pub fn of(mut self, refusals: &[Refusal]) -> Vec<usize> {
        let events = refusals.iter().skip(self.refused.len());
        let events = events.map(|refusal| self.of_events.get_mut(&refusal.id)?.pop_front());
        let events: Vec<usize> = events.map(Option::unwrap_or_default).collect();
        [self.refused, events].concat()
    }
}

/// Numbered lines (`number<TAB>json`), as batches by whose they are.
pub fn batches(lines: &str, now: Millis) -> Vec<(Address, Batch, Lines)> {
    let mut batches: BTreeMap<Address, (Batch, Lines)> = BTreeMap::new();
    for line in lines.lines() {
        let Some((number, text)) = line.split_once('\t') else { continue };
        let number: usize = number.parse().unwrap_or(0);
        let address = address_of(text);
        let visitor = if let Address::Visitor(id) = &address { id.clone() } else { String::new() };
        let empty = || Batch {
            visitor,
            automated: false,
            consent: false,
            shift: 0,
            is_shift_new: false,
            events: Vec::new(),
            refused: Vec::new(),
        };
        let (batch, lines) = batches.entry(address).or_insert_with(|| (empty(), Lines::default()));
        match event(text, now) {
            Ok(event) => {
                lines.of_events.entry(event.id.to_string()).or_default().push_back(number);
                batch.events.push(event);
            }
            Err((reason, field, limit)) => {
                let id = serde_json::from_str::<RawEvent<'_>>(text).map_or_else(|_| String::new(), |raw| raw.id.into());
                let id = if id.is_empty() { format!("line {number}") } else { id };
                lines.refused.push(number);
                batch.refused.push(Refusal { id, reason, field, limit });
            }
        }
    }
    batches.into_iter().map(|(address, (batch, lines))| (address, batch, lines)).collect()
}

fn event(text: &str, now: Millis) -> Result<Event, Fault> {
    const SHAPE: &str = "{id, at, visitor, profile, name, properties, sequence}";
    let raw: RawEvent<'_> = serde_json::from_str(text).map_err(|_| (Reason::Malformed, "event", SHAPE))?;
    within((1..=64).contains(&raw.id.len()) && raw.id.is_ascii(), "id", "1 to 64 ASCII characters")?;
    if let Some(visitor) = &raw.visitor {
        within(is_id(visitor, 64), "visitor", "1 to 64 characters of A-Z a-z 0-9 _ -")?;
    }
    if let Some(profile) = &raw.profile {
        within(is_text(profile), "profile", "1 to 128 characters")?;
    }
    within(raw.sequence.is_none_or(|sequence| sequence <= MAX_NUMBER), "sequence", "at most 1000000")?;
    if raw.at < now - OLDEST {
        return Err((Reason::TooOld, "at", "at most 400 days old"));
    }
    if raw.at > now + CLOCK_TOLERANCE {
        return Err((Reason::InFuture, "at", "at most 60 seconds ahead"));
    }
    let body = raw.properties.map_or("{}", RawValue::get);
    within(body.len() <= MAX_BODY_BYTES, "properties", "at most 8192 bytes")?;
    let kind = any_kind(&raw.name, body)?;
    if matches!(kind, Kind::Identify { .. }) && raw.visitor.is_none() {
        return Err((Reason::BadField, "visitor", "the visitor who is identified"));
    }
    let is_page = raw.visitor.is_some() && is_of_page(&kind);
    let id = EventId::read(&raw.id, raw.sequence);
    Ok(Event { id, at: raw.at, is_page, profile: raw.profile.map(Cow::into_owned), kind })
}

fn is_of_page(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::PageView { .. }
            | Kind::Click { .. }
            | Kind::Hover { .. }
            | Kind::Appearance { .. }
            | Kind::Dismissal { .. }
            | Kind::FormSubmit { .. }
    )
}
