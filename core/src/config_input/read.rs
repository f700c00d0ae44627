//! The JSON body of a call, read into its type; what cannot be read is named.
//!
//! `serde_path_to_error` would name it too, for 22 KB of the Worker: every type's reading code stands there a second time. The
//! place in the text that an error of `serde_json` tells is enough to find the field from.

use serde::Deserialize;
use serde_json::error::Category;

use super::InputError;

/// Reads a body.
///
/// The error names the field: the one of another type, the one that is missing, the one that is unknown.
pub fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, InputError> {
    // What is stored is read out of texts: out of bytes the Worker would have each type's reading code a second time.
    let text = std::str::from_utf8(body).map_err(|error| not_json(error.to_string()))?;
    serde_json::from_str(text).map_err(|error| malformed(body, &error))
}

fn not_json(problem: String) -> InputError {
    InputError::Malformed { field: "body".into(), limit: "JSON".into(), problem }
}

fn malformed(body: &[u8], error: &serde_json::Error) -> InputError {
    let problem = error.to_string();
    let mut field = path_at(body, offset(body, error.line(), error.column()));
    if problem.starts_with("trailing characters") && field.ends_with(']') {
        return InputError::Malformed { field, limit: "absent: the list ends before it".into(), problem };
    }
    if error.classify() != Category::Data {
        return not_json(problem);
    }
    let missing = problem.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    if let Some(name) = missing {
        // What is told is the end of the object that it is missing from.
        if !field.is_empty() {
            field.push('.');
        }
        field.push_str(name);
    }
    if field.is_empty() {
        field.push_str("body");
    }
    let expected = problem.rsplit_once("expected ").map(|(_, expected)| expected);
    let limit = match (missing, expected) {
        (Some(_), _) => "given",
        (None, Some(expected)) => expected.split(" at line ").next().unwrap_or(expected),
        (None, None) => "of the call's shape",
    };
    InputError::Malformed { limit: limit.to_owned(), field, problem }
}

/// The byte that an error's line and column (in bytes, after what was read) point at.
fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let before: usize = text.split(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(|line| line.len() + 1).sum();
    (before + column).min(text.len())
}

/// An object or list that is open, and where in it we are.
enum Open<'a> {
    Object { key: &'a [u8], wants_key: bool },
    List { place: usize },
}

/// Where the value stands whose text goes up to `end`: `goals[1].window_ms`; empty for the whole.
fn path_at(text: &[u8], end: usize) -> String {
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut at = 0;
    while at < end {
        match (text[at], open.last_mut()) {
            (b'{', _) => open.push(Open::Object { key: b"", wants_key: true }),
            (b'[', _) => open.push(Open::List { place: 0 }),
            (b'}' | b']', _) => drop(open.pop()),
            (b',', Some(Open::List { place })) => *place += 1,
            (b',', Some(Open::Object { wants_key, .. })) => *wants_key = true,
            (b':', Some(Open::Object { wants_key, .. })) => *wants_key = false,
            (b'"', within) => {
                let start = at + 1;
                at = end_of_string(text, start);
                if let Some(Open::Object { key, wants_key: true }) = within {
                    *key = &text[start..at];
                }
            }
            _ => {}
        }
        at += 1;
    }
    let mut path = String::new();
    for level in &open {
        match level {
            Open::Object { key, .. } => {
                if !path.is_empty() && !key.is_empty() {
                    path.push('.');
                }
                path.push_str(&String::from_utf8_lossy(key));
            }
            Open::List { place } => {
                path.push('[');
                path.push_str(&place.to_string());
                path.push(']');
            }
        }
    }
    path
}

/// The closing quote of a text that begins at `at`, or the end.
fn end_of_string(text: &[u8], mut at: usize) -> usize {
    while at < text.len() && text[at] != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    at.min(text.len())
}
