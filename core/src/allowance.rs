//! How many orders and profiles a page may name: each is a row of its own on some shard, for ever.
//!
//! What a visitor has named is read out of its kept events, so nothing is stored for it. An event that a page sends is at
//! most seven days old, so whoever names so many within eight days by the events' times names at most so many within any
//! day by the collector's.

use crate::history::History;
use crate::judge::{Deed, OrderId};
use crate::time::{DAY, Millis, OLDEST_PAGE_EVENT};
use crate::wire::{Fault, Reason};

/// Orders that a visitor's pages report or refund within [`WITHIN`].
pub const MAX_ORDERS: usize = 500;
/// Profiles that a visitor's pages name within [`WITHIN`].
pub const MAX_PROFILES: usize = 20;
/// How far back what was named counts.
pub const WITHIN: Millis = OLDEST_PAGE_EVENT + DAY;

const ORDERS: Fault = (Reason::OverLimit, "order_id", "at most 500 orders a visitor in 8 days");
const PROFILES: Fault = (Reason::OverLimit, "profile", "at most 20 profiles a visitor in 8 days");

/// What a visitor's pages have named of late.
#[derive(Debug)]
pub struct Allowance {
    orders: Vec<u64>,
    profiles: Vec<String>,
    /// Not all of it is kept any more, because there were too many events: nothing new may be named.
    is_cut: bool,
}

impl Allowance {
    /// Reads it out of a visitor's history.
    pub fn of(history: &History, now: Millis) -> Self {
        let since = now - WITHIN;
        let is_cut = history.closed_at().is_some_and(|closed_at| closed_at > since);
        let mut allowance = Self { orders: Vec::new(), profiles: Vec::new(), is_cut };
        for (deed, profile) in history.page_deeds_since(since) {
            allowance.know(deed, profile);
        }
        allowance
    }

    /// Whether an event names anything at all.
    pub fn is_asked(deed: &Deed, profile: Option<&str>) -> bool {
        order_of(deed).is_some() || profiles_of(deed, profile).next().is_some()
    }

    /// Lets an event name what it names, or says why not.
    pub fn spend(&mut self, deed: &Deed, profile: Option<&str>) -> Result<(), Fault> {
        let names_order = order_of(deed).is_some_and(|order| !self.orders.contains(&order));
        if names_order && (self.is_cut || self.orders.len() >= MAX_ORDERS) {
            return Err(ORDERS);
        }
        let profiles = profiles_of(deed, profile).filter(|profile| !self.knows(profile)).count();
        if profiles > 0 && (self.is_cut || self.profiles.len() + profiles > MAX_PROFILES) {
            return Err(PROFILES);
        }
        self.know(deed, profile);
        Ok(())
    }

    fn know(&mut self, deed: &Deed, profile: Option<&str>) {
        self.orders.extend(order_of(deed).filter(|order| !self.orders.contains(order)));
        for profile in profiles_of(deed, profile) {
            if !self.knows(profile) {
                self.profiles.push(profile.to_owned());
            }
        }
    }

    fn knows(&self, profile: &str) -> bool {
        self.profiles.iter().any(|known| known == profile)
    }
}

fn order_of(deed: &Deed) -> Option<u64> {
    match deed {
        Deed::Custom { order: Some(OrderId::Named(order)), .. } | Deed::Refund { order, .. } => Some(*order),
        _ => None,
    }
}

fn profiles_of<'a>(deed: &'a Deed, named: Option<&'a str>) -> impl Iterator<Item = &'a str> {
    let identified = if let Deed::Identify { profile } = deed { Some(profile.as_str()) } else { None };
    named.into_iter().chain(identified.filter(|identified| Some(*identified) != named))
}
