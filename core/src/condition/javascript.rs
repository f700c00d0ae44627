//! JavaScript's view of a JSON value: as a text, as a number, in an `if`, and against another.
//!
//! What only JavaScript itself can say is asked of a [`Javascript`]: of the browser where there is one.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::value::Value;

/// What conditions ask of JavaScript itself. In the page that is the browser; elsewhere [`native`](super::native) does as it does.
pub trait Javascript {
    /// `Number(text)`.
    fn number(&self, text: &str) -> f64;
    /// `String(number)`.
    fn text(&self, number: f64) -> String;
    /// `text.toLowerCase()`.
    fn lower(&self, text: &str) -> String;
    /// Whether the pattern of this number has a match.
    fn matches(&self, pattern: u32, text: &str) -> bool;
}

/// `String(value)`.
pub(super) fn text<'a>(value: &'a Value, js: &dyn Javascript) -> Cow<'a, str> {
    match value {
        Value::Null => Cow::Borrowed("null"),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Number(number) => Cow::Owned(js.text(*number)),
        Value::Text(text) => Cow::Borrowed(text),
        Value::List(list) => Cow::Owned(list_text(list, js)),
        Value::Object(_) => Cow::Borrowed("[object Object]"),
    }
}

/// In a list, `null` is written as nothing.
fn list_text(list: &[Value], js: &dyn Javascript) -> String {
    let mut written = String::new();
    for (place, element) in list.iter().enumerate() {
        if place > 0 {
            written.push(',');
        }
        if !element.is_null() {
            written.push_str(&text(element, js));
        }
    }
    written
}

/// `Number(value)`; not a number where it is none.
pub(super) fn number(value: &Value, js: &dyn Javascript) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::Number(number) => *number,
        Value::Text(_) | Value::List(_) => js.number(&text(value, js)),
        Value::Object(_) => f64::NAN,
    }
}

/// `!!value`.
pub(super) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => !number.is_nan() && !is_equal(*number, 0.0),
        Value::Text(text) => !text.is_empty(),
        Value::List(_) | Value::Object(_) => true,
    }
}

/// `left === right` of two values from different places: objects and lists are never identical.
pub(super) fn is_identical(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Number(left), Value::Number(right)) => is_equal(*left, *right),
        (Value::Text(left), Value::Text(right)) => left == right,
        _ => false,
    }
}

/// Whether both have the same content. The order of an object's keys is no content.
pub(super) fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| {
                    let other = right.iter().find(|(other, _)| other == key);
                    other.is_some_and(|(_, other)| is_same(value, other))
                })
        }
        _ => is_identical(left, right),
    }
}

/// How `<` and its like order two values: texts among themselves by their code units, everything else as numbers.
/// `None` where one of them is no number.
pub(super) fn order(left: &Value, right: &Value, js: &dyn Javascript) -> Option<Ordering> {
    if is_textual(left) && is_textual(right) {
        return Some(text_order(&text(left, js), &text(right, js)));
    }
    number(left, js).partial_cmp(&number(right, js))
}

/// How JavaScript orders texts: by code units of UTF-16.
pub(super) fn text_order(left: &str, right: &str) -> Ordering {
    left.chars().map(rank).cmp(right.chars().map(rank))
}

/// Where a letter stands by its first code unit: those that take two begin below the last of the others.
fn rank(letter: char) -> u32 {
    let letter = u32::from(letter);
    if (0xe000..0x1_0000).contains(&letter) { letter + 0x11_0000 } else { letter }
}

/// `left === right` of numbers.
pub(super) fn is_equal(left: f64, right: f64) -> bool {
    left.partial_cmp(&right) == Some(Ordering::Equal)
}

/// Objects and lists are compared by their texts.
fn is_textual(value: &Value) -> bool {
    matches!(value, Value::Text(_) | Value::List(_) | Value::Object(_))
}
