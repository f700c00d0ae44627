//! Which folded orders a unit's part in an experiment holds.
//!
//! Refunds of a folded order are counted by the order itself, wherever its net value stands. A unit that is left out of an
//! experiment's results later takes back what its checkpoint knows of: its orders must hear of that, to take back the rest.

use super::Fold;
use super::enrolment::Enrolment;
use crate::facts::Entity;
use crate::message::{Address, Envelope, Message};

impl Fold {
    /// Remembers the orders that were just folded by the experiments that count them.
    pub fn keep_orders(&mut self, closed: &[Envelope]) {
        for Envelope { to, message } in closed {
            let (Address::Order(order), Message::Closed(folded)) = (to, message) else { continue };
            for (_, entity, _) in &folded.places {
                let Entity::Experiment(number) = entity else { continue };
                let visit = self.visits.get_mut(&folded.key.visitor);
                let of_visitor = visit.and_then(|visit| visit.enrolments.get_mut(number));
                if let Some(enrolment) = of_visitor.or_else(|| self.enrolments.get_mut(number)) {
                    enrolment.keep_order(*order);
                }
            }
        }
    }

    /// Whether any folded order would have to hear of a unit that is left out, or of one that `may_cross` since.
    pub fn has_orders_to_tell(&self, may_cross: bool) -> bool {
        let of_visitors = self.visits.values().flat_map(|visit| visit.enrolments.values());
        let mut all = of_visitors.chain(self.enrolments.values());
        all.any(|enrolment| enrolment.has_orders() && (may_cross || enrolment.is_left_out()))
    }

    /// Order and experiment of each whose unit is left out by what is known now. Each is told once.
    pub fn leave_out(&mut self, now: &Self) -> Vec<(u64, u16)> {
        let mut told = Vec::new();
        for (id, visit) in &mut self.visits {
            let Some(visit_now) = now.visits.get(id) else { continue };
            for (number, enrolment) in &mut visit.enrolments {
                let is_out = visit_now.enrolments.get(number).is_some_and(Enrolment::is_left_out);
                told.extend(enrolment.leave_out(is_out).into_iter().map(|order| (order, *number)));
            }
        }
        for (number, enrolment) in &mut self.enrolments {
            let is_out = now.enrolments.get(number).is_some_and(Enrolment::is_left_out);
            told.extend(enrolment.leave_out(is_out).into_iter().map(|order| (order, *number)));
        }
        told
    }
}
