//! Numbers as people read them: `1,234`, `12.3 %`, `$1,234.50`, `2 days`.

use crate::money::Currency;

/// Keeps a number and its unit on one line.
const NO_BREAK: char = '\u{a0}';

/// A count with its thousands set apart: `1,234`.
pub fn count(count: impl Into<i128>) -> String {
    let count = count.into();
    let sign = if count < 0 { "−" } else { "" };
    format!("{sign}{}", grouped(&count.unsigned_abs().to_string()))
}

/// `1 day`, `1,200 days`.
pub fn plural(number: impl Into<i128>, noun: &str) -> String {
    let number = number.into();
    format!("{}{NO_BREAK}{noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// An amount given as decimal text, with its currency: `$1,234.50`, `¥500`, `CHF 80.00`.
pub fn amount(decimal: &str, currency: Currency) -> String {
    let (whole, fraction) = decimal.split_once('.').map_or((decimal, None), |(whole, rest)| (whole, Some(rest)));
    let mut shown = match currency.code() {
        "USD" => "$".to_owned(),
        "EUR" => "€".to_owned(),
        "GBP" => "£".to_owned(),
        "JPY" => "¥".to_owned(),
        code => format!("{code}{NO_BREAK}"),
    };
    shown.push_str(&grouped(whole));
    if let Some(fraction) = fraction {
        shown.push('.');
        shown.push_str(fraction);
    }
    shown
}

/// A configured share, 0 to 1, in per cent with as many decimals as it has, two at most: `50 %`, `33.34 %`.
pub fn share(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    format!("{}{NO_BREAK}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Tenths of a per cent: `12.3 %`, with `plus` before what is positive.
pub fn tenths_of_percent(tenths: i128, plus: &str) -> String {
    format!("{}{NO_BREAK}%", with_one_decimal(tenths, plus))
}

/// Tenths as a number: `12.3`, with `plus` before what is positive.
pub fn with_one_decimal(tenths: i128, plus: &str) -> String {
    let sign = match tenths {
        ..0 => "−",
        0 => "",
        1.. => plus,
    };
    let tenths = tenths.unsigned_abs();
    format!("{sign}{}.{}", grouped(&(tenths / 10).to_string()), tenths % 10)
}

/// A relative difference in per cent with one decimal and its sign: `+12.3 %`, `−4.0 %`, `0.0 %`.
pub fn change(relative: f64) -> String {
    tenths_of_percent(tenths(relative), "+")
}

/// How large a relative difference is, without its sign: `12.3 %`.
pub fn size(relative: f64) -> String {
    tenths_of_percent(tenths(relative.abs()), "")
}

/// A chance in per cent, never one that says more than is known: `97.5 %`, `more than 99.9 %`, `less than 0.1 %`.
pub fn chance(chance: f64) -> String {
    match tenths(chance) {
        1_000.. => format!("more than {}", tenths_of_percent(999, "")),
        0 => format!("less than {}", tenths_of_percent(1, "")),
        tenths => tenths_of_percent(tenths, ""),
    }
}

/// A p-value: `p = 0.012`, `p < 0.001`.
pub fn p_value(p: f64) -> String {
    if p < 0.001 { format!("p{NO_BREAK}<{NO_BREAK}0.001") } else { format!("p{NO_BREAK}={NO_BREAK}{p:.3}") }
}

/// Whether a relative difference shows as none at all.
pub(super) fn is_nothing(relative: f64) -> bool {
    tenths(relative) == 0
}

#[expect(clippy::cast_possible_truncation, reason = "what is beyond saturates, and nobody reads so many digits")]
fn tenths(share: f64) -> i128 {
    (share * 1_000.0).round() as i128
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
