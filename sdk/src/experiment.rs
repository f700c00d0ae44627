//! Which variant the visitor gets, and the exposure that says it was given.

use crate::host;
use crate::json;
use crate::page::{Page, found};
use crate::visitor;
use tributary_core::enrolment::{Standing, enrol};

impl Page {
    /// The variant, which the page is now about to show: an exposure, once per page view, while the experiment runs.
    pub fn give_variant(&mut self, key: &str) -> Option<&'static str> {
        let index = self.config.experiments.iter().position(|experiment| experiment.key == key)?;
        self.give(index)
    }

    /// The same, of the experiment at this place. In a prerendered page it is remembered until that is shown.
    pub fn give(&mut self, index: usize) -> Option<&'static str> {
        let (version, variant) = self.assigned(index)?;
        if version > 0 && !self.exposed.iter().any(|(one, _)| *one == index) {
            self.exposed.push((index, variant));
            if !self.held {
                let key = self.config.experiments.get(index)?.key;
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
        }
        Some(variant)
    }

    /// All assignments as a JSON object. Asking exposes nobody.
    pub fn assignments(&self) -> String {
        let mut all = String::from("{");
        for (index, experiment) in self.config.experiments.iter().enumerate() {
            if let Some((_, variant)) = self.assigned(index) {
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

    /// The version (0: it is no exposure) and the variant; none where the core says why not.
    #[cfg_attr(not(feature = "targeting"), allow(clippy::needless_option_as_deref))]
    pub fn assigned(&self, index: usize) -> Option<(i64, &'static str)> {
        let visitor = self.visitor.as_deref();
        let experiment = self.config.experiments.get(index)?;
        let unit = visitor.and_then(|visitor| self.unit(index, visitor));
        let standing = Standing {
            visitor,
            unit: unit.as_deref(),
            is_cookieless: self.found(found::COOKIELESS),
            holdout: self.config.holdout,
            given: &visitor::given(experiment.key),
        };
        enrol(experiment, standing, || self.admits(index)).ok()
    }

    /// Who is assigned: the visitor, or the profile that it was identified as.
    #[cfg(feature = "targeting")]
    fn unit(&self, index: usize, visitor: &str) -> Option<String> {
        let unit = if self.is_of_profiles(index) { visitor::profile() } else { visitor.to_owned() };
        Some(unit).filter(|unit| !unit.is_empty())
    }

    /// Everybody may take part.
    #[cfg(not(feature = "targeting"))]
    #[allow(clippy::unused_self)]
    fn admits(&self, _: usize) -> bool {
        true
    }

    /// Who is assigned: the visitor.
    #[cfg(not(feature = "targeting"))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps)]
    fn unit<'a>(&self, _: usize, visitor: &'a str) -> Option<&'a str> {
        Some(visitor)
    }
}
