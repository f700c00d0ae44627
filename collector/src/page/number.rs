//! Figures as a merchant reads them: `1,234`, `12.3 %`, `$1,234.50`, `2 days`.
//!
//! Rates and differences are rounded once, half away from zero, from whole numbers, never through binary floating point.

use tributary_core::money::average;
use tributary_core::time::{DAY, HOUR, MINUTE, Millis};
pub use tributary_core::words::number::{amount, chance, change, count, p_value, plural, share, size};
use tributary_core::words::number::{tenths_of_percent, with_one_decimal};

/// A figure that cannot be given (an average of nothing, a rate before results show).
pub const NONE: &str = "–";

/// Keeps a number and its unit on one line.
const NO_BREAK: char = '\u{a0}';

/// `part / whole` in per cent with one decimal: `12.3 %`. [`NONE`] of nothing.
pub fn percent(part: impl Into<i128>, whole: impl Into<i128>) -> String {
    per_mille(part.into(), whole.into()).map_or(NONE.into(), |tenths| tenths_of_percent(tenths, ""))
}

/// How far `part / whole` lies from `base_part / base_whole`, relative to the latter: `+12.4 %`, `−3.0 %`.
///
/// [`NONE`] where the base is zero, or either is an average of nothing.
pub fn difference(part: i128, whole: i128, base_part: i128, base_whole: i128) -> String {
    if whole <= 0 || base_whole <= 0 {
        return NONE.into();
    }
    let (ours, base) = (part * base_whole, base_part * whole);
    per_mille(ours - base, base).map_or(NONE.into(), |tenths| tenths_of_percent(tenths, "+"))
}

/// `part / whole` with one decimal and its sign: `+12.3`, `−0.4`. [`NONE`] where there is nothing to divide by.
pub fn tenths(part: i128, whole: i128) -> String {
    let tenths = part.checked_mul(10).and_then(|part| average(part, whole));
    tenths.map_or(NONE.into(), |tenths| with_one_decimal(tenths, "+"))
}

/// A length of time in its largest whole unit: `2 days`, `1 hour`.
pub fn duration(length: Millis) -> String {
    match length {
        days if days >= DAY => plural(days / DAY, "day"),
        hours if hours >= HOUR => plural(hours / HOUR, "hour"),
        minutes => plural((minutes / MINUTE).max(0), "minute"),
    }
}

/// `2026-11-03` as `3 Nov`; what is no such day stays as it is.
pub fn short_day(day: &str) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = day.splitn(3, '-').skip(1).map(|part| part.parse::<usize>().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(month @ 1..=12), Some(of_month)) => format!("{of_month}{NO_BREAK}{}", MONTHS[month - 1]),
        _ => day.to_owned(),
    }
}

fn per_mille(part: i128, whole: i128) -> Option<i128> {
    average(part.checked_mul(1_000)?, whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tributary_core::money::Currency;

    fn plain(text: &str) -> String {
        text.replace(NO_BREAK, " ")
    }

    #[test]
    fn thousands_are_set_apart() {
        for (number, shown) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-1_234, "−1,234")]
        {
            assert_eq!(count(number), shown);
        }
    }

    #[test]
    fn a_rate_has_one_decimal_rounded_half_away_from_zero_and_is_absent_of_nothing() {
        for (part, whole, shown) in [
            (0, 10, "0.0 %"),
            (123, 1_000, "12.3 %"),
            (1, 3, "33.3 %"),
            (1_235, 10_000, "12.4 %"),
            (10, 10, "100.0 %"),
            (0, 0, "–"),
        ] {
            assert_eq!(plain(&percent(part, whole)), shown, "{part} of {whole}");
        }
    }

    #[test]
    fn a_difference_is_relative_to_control_and_carries_its_sign() {
        for (ours, base, shown, why) in [
            ((12, 100), (10, 100), "+20.0 %", "more"),
            ((9, 100), (10, 100), "−10.0 %", "less"),
            ((20, 200), (10, 100), "0.0 %", "equal rates of unequal groups"),
            ((5, 100), (0, 100), "–", "nothing is relative to zero"),
            ((5, 0), (10, 100), "–", "a rate of nobody"),
            ((5, 100), (0, 0), "–", "a control of nobody"),
        ] {
            assert_eq!(plain(&difference(ours.0, ours.1, base.0, base.1)), shown, "{why}");
        }
    }

    #[test]
    fn an_amount_stands_with_its_currency() {
        for (decimal, code, shown) in [
            ("99.90", "USD", "$99.90"),
            ("1234567.89", "EUR", "€1,234,567.89"),
            ("500", "JPY", "¥500"),
            ("1.234", "KWD", "KWD 1.234"),
        ] {
            let currency = Currency::parse(code).expect(code);
            assert_eq!(plain(&amount(decimal, currency)), shown);
        }
    }

    #[test]
    fn a_share_has_as_many_decimals_as_it_needs() {
        for (given, shown) in [(1.0, "100 %"), (0.5, "50 %"), (0.3334, "33.34 %"), (0.001, "0.1 %"), (0.0, "0 %")] {
            assert_eq!(plain(&share(given)), shown);
        }
    }

    #[test]
    fn a_length_of_time_is_told_in_its_largest_whole_unit() {
        for (length, shown) in [(0, "0 minutes"), (HOUR, "1 hour"), (DAY - 1, "23 hours"), (2 * DAY, "2 days")] {
            assert_eq!(plain(&duration(length)), shown);
        }
    }

    #[test]
    fn a_day_on_an_axis_is_short() {
        assert_eq!(plain(&short_day("2026-11-03")), "3 Nov");
        assert_eq!(short_day("day 3"), "day 3");
    }
}
