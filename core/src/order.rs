//! One `order_id`: which of its reports stands, and what was refunded.
//!
//! Only the report that stands is kept: reports are never taken back, so one that is later than another never stands
//! again. A report counts from the start, and is told only when it does not; so an order that is reported once, and most
//! are, costs no answer.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::EventId;
use crate::facts::{Entity, Facts, Metric};
use crate::judge::{Refunded, Rules};
use crate::message::{Address, Envelope, Message};
use crate::money::{Currency, Money};
use crate::row;
use crate::time::{Day, Millis};
use crate::wire::Reason;

/// What a report came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// It is the earliest by order key: it counts.
    pub stands: bool,
    /// Minor units refunded.
    pub refunded: i64,
}

impl Verdict {
    /// Both, whichever was told first: what does not stand never stands again, and refunds only grow.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { stands: self.stands && other.stands, refunded: self.refunded.max(other.refunded) }
    }
}

/// Where an event stands among all: time, page before server, sequence number, event id, visitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderKey {
    /// When it happened.
    pub at: Millis,
    /// It happened in a page.
    pub is_page: bool,
    /// Its id.
    pub id: EventId,
    /// Whose it is; empty for a profile's own or nobody's.
    pub visitor: String,
}

impl OrderKey {
    /// Which comes first.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.at
            .cmp(&other.at)
            .then(other.is_page.cmp(&self.is_page))
            .then_with(|| self.sequence().cmp(&other.sequence()))
            .then_with(|| self.id.compare_text(&other.id))
            .then_with(|| self.visitor.cmp(&other.visitor))
    }

    /// Whether it is another's, of whom the visitor may have been forgotten here.
    fn is(&self, other: &Self) -> bool {
        let is_forgotten = self.visitor.is_empty();
        (self.at, self.is_page, &self.id) == (other.at, other.is_page, &other.id)
            && (is_forgotten || self.visitor == other.visitor)
    }

    fn sequence(&self) -> u32 {
        if self.is_page { self.id.number } else { 0 }
    }
}

/// An event that reports an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Where it stands.
    pub key: OrderKey,
    /// Who is told.
    pub from: Address,
    /// The order's value.
    pub money: Money,
}

/// Who keeps figures of an order: the person who made it and, for its experiments, another profile that its event names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Holder {
    /// The person.
    Person {
        /// The other profile, if there is one: it is told by the person, and by the order once the person's part is closed.
        names: Option<String>,
    },
    /// The other profile.
    Named,
}

/// What a checkpoint tells of an order that was folded into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folded {
    /// The report that counted.
    pub key: OrderKey,
    /// The order's value.
    pub money: Money,
    /// Whose checkpoint.
    pub holder: Holder,
    /// Where its net value was counted.
    pub places: Vec<Place>,
    /// How much was refunded there.
    pub refunded: i64,
}

/// First byte of the stored form.
const FORMAT: u8 = 4;

/// Where the net value of an order was counted.
pub type Place = (Day, Entity, Metric);

/// The state of one order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    standing: Option<Report>,
    /// Refunds by currency, minor units.
    refunds: BTreeMap<Currency, i128>,
    /// Currencies of which all was refunded; `None` is whichever the order's is.
    refunded_all: Vec<Option<Currency>>,
    /// How many refunds named a currency.
    named: BTreeMap<Currency, u32>,
    /// Once the order is folded into its person's checkpoint.
    closed: Option<Closed>,
    /// Once it is folded into the checkpoint of another profile that it names.
    closed_named: Option<Closed>,
}

/// Where the net value of an order stands for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Closed {
    places: Vec<Place>,
    /// How much was refunded when it was folded, minor units: the checkpoint knows of that.
    known: i64,
    /// How much of what was refunded is counted there.
    counted: i64,
}

/// What a step of an order leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// Changed figures.
    pub facts: Facts,
    /// To be delivered.
    pub messages: Vec<Envelope>,
}

impl Order {
    /// Another report of the order.
    pub fn report(&mut self, report: Report, rules: &Rules) -> Effects {
        let mut effects = Effects::default();
        let is_earlier = self.standing.as_ref().is_none_or(|standing| report.key.compare(&standing.key).is_lt());
        if is_earlier && self.closed.is_none() && self.closed_named.is_none() {
            let (at, currency) = (report.key.at, report.money.currency);
            let before = self.standing.replace(report);
            // Refunds that came before their order are ignored from now on, if they are of another currency.
            let ignored =
                self.ignored(currency) - before.as_ref().map_or(0, |before| self.ignored(before.money.currency));
            remark(&mut effects.facts, rules, at, Reason::BadRevenue, ignored.max(0));
            if let Some(displaced) = before {
                effects.messages.push(tell(displaced, Verdict { stands: false, refunded: 0 }));
            }
            self.settle(0, &mut effects);
        } else {
            if is_earlier {
                remark(&mut effects.facts, rules, report.key.at, Reason::LateCredit, 1);
            }
            effects.messages.push(tell(report, Verdict { stands: false, refunded: 0 }));
        }
        effects
    }

    /// A refund of the order, of this time.
    pub fn refund(&mut self, amount: Refunded, at: Millis, rules: &Rules) -> Effects {
        let mut effects = Effects::default();
        let before = self.refunded();
        match amount {
            Refunded::All(currency) if !self.refunded_all.contains(&currency) => self.refunded_all.push(currency),
            Refunded::All(_) => {}
            Refunded::Part(money) => *self.refunds.entry(money.currency).or_default() += i128::from(money.minor),
        }
        let named = match amount {
            Refunded::All(currency) => currency,
            Refunded::Part(money) => Some(money.currency),
        };
        if let Some(currency) = named {
            let count = self.named.entry(currency).or_default();
            *count = count.saturating_add(1);
            let is_other = self.standing.as_ref().is_some_and(|report| currency != report.money.currency);
            remark(&mut effects.facts, rules, at, Reason::BadRevenue, is_other.into());
        }
        self.settle(before, &mut effects);
        effects
    }

    /// The order was folded into a checkpoint: from now on refunds of what is counted there are counted from here.
    ///
    /// What is folded counts for good. So where it was folded before its person heard that an earlier report stands, it
    /// stands after all and the earlier one is taken back, unless that is folded too.
    pub fn close(&mut self, report: Folded, rules: &Rules) -> Effects {
        let Folded { key, money, holder, places, refunded } = report;
        let mut effects = Effects::default();
        let Some(standing) = &mut self.standing else { return effects };
        if !standing.key.is(&key) {
            if self.closed.is_some() || matches!(holder, Holder::Named) {
                remark(&mut effects.facts, rules, key.at, Reason::LateCredit, 1);
                return effects;
            }
            let from = Address::Nobody(String::new());
            let earlier = std::mem::replace(standing, Report { key, from, money });
            effects.messages.push(tell(earlier, Verdict { stands: false, refunded: 0 }));
            self.closed_named = None;
        }
        let closed = Some(Closed { places, known: refunded, counted: refunded });
        match holder {
            Holder::Person { names } => {
                self.closed = closed;
                if let Some(standing) = &mut self.standing {
                    standing.from = names.map_or(Address::Nobody(String::new()), Address::Profile);
                }
            }
            Holder::Named => self.closed_named = closed,
        }
        let is_over = self.closed.is_some() && (self.closed_named.is_some() || !self.is_told());
        self.recount(&mut effects.facts);
        if is_over {
            self.forget();
        } else if self.closed.is_some() && self.refunded() != 0 {
            // What the person was told last may not have reached the other profile.
            self.tell_refunded(&mut effects);
        }
        effects
    }

    /// How many refunds are of another currency than this one.
    fn ignored(&self, currency: Currency) -> i128 {
        self.named.iter().filter(|(named, _)| **named != currency).map(|(_, count)| i128::from(*count)).sum()
    }

    fn is_told(&self) -> bool {
        self.standing.as_ref().is_some_and(|standing| !matches!(standing.from, Address::Nobody(_)))
    }

    /// Nobody need be told any more, so nobody need be known.
    fn forget(&mut self) {
        if let Some(standing) = &mut self.standing {
            standing.key.visitor.clear();
            standing.from = Address::Nobody(String::new());
        }
    }

    fn tell_refunded(&self, effects: &mut Effects) {
        let refunded = self.refunded();
        effects
            .messages
            .extend(self.standing.clone().map(|standing| tell(standing, Verdict { stands: true, refunded })));
    }

    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        row::encode(FORMAT, self)
    }

    /// Reads the stored form; `None` where it is damaged or of a later format.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        row::decode(FORMAT, bytes)
    }

    fn settle(&mut self, before: i64, effects: &mut Effects) {
        let refunded = self.refunded();
        self.recount(&mut effects.facts);
        let is_over = self.closed.is_some() && !self.is_told();
        if refunded != before && !is_over {
            self.tell_refunded(effects);
        }
    }

    fn recount(&mut self, facts: &mut Facts) {
        let refunded = self.refunded();
        for closed in self.closed.iter_mut().chain(&mut self.closed_named) {
            for (day, entity, metric) in &closed.places {
                facts.add(*day, *entity, *metric, i128::from(closed.counted - refunded));
            }
            closed.counted = refunded;
        }
    }

    /// The unit is left out of an experiment's results: its checkpoint takes back what it knows of the order's net value,
    /// and what was refunded since is taken back with it.
    pub fn leave_out(&mut self, experiment: u16) -> Effects {
        let mut effects = Effects::default();
        for Closed { places, known, counted } in self.closed.iter_mut().chain(&mut self.closed_named) {
            places.retain(|(day, entity, metric)| {
                let is_out = *entity == Entity::Experiment(experiment);
                if is_out {
                    effects.facts.add(*day, *entity, *metric, i128::from(*counted - *known));
                }
                !is_out
            });
        }
        effects
    }

    /// Minor units refunded: what was told in the order's currency, at most its value.
    fn refunded(&self) -> i64 {
        let Some(Report { money, .. }) = &self.standing else { return 0 };
        let is_all = self.refunded_all.iter().any(|told| told.is_none_or(|currency| currency == money.currency));
        if is_all {
            return money.minor;
        }
        let sum = self.refunds.get(&money.currency).copied().unwrap_or(0);
        i64::try_from(sum).unwrap_or(i64::MAX).min(money.minor)
    }
}

fn tell(report: Report, verdict: Verdict) -> Envelope {
    Envelope { to: report.from, message: Message::Verdict { key: report.key, verdict } }
}

fn remark(facts: &mut Facts, rules: &Rules, at: Millis, reason: Reason, count: i128) {
    facts.add(rules.zone().day(at), Entity::Site, Metric::Diagnostic(reason), count);
}
