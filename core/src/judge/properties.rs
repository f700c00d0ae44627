//! An event's properties, read when a rule asks for them.
//!
//! JSON knows numbers of any size, and a page may send `1e400`, which no number here is. Such a number is as good as
//! absent, and costs no other property.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde_json::Value as Json;
use serde_json::value::RawValue;

/// Objects and lists within one another that are looked into; what lies deeper is `null`, for no condition reaches it.
const MAX_DEPTH: usize = 32;

/// A custom event's properties.
pub(super) struct Properties<'a> {
    text: &'a str,
    read: OnceCell<Json>,
}

impl<'a> Properties<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, read: OnceCell::new() }
    }

    /// As conditions take them.
    pub(super) fn json(&self) -> &Json {
        self.read.get_or_init(|| serde_json::from_str(self.text).unwrap_or_else(|_| lenient(self.text, 0)))
    }

    /// The text of a property that is a number, every digit as it was sent: a sum of decimals never goes through binary
    /// floating point.
    pub(super) fn number(&self, name: &str) -> Option<String> {
        let properties: BTreeMap<String, &RawValue> = serde_json::from_str(self.text).ok()?;
        let text = properties.get(name)?.get();
        text.starts_with(|first: char| first == '-' || first.is_ascii_digit()).then(|| text.to_owned())
    }
}

/// A value each part of which is read by itself: what cannot be read is `null`.
fn lenient(text: &str, depth: usize) -> Json {
    let inner = |value: &RawValue| lenient(value.get(), depth + 1);
    match text.as_bytes().first() {
        Some(b'{' | b'[') if depth >= MAX_DEPTH => Json::Null,
        Some(b'{') => serde_json::from_str::<BTreeMap<String, &RawValue>>(text).map_or(Json::Null, |object| {
            Json::Object(object.into_iter().map(|(name, value)| (name, inner(value))).collect())
        }),
        Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(text)
            .map_or(Json::Null, |list| Json::Array(list.into_iter().map(inner).collect())),
        _ => serde_json::from_str(text).unwrap_or(Json::Null),
    }
}
