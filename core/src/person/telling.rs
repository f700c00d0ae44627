//! Whom a batch concerns besides who sent it: orders, and profiles that its events name.

use crate::history::Entry;
use crate::judge::{Deed, OrderId};
use crate::message::{Address, Envelope, Message};
use crate::order::{OrderKey, Report};

/// Events of a message at the most.
pub(super) const MAX_ENTRIES: usize = 200;

/// Orders hear of every report and refund.
pub(super) fn tell_orders(from: &Address, visitor: &str, events: &[Entry], messages: &mut Vec<Envelope>) {
    for event in events {
        let (hash, message) = match &event.judged.deed {
            Deed::Custom { money, order: Some(OrderId::Named(hash)) } => {
                let visitor = visitor.to_owned();
                let key = OrderKey { at: event.at, is_page: event.is_page, id: event.id.clone(), visitor };
                (*hash, Message::Report(Report { key, from: from.clone(), money: *money }))
            }
            Deed::Refund { order, amount } => (*order, Message::Refund { amount: *amount, at: event.at }),
            _ => continue,
        };
        messages.push(Envelope { to: Address::Order(hash), message });
    }
}

/// Events that name a profile which is not the visitor's: its experiments see them.
pub(super) fn tell_named(visitor: &str, own: Option<&str>, events: &[Entry], messages: &mut Vec<Envelope>) {
    let mut named: Vec<&str> = events.iter().filter_map(|event| event.profile.as_deref()).collect();
    named.sort_unstable();
    named.dedup();
    for profile in named.into_iter().filter(|profile| Some(*profile) != own) {
        let events: Vec<Entry> =
            events.iter().filter(|event| event.profile.as_deref() == Some(profile)).cloned().collect();
        for part in events.chunks(MAX_ENTRIES) {
            let message = Message::Events { visitor: visitor.to_owned(), is_member: false, events: part.to_vec() };
            messages.push(Envelope { to: Address::Profile(profile.to_owned()), message });
        }
    }
}
