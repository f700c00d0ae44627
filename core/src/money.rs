//! Money: integers in a currency's minor unit, parsed from decimal text, never through binary floating point.

use iso_currency::Currency as Iso;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount this large (in minor units) or larger is no believable revenue: it is treated as bad.
pub const LIMIT: i64 = 1_000_000_000_000_000;

/// An ISO 4217 currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Finds a currency by its code, in any case; `None` where ISO 4217 does not know it.
    pub fn parse(code: &str) -> Option<Self> {
        let code = code.to_ascii_uppercase();
        Iso::from_code(&code)?;
        Some(Self(code.as_bytes().try_into().ok()?))
    }

    /// The three-letter code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Digits after the decimal point: 2 for USD, 0 for JPY, 3 for KWD.
    pub fn digits(&self) -> u32 {
        Iso::from_code(self.code()).and_then(Iso::exponent).map_or(2, u32::from)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).ok_or_else(|| serde::de::Error::custom("unknown currency"))
    }
}

/// An amount of one currency in its minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Money {
    /// The currency.
    pub currency: Currency,
    /// Minor units: 9990 for 99.90 USD.
    pub minor: i64,
}

/// Minor units of a JSON number's text (`99.90`, `1e2`), rounded half away from zero; `None` for anything negative, not a
/// number, or beyond [`LIMIT`].
pub fn parse(text: &str, currency: Currency) -> Option<Money> {
    let (mantissa, exponent) = parts(text);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if whole.is_empty() || !digits().all(|digit| digit.is_ascii_digit()) {
        return (is_zero(mantissa)).then_some(Money { currency, minor: 0 });
    }
    // Digits that stand before the minor unit's decimal point.
    let kept = i64::try_from(whole.len()).ok()? + i64::from(exponent) + i64::from(currency.digits());
    let mut minor: i64 = 0;
    let mut digits = digits();
    for _ in 0..kept.max(0) {
        // Beyond the written digits only zeros follow: stop as soon as they cannot change anything.
        let digit = match digits.next() {
            Some(digit) => digit - b'0',
            None if minor == 0 => break,
            None => 0,
        };
        minor = minor * 10 + i64::from(digit);
        if minor >= LIMIT {
            return None;
        }
    }
    let rounds_up = kept >= 0 && digits.next().is_some_and(|digit| digit >= b'5');
    let minor = minor + i64::from(rounds_up);
    (minor < LIMIT).then_some(Money { currency, minor })
}

/// A number's text before its exponent, and the exponent: one that is beyond all others is as large as can be.
fn parts(text: &str) -> (&str, i32) {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return (text, 0) };
    let beyond = if exponent.starts_with('-') { i32::MIN } else { i32::MAX };
    (mantissa, exponent.parse().unwrap_or(beyond))
}

/// A JSON number's text in billionths, rounded half away from zero; `None` beyond 10^15.
pub fn billionths(text: &str) -> Option<i128> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (mantissa, exponent) = parts(text);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let kept = i64::try_from(whole.len()).ok()? + i64::from(exponent) + 9;
    let mut digits = whole.bytes().chain(fraction.bytes());
    let mut sum: i128 = 0;
    for _ in 0..kept.max(0) {
        let digit = match digits.next() {
            Some(digit @ b'0'..=b'9') => digit - b'0',
            Some(_) => return None,
            None if sum == 0 => break,
            None => 0,
        };
        sum = sum * 10 + i128::from(digit);
        if sum >= i128::from(LIMIT) * 1_000_000_000 {
            return None;
        }
    }
    let rounds_up = kept >= 0 && digits.next().is_some_and(|digit| digit >= b'5');
    Some(sign * (sum + i128::from(rounds_up)))
}

/// `-0`, `-0.0`: JSON knows them, and they are no debt.
fn is_zero(mantissa: &str) -> bool {
    mantissa.strip_prefix('-').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|c| c == b'0' || c == b'.'))
}

/// The decimal text of an amount: `99.90`.
pub fn decimal(minor: i128, currency: Currency) -> String {
    let digits = currency.digits() as usize;
    let sign = if minor < 0 { "-" } else { "" };
    let text = format!("{:0width$}", minor.unsigned_abs(), width = digits + 1);
    let (whole, fraction) = text.split_at(text.len() - digits);
    if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// `total / count`, rounded half away from zero; `None` when there is nothing to divide by.
pub fn average(total: i128, count: i128) -> Option<i128> {
    let half = if total < 0 { -count / 2 } else { count / 2 };
    (count > 0).then(|| (total + half) / count)
}
