//! Experiments that are not for everybody: conditions on what is known of the visitor, and experiments of profiles.
//!
//! The conditions are the core's, so that a condition means the same in the page and wherever the core evaluates it.

use crate::host;
use crate::page::Page;
use crate::visitor;
use serde_json::Value;
use tributary_core::condition::{Condition, Groups};
use tributary_core::page_config::{PageAudience, PageTargeting};

/// Whom the last experiments of the page are for.
#[derive(Default)]
pub struct Targeting {
    each: Vec<Audience>,
    groups: Groups,
}

struct Audience {
    is_of_profiles: bool,
    condition: Option<Condition>,
}

impl Page {
    /// Takes in the experiments that are not for everybody. One whose condition cannot be read is for nobody.
    pub fn target(&mut self, text: &'static str) {
        let Some(PageTargeting { experiments, groups }) = PageTargeting::decode(text) else { return };
        self.targeting.groups = serde_json::from_str(groups).unwrap_or_default();
        for (experiment, PageAudience { is_of_profiles, condition }) in experiments {
            let parsed = parse(condition);
            if condition.is_empty() || parsed.is_some() {
                self.config.experiments.push(experiment);
                self.targeting.each.push(Audience { is_of_profiles, condition: parsed });
            }
        }
    }

    /// Whom the experiment at this place is for; nothing where it is for everybody.
    fn audience(&self, index: usize) -> Option<&Audience> {
        let first = self.config.experiments.len() - self.targeting.each.len();
        self.targeting.each.get(index.checked_sub(first)?)
    }

    /// Whether the experiment assigns profiles.
    pub fn is_of_profiles(&self, index: usize) -> bool {
        self.audience(index).is_some_and(|audience| audience.is_of_profiles)
    }

    /// Whether the visitor, as it is now, may newly take part.
    pub fn admits(&self, index: usize) -> bool {
        let Some(condition) = self.audience(index).and_then(|audience| audience.condition.as_ref()) else {
            return true;
        };
        let attributes = serde_json::from_str(&host::attributes()).unwrap_or(Value::Null);
        condition.holds(&attributes, &self.targeting.groups)
    }
}

fn parse(condition: &str) -> Option<Condition> {
    Condition::parse(&serde_json::from_str(condition).ok()?).ok()
}
