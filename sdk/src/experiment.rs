//! Which variant the visitor gets, and the exposure that says it was given.

use crate::host;
use crate::json;
use crate::page::{Page, found};
use crate::visitor;
use tributary_core::assignment;
use tributary_core::page_config::PageExperiment;
use tributary_core::text::{self, cut};

impl Page {
    /// The variant, which the page is now about to show: an exposure, once per page view.
    pub fn give_variant(&mut self, key: &str) -> Option<&'static str> {
        let index = self.config.experiments.iter().position(|experiment| experiment.key == key)?;
        let (version, variant) = self.assigned(self.config.experiments.get(index)?)?;
        if !self.exposed.contains(&index) {
            self.exposed.push(index);
            visitor::give(key, version, variant);
            let mut event = String::from("\"$exposure\",{\"experiment\":");
            json::string(&mut event, key);
            event.push_str(",\"variant\":");
            json::string(&mut event, variant);
            event.push_str(",\"version\":");
            json::number(&mut event, version);
            event.push('}');
            host::exposed(&event);
            self.record(&event);
        }
        Some(variant)
    }

    /// All assignments as a JSON object. Asking exposes nobody.
    pub fn assignments(&self) -> String {
        let mut all = String::from("{");
        for experiment in &self.config.experiments {
            if let Some((_, variant)) = self.assigned(experiment) {
                if all.len() > 1 {
                    all.push(',');
                }
                json::string(&mut all, experiment.key);
                all.push(':');
                json::string(&mut all, variant);
            }
        }
        all.push('}');
        all
    }

    /// What the visitor was given stays, with the version it was assigned under; else the hash decides.
    fn assigned(&self, experiment: &PageExperiment<'static>) -> Option<(i64, &'static str)> {
        let id = self.visitor.as_ref()?;
        if self.found(found::COOKIELESS) || assignment::is_held_out(id, self.config.holdout) || !experiment.has(id) {
            return None;
        }
        let given = visitor::given(experiment.key);
        let (version, given) = cut(&given, b' ');
        if let Some((variant, _)) = experiment.variants.iter().find(|(variant, _)| *variant == given) {
            return Some((text::number(version), variant));
        }
        let weights = experiment.variants.iter().map(|&(_, weight)| weight);
        let index = assignment::assign(experiment.seed, id, experiment.coverage, weights)?;
        let (variant, _) = experiment.variants.get(index)?;
        Some((i64::from(experiment.version), variant))
    }
}
