//! Regular expressions of conditions.

use regex_lite::Regex;

use crate::judge;

/// A regular expression as it was written.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    pub(super) source: String,
    pub(super) ignores_case: bool,
    pub(super) regex: Regex,
}

impl Pattern {
    /// Compiles it; `None` where it has no meaning or would take more memory than a goal's may.
    pub(super) fn new(text: &str, ignores_case: bool) -> Option<Self> {
        let regex = if ignores_case { judge::pattern(&either_case(text), true) } else { judge::pattern(text, false) };
        Some(Self { source: text.to_owned(), ignores_case, regex: regex? })
    }
}

/// The pattern with both cases of each letter beyond ASCII, which ignoring case leaves alone: `é` becomes `[éÉ]`. The ends of a
/// range stay as they are.
fn either_case(pattern: &str) -> String {
    let mut written = String::with_capacity(pattern.len());
    let mut is_class = false;
    let mut before = None;
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        let is_escaped = before == Some('\\');
        let is_end_of_range = is_class && (before == Some('-') || rest.peek() == Some(&'-'));
        match other_case(c).filter(|_| !is_escaped && !is_end_of_range) {
            Some(other) if is_class => written.extend([c, other]),
            Some(other) => written.extend(['[', c, other, ']']),
            None => written.push(c),
        }
        is_class = if is_escaped { is_class } else { (is_class || c == '[') && c != ']' };
        // What is escaped means nothing to what follows.
        before = (!is_escaped).then_some(c);
    }
    written
}

/// The other case of a letter beyond ASCII, where that is one letter beyond ASCII too.
fn other_case(c: char) -> Option<char> {
    let other = if c.is_lowercase() { only(c.to_uppercase()) } else { only(c.to_lowercase()) };
    other.filter(|other| !c.is_ascii() && !other.is_ascii() && *other != c)
}

fn only(mut cases: impl Iterator<Item = char>) -> Option<char> {
    cases.next().filter(|_| cases.next().is_none())
}
