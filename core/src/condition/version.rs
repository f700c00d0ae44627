//! Versions in a form whose order as texts is their order as versions.

use super::javascript::{self, Javascript};
use super::value::Value;
use crate::text::cut;

/// Width that numbers are padded to: to 99,999 they are ordered as numbers.
const WIDTH: usize = 5;
/// Behind every letter, so that `1.0.0` comes after `1.0.0-beta`.
const RELEASE: &str = "~";

/// The padded form of a version such as `v1.2.3-rc.1+build7`, without the `v` and what follows `+`. What is neither a
/// text nor a number, and the empty text, is version 0.
pub(super) fn padded(version: &Value, js: &dyn Javascript) -> String {
    let text = match version {
        Value::Text(text) if !text.is_empty() => text.into(),
        Value::Number(_) => javascript::text(version, js),
        _ => "0".into(),
    };
    let text = text.strip_prefix('v').unwrap_or(&text);
    let (mut rest, _) = cut(text, b'+');
    let mut padded = String::new();
    let mut parts = 1;
    while let Some(end) = rest.bytes().position(|byte| byte == b'-' || byte == b'.') {
        let (before, after) = rest.split_at_checked(end).unwrap_or_default();
        pad(&mut padded, before);
        padded.push('-');
        parts += 1;
        rest = after.get(1..).unwrap_or_default();
    }
    pad(&mut padded, rest);
    if parts == 3 {
        padded.push('-');
        padded.push_str(RELEASE);
    }
    padded
}

/// Appends a number, padded with spaces; anything else as it is.
fn pad(padded: &mut String, part: &str) {
    if part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty() {
        (part.len()..WIDTH).for_each(|_| padded.push(' '));
    }
    padded.push_str(part);
}
