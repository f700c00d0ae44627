//! What the changes of a variant may be. They are made under the secret key alone; what is refused here is what would be a
//! mistake, or would do more than change what a visitor sees.

use super::experiment::pattern_of;
use super::{InputError, MAX_LIST, require, text};
use crate::config::{Change, ChangeKind, Variant};

/// Changes of one variant.
pub const MAX_CHANGES: usize = 50;
/// Bytes of all changes of an experiment, as JSON: each page load of the shop carries them.
pub const MAX_CHANGES_BYTES: usize = 32 * 1024;
/// Characters of a text or an attribute's value.
const MAX_VALUE: usize = 2_000;
/// Characters of a change's HTML.
const MAX_HTML: usize = 10_000;
/// Characters of the name of an attribute, a property or a class.
const MAX_NAME: usize = 64;

/// Attributes that are no variant's to set: inline styles are forbidden by strict policies, and a frame's document is a page.
const FORBIDDEN: [&str; 2] = ["style", "srcdoc"];
/// What an attribute's value may not begin with: it would run.
const RUNNING: [&str; 3] = ["javascript:", "vbscript:", "data:text/html"];

/// The changes of all variants, the control first.
pub(super) fn changes(variants: &[Variant]) -> Result<(), InputError> {
    for (place, variant) in variants.iter().enumerate() {
        let name = format!("variants[{place}].changes");
        require(place > 0 || variant.changes.is_empty(), &name, "none: the control is the page as it is")?;
        require(variant.changes.len() <= MAX_CHANGES, &name, "at most 50")?;
        for (nth, one) in variant.changes.iter().enumerate() {
            change(&format!("{name}[{nth}]"), one)?;
        }
    }
    let all: Vec<_> = variants.iter().map(|variant| &variant.changes).collect();
    let bytes = serde_json::to_vec(&all).map_or(usize::MAX, |json| json.len());
    require(bytes <= MAX_CHANGES_BYTES, "variants", "of at most 32768 bytes of changes together")
}

fn change(at: &str, change: &Change) -> Result<(), InputError> {
    let field = |name: &str| format!("{at}.{name}");
    if let Some(page) = &change.page {
        pattern_of(&field("page.url"), page)?;
    }
    match &change.kind {
        ChangeKind::Text { selector: of, value } => {
            selector(&field("selector"), of)?;
            at_most(&field("value"), value, MAX_VALUE, "at most 2000 characters")
        }
        ChangeKind::Html { selector: of, value } => {
            selector(&field("selector"), of)?;
            at_most(&field("value"), value, MAX_HTML, "at most 10000 characters")
        }
        ChangeKind::Attribute { selector: of, name, value } => {
            selector(&field("selector"), of)?;
            attribute(&field("name"), name)?;
            let value = value.as_deref().unwrap_or_default();
            at_most(&field("value"), value, MAX_VALUE, "at most 2000 characters")?;
            require(!runs(value), &field("value"), "no address that runs a script")
        }
        ChangeKind::Class { selector: of, add, remove } => {
            selector(&field("selector"), of)?;
            require(!add.is_empty() || !remove.is_empty(), &field("add"), "given, unless `remove` is")?;
            [("add", add), ("remove", remove)].into_iter().try_for_each(|(name, list)| classes(&field(name), list))
        }
        ChangeKind::Style { selector: of, property, value } => {
            selector(&field("selector"), of)?;
            let is_name = is_within(property, MAX_NAME, |c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_');
            require(is_name, &field("property"), "the name of a CSS property")?;
            text(&field("value"), value)?;
            require(!value.contains([';', '{', '}']), &field("value"), "the value of one property")
        }
        ChangeKind::Move { selector: of, to, .. } => {
            selector(&field("selector"), of)?;
            selector(&field("to"), to)
        }
        ChangeKind::Redirect { url } => {
            text(&field("url"), url)?;
            require(is_address(url), &field("url"), "a path of the shop, or an http address")?;
            require(change.page.is_some(), &field("page"), "given: a redirect leaves certain pages only")
        }
    }
}

/// A selector as far as it can be told without a browser: nothing left open, and nothing that belongs to a style sheet.
fn selector(name: &str, value: &str) -> Result<(), InputError> {
    text(name, value)?;
    require(is_selector(value), name, "a CSS selector")
}

fn is_selector(value: &str) -> bool {
    let mut open = Vec::new();
    let mut quote = None;
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (_, '\\') => drop(letters.next()),
            (Some(closing), _) if letter == closing => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(' | '[') => open.push(if letter == '(' { ')' } else { ']' }),
            (None, ')' | ']') if open.pop() == Some(letter) => {}
            (None, ')' | ']' | '{' | '}' | ';' | '<' | '@') => return false,
            _ => {}
        }
    }
    quote.is_none() && open.is_empty() && value.split(',').all(|part| !part.trim().is_empty())
}

fn attribute(name: &str, value: &str) -> Result<(), InputError> {
    let lower = value.to_ascii_lowercase();
    let is_name = is_within(value, MAX_NAME, |c| c.is_ascii_alphanumeric() || b"-_:.".contains(&c))
        && !value.starts_with(|first: char| first.is_ascii_digit() || first == '-' || first == '.');
    let is_free = !lower.starts_with("on") && !FORBIDDEN.contains(&lower.as_str());
    require(is_name && is_free, name, "the name of an attribute, none of an event's handler, nor style or srcdoc")
}

fn classes(name: &str, list: &[String]) -> Result<(), InputError> {
    require(list.len() <= MAX_LIST, name, "at most 50")?;
    let are_names = list.iter().all(|one| (1..=MAX_NAME).contains(&one.len()) && !one.contains(char::is_whitespace));
    require(are_names, name, "classes of 1 to 64 bytes, without spaces")
}

/// Whether a value is an address that runs a script. Browsers pass over control characters and spaces in front of it, and over line breaks in it.
fn runs(value: &str) -> bool {
    let letters = value.chars().filter(|letter| !letter.is_control() && !letter.is_whitespace());
    let start: String = letters.take(16).collect::<String>().to_ascii_lowercase();
    RUNNING.iter().any(|scheme| start.starts_with(scheme))
}

/// `//` and `/\` would be another host.
fn is_address(url: &str) -> bool {
    let is_path = url.starts_with('/') && !url.starts_with("//") && !url.starts_with("/\\");
    is_path || ["https://", "http://"].iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme))
}

fn is_within(value: &str, most: usize, is_taken: impl Fn(u8) -> bool) -> bool {
    (1..=most).contains(&value.len()) && value.bytes().all(is_taken)
}

fn at_most(name: &str, value: &str, most: usize, limit: &str) -> Result<(), InputError> {
    require(value.chars().count() <= most, name, limit)
}
