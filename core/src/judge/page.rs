//! Whether an address is one that a goal is about.

use regex_lite::{Regex, RegexBuilder};

use super::Rules;
use super::syntax::is_common;
use crate::config::{Address, Goal, UrlOperator};

/// Memory of one compiled pattern: every shard compiles all of its site's, and objects share an isolate.
const MAX_PATTERN_BYTES: usize = 32 * 1024;

impl Rules {
    /// Whether a page view means something to a goal: it meets it, its session could be entered here, or was on the page.
    pub(super) fn is_viewed(&self, goal: &Goal, address: &str) -> bool {
        goal.kind.address().is_some_and(|pattern| self.is_at(pattern, address))
    }

    pub(super) fn is_at(&self, pattern: &Address, address: &str) -> bool {
        let url = &pattern.url;
        let address = if url.starts_with('/') { path(address) } else { address };
        match pattern.operator {
            UrlOperator::Equals => address == url,
            UrlOperator::Contains => address.contains(url.as_str()),
            UrlOperator::StartsWith => address.starts_with(url.as_str()),
            UrlOperator::Regex => self.patterns.get(url).is_some_and(|pattern| pattern.is_match(address)),
        }
    }
}

/// Path and query of an address.
fn path(address: &str) -> &str {
    let after_scheme = address.find("://").map_or(0, |at| at + 3);
    address[after_scheme..].find('/').map_or("/", |at| &address[after_scheme + at..])
}

/// A regular expression of a goal or a condition; `None` where it has no meaning, another one in JavaScript, or would take
/// more memory than one may.
pub fn pattern(text: &str, ignores_case: bool) -> Option<Regex> {
    let mut builder = RegexBuilder::new(text);
    builder.case_insensitive(ignores_case).size_limit(MAX_PATTERN_BYTES);
    is_common(text).then(|| builder.build().ok())?
}
