//! JSON values as conditions see them: JavaScript's, which knows one kind of number.
//!
//! It has a type of its own so that the page, which has no reader of JSON in its wasm, evaluates conditions with this same code.

use serde_json::Value as Json;

/// A value of an attribute or in a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, and what is missing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// An object; of equal keys the first counts.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// An object's value under a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(entries) = self else { return None };
        entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

/// The number of things in a list.
#[allow(clippy::cast_precision_loss)]
pub(super) fn count(length: usize) -> Value {
    Value::Number(length as f64)
}

impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(truth) => Self::Bool(*truth),
            Json::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(list) => Self::List(list.iter().map(Self::from).collect()),
            Json::Object(object) => {
                Self::Object(object.iter().map(|(key, value)| (key.clone(), Self::from(value))).collect())
            }
        }
    }
}
