//! Experiments that are not for everybody: conditions on what is known of the visitor, and experiments of profiles.
//!
//! The conditions are the core's, so that one means the same in the page and wherever the core evaluates it. What they ask of
//! JavaScript itself, the browser answers.

use crate::host;
use crate::page::Page;
use tributary_core::condition::Javascript;
use tributary_core::page_targeting::{Audience, decode};

/// The browser.
struct Browser;

impl Javascript for Browser {
    fn number(&self, text: &str) -> f64 {
        host::number_of(text)
    }

    fn text(&self, number: f64) -> String {
        host::text_of(number)
    }

    fn lower(&self, text: &str) -> String {
        host::lower(text)
    }

    fn matches(&self, pattern: u32, text: &str) -> bool {
        host::has_match(pattern, text)
    }
}

impl Page {
    /// Takes in the experiments that are not for everybody.
    pub fn target(&mut self, text: &'static str) {
        decode(text, &host::learn, &mut self.config.experiments, &mut self.audiences);
    }

    /// Whom the experiment at this place is for; nothing where it is for everybody.
    fn audience(&self, index: usize) -> Option<&Audience> {
        let first = self.config.experiments.len() - self.audiences.len();
        self.audiences.get(index.checked_sub(first)?)
    }

    /// Whether the experiment assigns profiles.
    pub fn is_of_profiles(&self, index: usize) -> bool {
        self.audience(index).is_some_and(|audience| audience.is_of_profiles)
    }

    /// Whether the visitor, as it is now, may newly take part.
    pub fn admits(&self, index: usize) -> bool {
        let condition = self.audience(index).and_then(|audience| audience.condition.as_ref());
        condition.is_none_or(|condition| condition.holds(&host::attributes(), &Browser))
    }
}
