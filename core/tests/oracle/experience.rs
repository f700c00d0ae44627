//! Triggered experiences and their windows.

use std::collections::BTreeSet;

use tributary_core::facts::{Earned, Entity, Metric};

use super::Oracle;
use super::site::Sale;
use crate::shop::{EXPERIENCES, WINDOWS};
use crate::told::What;

impl Oracle<'_> {
    /// The variant of an experience that an event executed.
    pub(super) fn executed(&self, place: usize, experience: usize) -> Option<usize> {
        match self.events[place].what {
            What::Execution { experience: other, variant } if other == experience && !self.is_held_out(place) => {
                Some(variant)
            }
            _ => None,
        }
    }

    pub(super) fn count_experiences(&mut self, sales: &[Sale]) {
        for (one, (key, variants)) in EXPERIENCES.iter().enumerate() {
            let entity =
                Entity::Experience(self.config.experiences.iter().find(|other| other.key == *key).unwrap().number);
            for variant in 0..variants.len() {
                let tag = u8::try_from(variant).unwrap();
                let mut reached = BTreeSet::new();
                for place in 0..self.events.len() {
                    let Some(who) = self.who(place) else { continue };
                    if self.executed(place, one) == Some(variant) && reached.insert(who) {
                        self.add(self.events[place].at, entity, Metric::Reached(tag), 1);
                    }
                }
                for window in 0..5_u8 {
                    let (mut sessions, mut people) = (BTreeSet::new(), BTreeSet::new());
                    for sale in sales {
                        let (who, at) = (self.who(sale.place), self.events[sale.place].at);
                        let latest = self.latest(who.as_ref(), at, |place| self.executed(place, one));
                        let Some((execution, _)) = latest.filter(|(_, executed)| *executed == variant) else {
                            continue;
                        };
                        let executed_at = self.events[execution].at;
                        let lengths = WINDOWS[self.events[sale.place].era];
                        if at - executed_at > lengths[usize::from(window)] {
                            continue;
                        }
                        let of = |measure| Metric::Window { variant: tag, window, measure };
                        self.add(executed_at, entity, of(Earned::Orders(sale.currency)), 1);
                        self.add(executed_at, entity, of(Earned::Gross(sale.currency)), sale.gross);
                        self.add(executed_at, entity, of(Earned::Net(sale.currency)), sale.net);
                        if sessions.insert(self.session_of[sale.place].unwrap()) {
                            self.add(executed_at, entity, of(Earned::Conversions), 1);
                        }
                        if people.insert(who) {
                            self.add(executed_at, entity, of(Earned::People), 1);
                        }
                    }
                }
            }
        }
    }
}
