//! Sessions, page views, custom events and orders of the site and of the held-out.

use std::collections::BTreeSet;

use tributary_core::facts::{Entity, Metric};
use tributary_core::money::Currency;

use super::{Oracle, Session, currency};
use crate::shop::{Back, PRICES, REFUNDS};
use crate::told::What;

/// An order that counts.
pub(super) struct Sale {
    pub(super) place: usize,
    pub(super) currency: Currency,
    pub(super) gross: i128,
    pub(super) net: i128,
}

impl Oracle<'_> {
    /// Whether an event is the report of an order that counts, or no report at all.
    pub(super) fn counts(&self, place: usize) -> bool {
        let What::Order { id: Some(id), .. } = self.events[place].what else { return true };
        let earliest = self
            .events
            .iter()
            .position(|event| matches!(event.what, What::Order { id: Some(other), .. } if other == id));
        earliest == Some(place)
    }

    pub(super) fn sales(&self) -> Vec<Sale> {
        let mut sales = Vec::new();
        for (place, event) in self.events.iter().enumerate() {
            let What::Order { price, id } = event.what else { continue };
            if self.counts(place) {
                let (_, _, code, minor) = PRICES[price];
                let back = id.map_or(0, |id| self.refunded(id, code, minor));
                let gross = i128::from(minor);
                sales.push(Sale { place, currency: currency(code), gross, net: gross - i128::from(back) });
            }
        }
        sales
    }

    fn refunded(&self, order: &str, code: &str, value: i64) -> i64 {
        let refunds = self.events.iter().filter_map(|event| match event.what {
            What::Refund { amount, id: Some(id) } if id == order => Some(REFUNDS[amount].2),
            _ => None,
        });
        let amounts = refunds.map(|back| match back {
            Back::All(named) if named.is_none_or(|named| named == code) => value,
            Back::Part(named, minor) if named == code => minor,
            _ => 0,
        });
        amounts.sum::<i64>().min(value)
    }

    pub(super) fn add_sale(&mut self, entity: Entity, sale: &Sale) {
        let at = self.events[sale.place].at;
        self.add(at, entity, Metric::Orders(sale.currency), 1);
        self.add(at, entity, Metric::Gross(sale.currency), sale.gross);
        self.add(at, entity, Metric::Net(sale.currency), sale.net);
    }

    pub(super) fn count_site(&mut self, sales: &[Sale]) {
        let sessions: BTreeSet<Session> = self.session_of.iter().flatten().copied().collect();
        for session in sessions {
            let at = self.events[session].at;
            self.add(at, Entity::Site, Metric::Sessions, 1);
            if self.is_held_out(session) {
                self.add(at, Entity::HeldOut, Metric::Sessions, 1);
            }
        }
        let mut met = BTreeSet::new();
        for place in 0..self.events.len() {
            let event = self.events[place];
            if event.visitor.is_some_and(|visitor| met.insert(visitor)) {
                self.add(event.at, Entity::Site, Metric::Visitors, 1);
            }
            if matches!(event.what, What::View(_)) {
                self.add(event.at, Entity::Site, Metric::PageViews, 1);
            }
            if event.is_custom() && self.counts(place) {
                self.add(event.at, Entity::Site, Metric::CustomEvents, 1);
            }
        }
        for sale in sales {
            self.add_sale(Entity::Site, sale);
            if self.is_held_out(sale.place) {
                self.add_sale(Entity::HeldOut, sale);
            }
        }
    }
}
