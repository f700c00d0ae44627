//! Stored rows: a byte that names the format, then the value in postcard, and nothing after it.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The row of a value.
pub fn encode(format: u8, value: &impl Serialize) -> Vec<u8> {
    postcard::to_extend(value, vec![format]).unwrap_or_default()
}

/// Reads a row; `None` where it is damaged or of another format.
pub fn decode<T: DeserializeOwned>(format: u8, row: &[u8]) -> Option<T> {
    let (_, value) = row.split_first().filter(|(first, _)| **first == format)?;
    let (value, rest) = postcard::take_from_bytes(value).ok()?;
    rest.is_empty().then_some(value)
}
