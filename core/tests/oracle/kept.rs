//! A site's tables in memory, filled and read as the Worker does it: a row a day, and totals of the days that are over.

use std::collections::BTreeMap;

use tributary_core::config::Config;
use tributary_core::facts::{Entity, Facts, Figures, add_to};
use tributary_core::report::{Asked, Ledger, Total};
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
            let (entity, stored) = (*entity, self.totals.get(entity).cloned());
            let closing = Total::closing(stored.as_ref(), *day);
            let mut total = stored.unwrap_or(Total { until: Day(i32::MIN), figures: Figures::new() });
            let mut is_changed = total.take(*day, figures);
            if let Some(range) = closing {
                let rows = self.counters.range((entity, range.from)..=(entity, range.to));
                rows.for_each(|(_, figures)| add_to(&mut total.figures, figures));
                total.until = range.to;
                is_changed = true;
            }
            if is_changed {
                self.totals.insert(entity, total);
                self.totals_written += 1;
            }
        }
    }

    /// What a report is read from, and how many rows that took.
    pub fn read(&self, asked: Asked, config: &Config, now: Millis) -> (Ledger, usize) {
        let (mut ledger, mut rows) = (Ledger::default(), 0);
        for need in asked.needs(config, now) {
            let total = self.totals.get(&need.entity).filter(|_| need.is_run);
            for span in need.spans(total) {
                for ((_, day), figures) in self.counters.range((need.entity, span.from)..=(need.entity, span.to)) {
                    ledger.take_row(&need, total, *day, figures);
                    rows += 1;
                }
            }
            if let Some(total) = total {
                ledger.take_run(need.entity, &total.figures);
                rows += 1;
            }
        }
        (ledger, rows)
    }
}
