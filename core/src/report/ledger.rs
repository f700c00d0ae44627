//! What a report is read from: figures by day, and what adds up over a whole run.
//!
//! A site keeps a row of figures a day for everything it counts. What is reported over its whole run has a [`Total`]
//! besides: the sum of all days that are over, so that no report reads every day there was.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Range;
use crate::decision::Decision;
use crate::facts::{Entity, Facts, Figures, add_to};
use crate::time::Day;

/// Days that stay out of the total: nearly all that arrives late is of one of them.
const OPEN_DAYS: i32 = 7;

/// What an entity's days up to one of them add up to. Stored: only ever append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// The last day in it.
    pub until: Day,
    /// Their sum.
    pub figures: Figures,
}

/// Rows of one entity: its days.
pub type Days = Vec<(Day, Figures)>;

/// What was counted, as far as a report needs it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    days: Rows,
    /// Under one day each.
    runs: Rows,
    /// What was decided before, by the experiment's number.
    decisions: BTreeMap<u16, Decision>,
}

type Rows = BTreeMap<(Entity, Day), Figures>;
/// Stands for all days.
const RUN: Day = Day(0);

/// What a report needs of one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Whose figures.
    pub entity: Entity,
    /// Its days.
    pub days: Vec<Range>,
    /// What they all add up to.
    pub is_run: bool,
}

impl Entity {
    /// Whether it is reported over its whole run, so that a total of it is kept.
    pub fn has_total(self) -> bool {
        !matches!(self, Self::Site | Self::HeldOut | Self::Unattributed | Self::Communication(_))
    }
}

impl Total {
    /// What an entity's total becomes by figures of a day that are in the day's row already; `None` where it stays as it is.
    /// `rows` gives the entity's days within a range.
    pub fn counted<E>(
        stored: Option<Self>,
        day: Day,
        figures: &Figures,
        rows: impl FnOnce(Range) -> Result<Days, E>,
    ) -> Result<Option<Self>, E> {
        let closing = Self::closing(stored.as_ref(), day);
        let mut total = stored.unwrap_or(Self { until: Day(i32::MIN), figures: Figures::new() });
        let is_in = day <= total.until;
        if is_in {
            add_to(&mut total.figures, figures);
        }
        let Some(range) = closing else { return Ok(is_in.then_some(total)) };
        for (_, figures) in rows(range)? {
            add_to(&mut total.figures, &figures);
        }
        total.until = range.to;
        Ok(Some(total))
    }

    /// The days to add to an entity's total now that figures of `newest` arrived, once there are many: so a total is
    /// written about once a week. An entity without a total gets one at once.
    fn closing(total: Option<&Self>, newest: Day) -> Option<Range> {
        let to = Day(newest.0.saturating_sub(OPEN_DAYS));
        match total {
            None => Some(Range { from: Day(i32::MIN), to }),
            Some(total) if to.0 > total.until.0.saturating_add(OPEN_DAYS) => {
                Some(Range { from: Day(total.until.0 + 1), to })
            }
            Some(_) => None,
        }
    }
}

impl Ledger {
    /// All that facts say.
    pub fn of(facts: &Facts) -> Self {
        let mut ledger = Self::default();
        ledger.take(facts);
        ledger
    }

    /// Facts that are in no row yet.
    pub fn take(&mut self, facts: &Facts) {
        for ((day, entity), figures) in &facts.0 {
            self.take_day(*entity, *day, figures);
            self.take_run(*entity, figures);
        }
    }

    /// What a report needs of an entity. `rows` gives its days within a range: none is asked for twice.
    pub fn take_need<E>(
        &mut self,
        need: &Need,
        total: Option<&Total>,
        mut rows: impl FnMut(Range) -> Result<Days, E>,
    ) -> Result<(), E> {
        let total = total.filter(|_| need.is_run);
        for span in need.spans(total) {
            for (day, figures) in rows(span)? {
                if need.days.iter().any(|range| range.has(day)) {
                    self.take_day(need.entity, day, &figures);
                }
                if need.is_run && total.is_none_or(|total| day > total.until) {
                    self.take_run(need.entity, &figures);
                }
            }
        }
        if let Some(total) = total {
            self.take_run(need.entity, &total.figures);
        }
        Ok(())
    }

    /// What was decided of an experiment before.
    pub fn take_decision(&mut self, experiment: u16, decision: Decision) {
        self.decisions.insert(experiment, decision);
    }

    /// What was decided of an experiment and is kept.
    pub fn decision(&self, experiment: u16) -> Option<&Decision> {
        self.decisions.get(&experiment)
    }

    /// A part of what an entity's days add up to.
    fn take_run(&mut self, entity: Entity, figures: &Figures) {
        add_to(self.runs.entry((entity, RUN)).or_default(), figures);
    }

    fn take_day(&mut self, entity: Entity, day: Day, figures: &Figures) {
        add_to(self.days.entry((entity, day)).or_default(), figures);
    }

    /// An entity's figures over its whole run.
    pub fn run(&self, entity: Entity) -> &Figures {
        static NONE: Figures = Figures::new();
        self.runs.get(&(entity, RUN)).unwrap_or(&NONE)
    }

    /// An entity's days within a range, but those of which nothing is left.
    pub(super) fn days(&self, entity: Entity, range: Range) -> impl Iterator<Item = (Day, &Figures)> {
        // A range that ends before it begins has no days.
        let from = range.from.min(Day(range.to.0.saturating_add(1)));
        let days = self.days.range((entity, from)..=(entity, range.to.max(from)));
        let days = days.filter(move |((_, day), figures)| range.has(*day) && !figures.is_empty());
        days.map(|((_, day), figures)| (*day, figures))
    }

    /// An entity's figures over a range.
    pub(super) fn over(&self, entity: Entity, range: Range) -> Figures {
        let mut sum = Figures::new();
        for (_, figures) in self.days(entity, range) {
            add_to(&mut sum, figures);
        }
        sum
    }
}

impl Need {
    /// The rows to read, none twice: the days asked for, and those that are not in the total yet.
    fn spans(&self, total: Option<&Total>) -> Vec<Range> {
        let mut spans = self.days.clone();
        if self.is_run {
            let from = total.map_or(i32::MIN, |total| total.until.0.saturating_add(1));
            spans.push(Range { from: Day(from), to: Day(i32::MAX) });
        }
        spans.retain(|span| span.from <= span.to);
        spans.sort_by_key(|span| span.from);
        spans.into_iter().fold(Vec::new(), |mut joined: Vec<Range>, span| {
            match joined.last_mut() {
                Some(last) if span.from.0 <= last.to.0.saturating_add(1) => last.to = last.to.max(span.to),
                _ => joined.push(span),
            }
            joined
        })
    }
}
