//! Versions in a form whose order as texts is their order as versions.

use serde_json::Value;

use super::javascript;

/// Width that numbers are padded to: to 99,999 they are ordered as numbers.
const WIDTH: usize = 5;
/// Behind every letter, so that `1.0.0` comes after `1.0.0-beta`.
const RELEASE: &str = "~";

/// The padded form of a version such as `v1.2.3-rc.1+build7`, without the `v` and what follows `+`. What is neither a
/// text nor a number, and the empty text, is version 0.
pub(super) fn padded(version: &Value) -> String {
    let text = match version {
        Value::String(text) if !text.is_empty() => text.into(),
        Value::Number(_) => javascript::text(version),
        _ => "0".into(),
    };
    let text = text.strip_prefix('v').unwrap_or(&text);
    let text = text.split('+').next().unwrap_or_default();
    let mut parts: Vec<String> = text.split(['-', '.']).map(part).collect();
    if parts.len() == 3 {
        parts.push(RELEASE.into());
    }
    parts.join("-")
}

/// A number, padded with spaces; anything else as it is.
fn part(text: &str) -> String {
    let is_number = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    if is_number { format!("{text:>WIDTH$}") } else { text.into() }
}
