//! A site's tables in memory, filled and read as the Worker does it: a row a day, and totals of the days that are over.

use std::collections::BTreeMap;
use std::convert::Infallible;

use tributary_core::config::Config;
use tributary_core::facts::{Entity, Facts, Figures, add_to};
use tributary_core::report::{Asked, Days, Ledger, Range, Total};
use tributary_core::time::{Day, Millis};

#[derive(Default)]
pub struct Tables {
    counters: BTreeMap<(Entity, Day), Figures>,
    totals: BTreeMap<Entity, Total>,
    /// Rows written to the second.
    pub totals_written: usize,
}

impl Tables {
    /// What a fold of the inbox does.
    pub fn count(&mut self, facts: &Facts) {
        for ((day, entity), figures) in &facts.0 {
            add_to(self.counters.entry((*entity, *day)).or_default(), figures);
            if !entity.has_total() {
                continue;
            }
            let stored = self.totals.get(entity).cloned();
            let Ok(next) =
                Total::counted(stored, *day, figures, |range| Ok::<_, Infallible>(self.days(*entity, range)));
            if let Some(next) = next {
                self.totals.insert(*entity, next);
                self.totals_written += 1;
            }
        }
    }

    /// What a report is read from, and how many rows that took.
    pub fn read(&self, asked: Asked, config: &Config, now: Millis) -> (Ledger, usize) {
        let (mut ledger, mut rows) = (Ledger::default(), 0);
        for need in asked.needs(config, now) {
            let total = self.totals.get(&need.entity).filter(|_| need.is_run);
            rows += usize::from(total.is_some());
            let Ok(()) = ledger.take_need(&need, total, |range| {
                let days = self.days(need.entity, range);
                rows += days.len();
                Ok::<_, Infallible>(days)
            });
        }
        (ledger, rows)
    }

    /// An entity's rows within a range.
    fn days(&self, entity: Entity, range: Range) -> Days {
        let rows = self.counters.range((entity, range.from)..=(entity, range.to));
        rows.map(|((_, day), figures)| (*day, figures.clone())).collect()
    }
}
