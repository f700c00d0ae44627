//! JavaScript's view of a JSON value: as a text, as a number, in an `if`, and against another.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Number, Value};

/// Decimal digits a number may have before JavaScript writes it with an exponent.
const LONGEST_INTEGER: i32 = 21;
/// Zeros after `0.` from which on JavaScript writes an exponent.
const LONGEST_FRACTION: i32 = 6;

/// `String(value)`.
pub(super) fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed("null"),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Number(number) => Cow::Owned(number_text(float(number))),
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(list) => Cow::Owned(list.iter().map(element_text).collect::<Vec<_>>().join(",")),
        Value::Object(_) => Cow::Borrowed("[object Object]"),
    }
}

/// In a list, `null` is written as nothing.
fn element_text(element: &Value) -> Cow<'_, str> {
    if element.is_null() { Cow::Borrowed("") } else { text(element) }
}

/// `Number(value)`; not a number where it is none.
pub(super) fn number(value: &Value) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::Number(number) => float(number),
        Value::String(_) | Value::Array(_) => parsed(&text(value)),
        Value::Object(_) => f64::NAN,
    }
}

/// `!!value`.
pub(super) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => !is_equal(float(number), 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// `left === right` of two values from different places: objects and lists are never identical.
pub(super) fn is_identical(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => is_equal(float(left), float(right)),
        (Value::Object(_) | Value::Array(_), _) => false,
        _ => left == right,
    }
}

/// Whether both have the same content. The order of an object's keys is no content.
pub(super) fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| is_same(left, right)))
        }
        _ => is_identical(left, right),
    }
}

/// How `<` and its like order two values: texts among themselves by their code units, everything else as numbers.
/// `None` where one of them is no number.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    if is_textual(left) && is_textual(right) {
        return Some(text_order(&text(left), &text(right)));
    }
    number(left).partial_cmp(&number(right))
}

/// How JavaScript orders texts: by code units of UTF-16.
pub(super) fn text_order(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

/// `left === right` of numbers.
pub(super) fn is_equal(left: f64, right: f64) -> bool {
    left.partial_cmp(&right) == Some(Ordering::Equal)
}

/// The number as JavaScript has it, which knows no integers.
pub(super) fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// Objects and lists are compared by their texts.
fn is_textual(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Array(_) | Value::Object(_))
}

/// The number that a whole text writes, with white space around it; nothing is zero.
fn parsed(text: &str) -> f64 {
    let text = text.trim_matches(is_white);
    if let Some((digits, radix)) = radix(text) {
        return integer(digits, radix);
    }
    match text {
        "" => 0.0,
        "Infinity" | "+Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ if text.bytes().all(|c| c.is_ascii_digit() || b"+-.eE".contains(&c)) => text.parse().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}

/// White space and ends of lines of JavaScript, which are Unicode's but for two characters.
fn is_white(c: char) -> bool {
    c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}')
}

/// `0x1f`, `0o17` and `0b11`: the digits and what they count in.
fn radix(text: &str) -> Option<(&str, u32)> {
    let (prefix, digits) = text.split_at_checked(2)?;
    match prefix {
        "0x" | "0X" => Some((digits, 16)),
        "0o" | "0O" => Some((digits, 8)),
        "0b" | "0B" => Some((digits, 2)),
        _ => None,
    }
}

fn integer(digits: &str, radix: u32) -> f64 {
    let add = |sum: f64, digit: char| Some(sum * f64::from(radix) + f64::from(digit.to_digit(radix)?));
    if digits.is_empty() { f64::NAN } else { digits.chars().try_fold(0.0, add).unwrap_or(f64::NAN) }
}

/// The shortest text that reads as this number again, laid out as JavaScript does.
fn number_text(number: f64) -> String {
    if is_equal(number, 0.0) {
        return "0".into();
    }
    let sign = if number < 0.0 { "-" } else { "" };
    // Rust's shortest digits are JavaScript's: `1.25e-7`.
    let scientific = format!("{:e}", number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    format!("{sign}{}", layout(mantissa, exponent))
}

/// A mantissa of one digit before its point, and its exponent, as JavaScript writes them.
fn layout(mantissa: &str, exponent: i32) -> String {
    if !(-LONGEST_FRACTION..LONGEST_INTEGER).contains(&exponent) {
        let sign = if exponent < 0 { "" } else { "+" };
        return format!("{mantissa}e{sign}{exponent}");
    }
    let digits = mantissa.replace('.', "");
    let Ok(point) = usize::try_from(exponent + 1) else {
        return format!("0.{}{digits}", zeros(exponent + 1));
    };
    match digits.split_at_checked(point) {
        Some(("", fraction)) => format!("0.{fraction}"),
        Some((_, "")) => digits,
        Some((whole, fraction)) => format!("{whole}.{fraction}"),
        None => format!("{digits:0<point$}"),
    }
}

/// Zeros between a decimal point and a number this far behind it.
fn zeros(point: i32) -> String {
    "0".repeat(usize::try_from(-point).unwrap_or_default())
}
