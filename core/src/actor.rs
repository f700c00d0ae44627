//! One actor's row and a message in; the next row, figures and more messages out.

use crate::judge::Rules;
use crate::message::{Address, Envelope, Message};
use crate::order::{Effects, Order};
use crate::person::{MAX_BYTES, Person, remark_over_limit};
use crate::retention;

/// Bytes that no row may have.
pub const LARGEST: usize = 900_000;

/// A stored row cannot be read: it is damaged, or of a later format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored row cannot be read")]
pub struct Damaged;

/// What an actor makes of a message: its next row (none where there is to be none), and what that leaves.
pub fn receive(
    to: &Address,
    stored: Option<&[u8]>,
    message: Message,
    rules: &Rules,
) -> Result<(Option<Vec<u8>>, Effects), Damaged> {
    if stored.is_none() && message.needs_row() {
        return Ok((None, Effects::default()));
    }
    if let (None, Message::Ask { visitor }) = (stored, &message) {
        // A profile that is gone has nothing to take back.
        let answer = Envelope { to: Address::Visitor(visitor.clone()), message: Message::Answer { may_go: false } };
        return Ok((None, Effects { messages: vec![answer], ..Effects::default() }));
    }
    if let Address::Order(_) = to {
        let mut order = match stored {
            Some(bytes) => Order::decode(bytes).ok_or(Damaged)?,
            None => Order::default(),
        };
        let effects = match message {
            Message::Report(report) => order.report(report, rules),
            Message::Refund { amount, at } => order.refund(amount, at, rules),
            Message::Closed(folded) => order.close(folded, rules),
            Message::LeftOut { experiment } => order.leave_out(experiment),
            _ => Effects::default(),
        };
        return Ok((Some(order.encode()), effects));
    }
    let mut person = match stored {
        Some(bytes) => Person::decode(bytes).ok_or(Damaged)?,
        None => Person::new(to),
    };
    if matches!(message, Message::Erase) && person.erase_later() {
        return Ok((Some(person.encode()), Effects::default()));
    }
    if matches!(message, Message::Erase) {
        return Ok((None, Effects { messages: person.erase(to, rules), ..Effects::default() }));
    }
    if let Message::Depart { at } = message {
        let stays = (!retention::departs_too(&person, at)).then(|| person.encode());
        return Ok((stays, Effects::default()));
    }
    let times = message.times();
    let joiner = if let Message::Join { visitor, .. } = &message { Some(visitor.clone()) } else { None };
    let is_erased = person.is_erased_later();
    let mut effects = person.receive(to, message, rules);
    if is_erased && !person.is_erased_later() {
        effects.messages.extend(person.erase(to, rules));
        return Ok((None, effects));
    }
    let mut row = person.encode();
    // What others tell cannot be refused: instead less is kept in detail.
    while row.len() > MAX_BYTES {
        let messages = person.shrink(rules);
        let smaller = person.encode();
        let is_smaller = smaller.len() < row.len();
        row = smaller;
        if !matches!(to, Address::Visitor(id) if person.is_followed(id)) {
            effects.messages.extend(messages);
        }
        if !is_smaller {
            break;
        }
    }
    if row.len() > LARGEST {
        // More visitors than any person has: nobody waits behind who comes now. It is not taken in, which is counted, and
        // goes on alone.
        let mut effects = Effects::default();
        remark_over_limit(&mut effects.facts, times, rules);
        let Some(joiner) = joiner else { return Ok((stored.map(<[u8]>::to_vec), effects)) };
        let mut full = match stored {
            Some(bytes) => Person::decode(bytes).ok_or(Damaged)?,
            None => Person::new(to),
        };
        full.fill();
        effects.messages.push(Envelope { to: Address::Visitor(joiner), message: Message::Refused });
        return Ok((Some(full.encode()), effects));
    }
    Ok((Some(row), effects))
}
