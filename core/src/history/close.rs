//! Folding away: older events become a checkpoint that keeps every figure and what is still open.

use crate::config::Unit;
use crate::facts::{Entity, Facts, Metric};
use crate::fold::Fold;
use crate::judge::{Deed, OrderId, Rules};
use crate::message::{Address, Envelope, Message};
use crate::order::{Folded, Holder, Place, Verdict};
use crate::seen::Seen;
use crate::time::{DAY, Millis};
use crate::wire::Reason;

use super::recent::Kept;
use super::{Checkpoint, Entry, History};

/// Detail is kept this far behind a person's latest event.
pub const KEEP_FOR: Millis = 60 * DAY;
/// At most this many events are kept in detail.
pub const KEEP_EVENTS: usize = 10_000;

/// Events that are folded into the checkpoint at once, about.
const PIECE: usize = 100;

impl History {
    /// Folds what is old into the checkpoint, never parting events of one millisecond. Gives what orders need to know
    /// about it, if `governs`: the figures are made here.
    pub fn close(&mut self, governs: bool, rules: &Rules) -> Vec<Envelope> {
        let mut messages = self.close_old(rules);
        if !governs {
            return Vec::new();
        }
        messages.extend(self.leave_out(rules));
        messages
    }

    /// Tells folded orders whose unit is left out of an experiment's results by now.
    pub fn leave_out(&mut self, rules: &Rules) -> Vec<Envelope> {
        let may_cross = self.recent.deeds.iter().any(|judged| matches!(judged.deed, Deed::Exposure { .. }));
        if !self.checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.fold.has_orders_to_tell(may_cross)) {
            return Vec::new();
        }
        let fold = self.folded(rules);
        let Some(checkpoint) = &mut self.checkpoint else { return Vec::new() };
        let left_out = checkpoint.fold.leave_out(&fold).into_iter();
        left_out
            .map(|(order, experiment)| Envelope { to: Address::Order(order), message: Message::LeftOut { experiment } })
            .collect()
    }

    fn close_old(&mut self, rules: &Rules) -> Vec<Envelope> {
        let events = &self.recent.events;
        let Some(latest) = events.last() else { return Vec::new() };
        let by_age = events.partition_point(|kept| kept.at < latest.at - KEEP_FOR);
        let by_number = events.len().saturating_sub(KEEP_EVENTS);
        let Some(last) = by_age.max(by_number).checked_sub(1) else { return Vec::new() };
        self.close_until(events[last].at, rules)
    }

    /// Folds what will be old once these events are there too, but nothing that one of them comes before.
    pub fn close_ahead(&mut self, events: &[Entry], rules: &Rules) -> Vec<Envelope> {
        let times = || events.iter().map(|event| event.at);
        let (Some(first), Some(latest)) = (times().min(), times().chain(self.latest()).max()) else {
            return Vec::new();
        };
        self.close_until(first.min(latest - KEEP_FOR) - 1, rules)
    }

    /// Folds everything into the checkpoint. Gives what orders need to know about it.
    pub fn close_all(&mut self, rules: &Rules) -> Vec<Envelope> {
        self.close_first(self.recent.events.len(), rules)
    }

    /// Folds the older half into the checkpoint, never parting events of one millisecond.
    pub fn close_half(&mut self, rules: &Rules) -> Vec<Envelope> {
        let middle = self.recent.events.get(self.recent.events.len() / 2).map(|kept| kept.at);
        middle.map(|middle| self.close_until(middle, rules)).unwrap_or_default()
    }

    /// Folds what is not later than a time. The figures stay with whoever counts them: those of what is folded have left.
    pub fn close_until(&mut self, until: Millis, rules: &Rules) -> Vec<Envelope> {
        self.close_first(self.recent.events.partition_point(|kept| kept.at <= until), rules)
    }

    /// Forgets who somebody else's visitor was that named the owner: what it did is folded, with all that was before.
    pub fn forget_stranger(&mut self, visitor: &str, rules: &Rules) -> Vec<Envelope> {
        let is_its = |kept: &&Kept| self.recent.origin(kept).is_stranger && self.recent.visitor(kept) == visitor;
        let last = self.recent.events.iter().rfind(is_its).map(|kept| kept.at);
        let messages = last.map(|last| self.close_until(last, rules)).unwrap_or_default();
        if let Some(checkpoint) = &mut self.checkpoint {
            checkpoint.fold.part_with(visitor, rules);
        }
        messages
    }

    /// What was folded, and until when.
    pub fn checkpoint(&self) -> Option<(Box<Fold>, Millis)> {
        self.checkpoint.as_ref().map(|checkpoint| (Box::new(checkpoint.fold.clone()), checkpoint.at))
    }

    /// Takes in the closed part of a visitor that joins, after what is as old here was closed.
    pub fn absorb(&mut self, fold: Fold, closed_at: Millis) {
        let checkpoint = self.checkpoint.get_or_insert_with(|| Checkpoint { at: closed_at, fold: Fold::default() });
        checkpoint.fold.absorb(fold);
        checkpoint.at = checkpoint.at.max(closed_at);
    }

    /// Events from before the checkpoint, which joined too late to change any credit: their sessions, orders and net
    /// values count, what became of communications, and whom executions reached. They go on from where an earlier part of them left the visitor, unless it has been seen later than
    /// that. Gives the figures they bring, and what their orders need to know.
    pub fn add_late(&mut self, visitor: &str, events: &[Entry], rules: &Rules) -> (Facts, Vec<Envelope>) {
        let mut late = Self::of(self.owner.clone());
        late.insert(visitor, false, events.to_vec());
        let known = self.checkpoint.as_ref().map(|checkpoint| &checkpoint.fold);
        let is_known = known.is_some_and(|fold| fold.visitors().any(|known| known == visitor));
        let first = late.recent.events.first().map(|first| first.at);
        let before = known.zip(first).and_then(|(fold, first)| fold.visit_before(visitor, first));
        let goes_on = before.is_some();
        let mut fold = before.unwrap_or_default();
        fold.gives_no_credit(known);
        late.checkpoint = first.map(|at| Checkpoint { at, fold });
        // Only experiments by visitor are taken in, and none where something later is known of this one.
        let enrols = |number| {
            let unit = rules.config.numbered(number).map(|experiment| experiment.unit);
            unit == Some(Unit::Visitor) && (goes_on || !is_known)
        };
        for judged in late.recent.deeds.iter_mut() {
            judged.receipts.clear();
            if matches!(judged.deed, Deed::Exposure { experiment, .. } if !enrols(experiment)) {
                judged.deed = Deed::Presence;
            }
        }
        let messages = late.orders_of(&late.recent.events, rules);
        let mut fold = late.folded(rules);
        fold.keep_orders(&messages);
        let mut facts = fold.facts(rules);
        fold.close();
        facts.subtract(&fold.facts(rules));
        if is_known {
            for figures in facts.0.values_mut() {
                figures.remove(&Metric::Visitors);
            }
            facts.0.retain(|_, figures| !figures.is_empty());
        }
        if let Some(checkpoint) = &mut self.checkpoint {
            if goes_on {
                checkpoint.fold.release(visitor);
            }
            checkpoint.fold.absorb(fold);
        }
        if let Some(first) = events.first() {
            let metric = Metric::Diagnostic(Reason::LateCredit);
            facts.add(rules.zone().day(first.at), Entity::Site, metric, i128::try_from(events.len()).unwrap_or(0));
        }
        (facts, messages)
    }

    /// Forgets what no kept event refers to any more, but for the texts of what was seen.
    pub fn forget(&mut self, seen: &mut Seen) {
        let mut places: Vec<u32> = seen.places().collect();
        self.recent.forget(&mut places);
        seen.refer(places);
    }

    /// Piece by piece, since where an order has its net value is found by folding its piece again.
    fn close_first(&mut self, count: usize, rules: &Rules) -> Vec<Envelope> {
        let mut messages = Vec::new();
        let mut left = count;
        while left > 0 {
            let events = &mut self.recent.events;
            let Some(at) = events.get(left.min(PIECE) - 1).map(|last| last.at) else { break };
            let piece = events.partition_point(|kept| kept.at <= at);
            let closed: Vec<Kept> = events.drain(..piece).collect();
            let orders = self.orders_of(&closed, rules);
            let mut fold = self.checkpoint.take().map(|checkpoint| checkpoint.fold).unwrap_or_default();
            self.step(&mut fold, &closed, rules);
            fold.keep_orders(&orders);
            messages.extend(orders);
            fold.close();
            fold.part(at, rules);
            self.checkpoint = Some(Checkpoint { at, fold });
            left = left.saturating_sub(piece);
        }
        messages
    }

    /// Where each named order among these events has its net value: the figures that change when one unit is refunded.
    fn orders_of(&self, closed: &[Kept], rules: &Rules) -> Vec<Envelope> {
        let counted = |events: &[Kept]| {
            let mut fold = self.closed();
            self.step(&mut fold, events, rules);
            fold.facts(rules)
        };
        let mut messages = Vec::new();
        let mut usual = None;
        for (place, kept) in closed.iter().enumerate() {
            let Deed::Custom { money, order: Some(OrderId::Named(hash)) } = self.recent.judged(kept).deed else {
                continue;
            };
            let verdict = kept.verdict.unwrap_or(Verdict { stands: true, refunded: 0 });
            if !verdict.stands {
                continue;
            }
            let mut changed = closed.to_vec();
            changed[place].verdict = Some(Verdict { refunded: verdict.refunded + 1, ..verdict });
            let mut difference = counted(&changed);
            difference.subtract(usual.get_or_insert_with(|| counted(closed)));
            let places: Vec<Place> = difference
                .0
                .iter()
                .flat_map(|((day, entity), figures)| figures.keys().map(|metric| (*day, *entity, *metric)))
                .collect();
            let origin = self.recent.origin(kept);
            let named = origin.profile.map(|place| self.recent.texts.text(place));
            let holder = match named.filter(|named| !self.owner.is(named)) {
                _ if origin.is_stranger => Holder::Named,
                other => Holder::Person { names: other.map(str::to_owned) },
            };
            let (key, refunded) = (self.recent.key(kept), verdict.refunded);
            let message = Message::Closed(Folded { key, money, holder, places, refunded });
            messages.push(Envelope { to: Address::Order(hash), message });
        }
        messages
    }
}
