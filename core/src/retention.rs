//! How long a row outlives its last event.
//!
//! A visitor without orders goes after 400 idle days. One that belongs to a profile is part of a person and goes with it,
//! when all of the person was idle that long and has no orders; an order of somebody else's that names the profile is one
//! too, for its refund changes the profile's experiments. An event of nobody's goes once one of its age could not be
//! accepted any more. What was counted stays counted: nothing here makes facts.

use std::ops::Range;

use crate::actor::Damaged;
use crate::judge::Rules;
use crate::message::{Address, Envelope, Message};
use crate::person::Person;
use crate::server_event::OLDEST;
use crate::time::Millis;

/// A row that is to go, and what is to be told when it does; nothing where it stays.
pub fn depart(address: &Address, stored: &[u8], rules: &Rules, now: Millis) -> Result<Option<Vec<Envelope>>, Damaged> {
    if matches!(address, Address::Order(_)) {
        return Ok(None);
    }
    let mut person = Person::decode(stored).ok_or(Damaged)?;
    if !is_idle(&person, now) {
        return Ok(None);
    }
    Ok(match address {
        Address::Visitor(id) if !person.has_ordered() && !person.is_followed(id) => Some(Vec::new()),
        Address::Profile(_) if !person.has_ordered() => {
            let visitors = person.visitors().into_iter().map(Address::Visitor);
            Some(visitors.map(|to| Envelope { to, message: Message::Depart { at: now } }).collect())
        }
        // Its order counts refunds on its own from now on.
        Address::Nobody(_) => Some(person.erase(address, rules)),
        _ => None,
    })
}

/// Whether a visitor goes whose person went, which was idle at a time: unless it has come back since.
pub fn departs_too(person: &Person, at: Millis) -> bool {
    !person.has_ordered() && is_idle(person, at)
}

fn is_idle(person: &Person, now: Millis) -> bool {
    person.latest().is_none_or(|latest| latest < now - OLDEST)
}

/// Where the rows that may ever go begin, after a key, and where they end for now: orders stay for ever and are passed over.
pub fn rows_after(key: &str) -> Range<&str> {
    if key < ORDERS.start { key..ORDERS.start } else { key.max(ORDERS.end)..END }
}

/// Whether nothing follows these rows.
pub fn are_last(rows: &Range<&str>) -> bool {
    rows.end == END
}

/// Keys of orders: `0` follows `/`.
const ORDERS: Range<&str> = "o/".."o0";
/// After all keys: visitors are last.
const END: &str = "v0";
