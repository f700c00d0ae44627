//! JavaScript's texts, numbers and patterns where there is no JavaScript. That they are the browser's own is held by the
//! fixture that both run (`tests/fixtures/condition.json`).

use std::cell::RefCell;

use super::javascript::{Javascript, is_equal};
use super::pattern::Pattern;

/// Decimal digits a number may have before JavaScript writes it with an exponent.
const LONGEST_INTEGER: i32 = 21;
/// Zeros after `0.` from which on JavaScript writes an exponent.
const LONGEST_FRACTION: i32 = 6;

/// What stands in for the browser: with what says whether the pattern of a number has a match.
pub(super) struct Native<F>(pub(super) F);

impl<F: Fn(u32, &str) -> bool> Javascript for Native<F> {
    fn number(&self, text: &str) -> f64 {
        parsed(text)
    }

    fn text(&self, number: f64) -> String {
        number_text(number)
    }

    fn lower(&self, text: &str) -> String {
        text.to_lowercase()
    }

    fn matches(&self, pattern: u32, text: &str) -> bool {
        self.0(pattern, text)
    }
}

/// Whether the pattern of this number has a match.
pub(super) fn has_match(patterns: &[Pattern], number: u32, text: &str) -> bool {
    let pattern = usize::try_from(number).ok().and_then(|place| patterns.get(place));
    pattern.is_some_and(|pattern| pattern.regex.is_match(text))
}

/// The patterns of conditions that are read in their compiled form, where there is no browser.
#[derive(Debug, Default)]
pub struct Patterns(RefCell<Vec<Pattern>>);

impl Patterns {
    /// The number of a pattern, by its source and whether case counts for nothing. One without meaning has no match.
    pub fn learn(&self, source: &str, ignores_case: bool) -> u32 {
        let mut known = self.0.borrow_mut();
        let Some(pattern) = Pattern::new(source, ignores_case) else { return u32::MAX };
        known.push(pattern);
        u32::try_from(known.len() - 1).unwrap_or(u32::MAX)
    }

    /// What the conditions ask.
    pub fn javascript(&self) -> impl Javascript {
        Native(|pattern, text: &str| has_match(&self.0.borrow(), pattern, text))
    }
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
