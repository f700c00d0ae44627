//! Communications, and what started.

use std::collections::{BTreeMap, BTreeSet};

use tributary_core::facts::{Entity, Metric};
use tributary_core::time::Millis;

use super::site::Sale;
use super::{Oracle, Who};
use crate::shop::{CAMPAIGNS, COMMUNICATIONS, LOOKBACKS, SEQUENCES};
use crate::told::What;

impl Oracle<'_> {
    pub(super) fn number(&self, communication: usize) -> u16 {
        self.config.communication(COMMUNICATIONS[communication].0).unwrap().number
    }

    pub(super) fn count_communications(&mut self, sales: &[Sale]) {
        for (one, (_, kind)) in COMMUNICATIONS.iter().enumerate() {
            let entity = Entity::Communication(self.number(one));
            let known = || (0..self.events.len()).filter(|place| self.who(*place).is_some());
            let is_hover = |what| what == What::Hover { communication: one, is_touch: false };
            let of =
                |is: &dyn Fn(What) -> bool| known().filter(|place| is(self.events[*place].what)).collect::<Vec<_>>();
            let appeared = of(&|what| what == What::Appearance(one));
            let clicked = of(&|what| what == What::Click(one));
            let hovered = of(&is_hover);
            let dismissed = of(&|what| what == What::Dismissal(one));
            let each =
                [(&appeared, Metric::Instances), (&clicked, Metric::RawClicks), (&dismissed, Metric::Dismissals)];
            let once = [
                (&appeared, Metric::SessionsShown),
                (&clicked, Metric::SessionsClicked),
                (&hovered, Metric::SessionsHovered),
            ];
            for (places, metric) in each {
                for place in places {
                    self.add(self.events[*place].at, entity, metric, 1);
                }
            }
            for (places, metric) in once {
                let mut sessions = BTreeSet::new();
                for place in places {
                    if self.session_of[*place].is_some_and(|session| sessions.insert(session)) {
                        self.add(self.events[*place].at, entity, metric, 1);
                    }
                }
            }
            for sale in sales {
                let earner = self.earner(sale);
                if earner == Some(one) {
                    self.add_sale(entity, sale);
                }
            }
            assert!(["popup", "notification", "block", "message"].contains(kind));
        }
        for sale in sales {
            if self.earner(sale).is_none() {
                self.add_sale(Entity::Unattributed, sale);
            }
        }
    }

    /// The communication that earned an order.
    fn earner(&self, sale: &Sale) -> Option<usize> {
        let (who, at) = (self.who(sale.place), self.events[sale.place].at);
        let (place, communication) = self.latest(who.as_ref(), at, |place| match self.events[place].what {
            What::Click(one) => Some(one),
            What::Hover { communication, is_touch: false } if COMMUNICATIONS[communication].1 == "notification" => {
                Some(communication)
            }
            _ => None,
        })?;
        (at - self.events[place].at <= LOOKBACKS[self.events[sale.place].era]).then_some(communication)
    }

    pub(super) fn count_starts(&mut self) {
        let sequences = (0..SEQUENCES.len()).map(|one| {
            let number = self.config.sequences.iter().find(|other| other.key == SEQUENCES[one].0).unwrap().number;
            (Entity::Sequence(number), What::SequenceStart(one))
        });
        let campaigns = (0..CAMPAIGNS.len()).map(|one| {
            let number = self.config.campaigns.iter().find(|other| other.key == CAMPAIGNS[one].0).unwrap().number;
            (Entity::Campaign(number), What::CampaignStart(one))
        });
        for (entity, start) in sequences.chain(campaigns).collect::<Vec<_>>() {
            let mut latest: BTreeMap<Who, Millis> = BTreeMap::new();
            for place in 0..self.events.len() {
                let event = self.events[place];
                if let Some(who) = self.who(place).filter(|_| event.what == start) {
                    self.add(event.at, entity, Metric::Started, 1);
                    latest.insert(who, event.at);
                }
            }
            for at in latest.into_values() {
                self.add(at, entity, Metric::People, 1);
            }
        }
    }
}
