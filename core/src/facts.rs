//! Additive figures: what leaves a shard, and what a site adds up.
//!
//! Facts form a commutative group under [`Facts::merge`]: they can be added in any order and any grouping, and a
//! correction is a negative fact.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};

use crate::money::Currency;
use crate::time::Day;
use crate::wire::Reason;

/// Whose figures. Stored: only ever append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Entity {
    /// The site as a whole.
    Site,
    /// An experiment, by number.
    Experiment(u16),
    /// Visitors held out of everything: their part of the site.
    HeldOut,
    /// Orders that no communication earned.
    Unattributed,
    /// A communication, by number.
    Communication(u16),
    /// A sequence, by number.
    Sequence(u16),
    /// A campaign, by number.
    Campaign(u16),
    /// A triggered experience, by number; days are those of executions.
    Experience(u16),
    /// A site goal, by number.
    Goal(u16),
    /// A journey, by number.
    Journey(u16),
    /// A treatment: number of the journey, place within it.
    Treatment(u16, u8),
}

/// Which figure. Stored: only ever append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Metric {
    /// Visitors, on the day of their first event.
    Visitors,
    /// Sessions, on the day they start.
    Sessions,
    /// Page views.
    PageViews,
    /// Custom events.
    CustomEvents,
    /// Orders of a currency.
    Orders(Currency),
    /// Gross value of the orders of a currency, minor units.
    Gross(Currency),
    /// Something refused, or accepted with a remark.
    Diagnostic(Reason),
    /// Units first exposed to a variant.
    Exposures(u8),
    /// Units left out because they were exposed to two variants.
    Crossovers,
    /// A goal's figure for a variant.
    Goal {
        /// Place of the goal within the experiment.
        goal: u8,
        /// Place of the variant within the experiment.
        variant: u8,
        /// Which.
        measure: Measure,
    },
    /// Net value of the orders of a currency, minor units: gross less refunds.
    Net(Currency),
    /// Times a communication appeared.
    Instances,
    /// Sessions in which it appeared, on the day of the first time.
    SessionsShown,
    /// Sessions in which it was clicked.
    SessionsClicked,
    /// Clicks.
    RawClicks,
    /// Sessions in which it was hovered.
    SessionsHovered,
    /// Times it was dismissed.
    Dismissals,
    /// Starts of a sequence or campaign.
    Started,
    /// People, on the day of their latest start or credited value event.
    People,
    /// People an experience's variant was executed for, on the day of the first time.
    Reached(u8),
    /// What an experience's variant earned within a window.
    Window {
        /// Place of the variant.
        variant: u8,
        /// Place of the window.
        window: u8,
        /// Which figure.
        measure: Earned,
    },
    /// Credited value events of a goal, a journey or a treatment.
    Credited(Value),
    /// Value events of a goal that nothing earned.
    Uncredited(Value),
    /// People with an uncredited value event, on the day of their latest.
    UncreditedPeople,
    /// People of a goal with a receipt, none of whose visitors is held out, on the day they were first seen.
    Treated,
    /// Those of them with a credited value event.
    TreatedConverted,
    /// People of a goal all of whose visitors are held out, on the day they were first seen.
    Control,
    /// Those of them with any value event.
    ControlConverted,
    /// Units first exposed to a variant under a later version of the experiment than its first: all others were under that.
    ExposuresUnder {
        /// Place of the variant.
        variant: u8,
        /// The version, from 2 on.
        version: u32,
    },
}

/// A sum over value events. Stored: only ever append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Value {
    /// How many.
    Events,
    /// Revenue of a currency, minor units.
    Gross(Currency),
    /// Revenue less refunds.
    Net(Currency),
    /// A decimal sum, in billionths.
    Decimal,
}

/// What an experience's variant earned within a window. Stored: only ever append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Earned {
    /// Sessions with an order, on the day of the execution that earned their first.
    Conversions,
    /// People with an order, on the day of the execution that earned their first.
    People,
    /// Orders of a currency.
    Orders(Currency),
    /// Their gross value, minor units.
    Gross(Currency),
    /// Their net value, minor units.
    Net(Currency),
}

/// A goal's figures per variant. Stored: only ever append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Measure {
    /// Distinct units, on the day of their first conversion.
    Conversions,
    /// All conversions.
    TotalConversions,
    /// Conversions that carried revenue of a currency.
    Orders(Currency),
    /// Their gross value, minor units.
    Gross(Currency),
    /// Their net value, minor units.
    Net(Currency),
    /// Units of the goal's own denominator, where it was added to a running experiment.
    Exposures,
    /// Sessions that count for a figure of sessions.
    Sessions,
    /// Those of them that met it.
    SessionsMet,
    /// How far revenue of units lies beyond what may decide of one unit, minor units: on the day of its first exposure, as
    /// all that follows.
    BeyondCap,
    /// Each unit's part in the numerator of what decides, squared: how units differ is what a difference is measured by.
    Squares,
    /// The same of the denominator, where that is not units.
    DenominatorSquares,
    /// Each unit's part in the numerator times its part in the denominator.
    Products,
}

/// The figures of one day and entity.
pub type Figures = BTreeMap<Metric, i128>;

/// Figures by day and entity. A zero is never kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts(pub BTreeMap<(Day, Entity), Figures>);

impl Facts {
    /// Adds to one figure.
    pub fn add(&mut self, day: Day, entity: Entity, metric: Metric, amount: i128) {
        if amount == 0 {
            return;
        }
        let figures = self.0.entry((day, entity)).or_default();
        add(figures, metric, amount);
        if figures.is_empty() {
            self.0.remove(&(day, entity));
        }
    }

    /// Adds all of another's figures.
    pub fn merge(&mut self, other: &Self) {
        self.scaled(other, 1);
    }

    /// Takes away all of another's figures.
    pub fn subtract(&mut self, other: &Self) {
        self.scaled(other, -1);
    }

    fn scaled(&mut self, other: &Self, factor: i128) {
        for ((day, entity), figures) in &other.0 {
            for (metric, amount) in figures {
                self.add(*day, *entity, *metric, amount * factor);
            }
        }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Adds figures to a sum. A zero is not kept.
pub fn add_to(sum: &mut Figures, figures: &Figures) {
    for (metric, amount) in figures {
        add(sum, *metric, *amount);
    }
}

fn add(figures: &mut Figures, metric: Metric, amount: i128) {
    match figures.entry(metric) {
        Entry::Vacant(entry) => {
            entry.insert(amount);
        }
        Entry::Occupied(mut entry) => {
            *entry.get_mut() += amount;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}
