//! Operators of a condition on one value.

use std::borrow::Cow;
use std::cmp::Ordering;

use regex_lite::Regex;
use serde_json::Value;

use super::{Clauses, Groups, Test, all_hold, javascript, version};

/// An operator and the answer it must give: `$ne` is `$eq` that must not hold.
#[derive(Debug, Clone)]
pub(super) struct Check {
    pub(super) operator: Operator,
    pub(super) wanted: bool,
}

/// An operator without its negation, ready to use.
#[derive(Debug, Clone)]
pub(super) enum Operator {
    /// Strictly equal: of one type, and neither object nor list.
    Equals(Value),
    /// In this order, as JavaScript's `<` and its like have it.
    Ordered(Order, Value),
    /// The same version, in its padded form.
    Version(String),
    /// A version in this order to the padded one.
    VersionOrdered(Order, String),
    /// One of these, or a list with one of these.
    In(Vec<Value>),
    /// The same without regard to case; texts are in lower case.
    InFolded(Vec<Value>),
    /// As `In`, with the saved group of this id.
    InGroup(String),
    /// A list in which each test is met by some element.
    All(Vec<Test>),
    /// A list whose length meets the test.
    Size(Test),
    /// A list with an element that is not `null` and meets this.
    Element(Element),
    /// There, and not `null`.
    Exists,
    /// Of the type of this name.
    Type(String),
    /// Written as a text, it has a match.
    Matches(Regex),
    /// Meets the test.
    Meets(Test),
}

/// What `$elemMatch` wants of an element.
#[derive(Debug, Clone)]
pub(super) enum Element {
    /// Of the element itself, where all keys are operators.
    Value(Test),
    /// Of its attributes.
    Attributes(Clauses),
}

/// How a value is to stand to another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn admits(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Check {
    pub(super) fn agrees(&self, value: &Value, groups: &Groups) -> bool {
        self.operator.is_met(value, groups) == self.wanted
    }
}

impl Operator {
    fn is_met(&self, value: &Value, groups: &Groups) -> bool {
        match self {
            Self::Equals(expected) => javascript::is_identical(value, expected),
            Self::Ordered(wanted, expected) => {
                javascript::order(value, expected).is_some_and(|order| wanted.admits(order))
            }
            Self::Version(expected) => version::padded(value) == *expected,
            Self::VersionOrdered(wanted, expected) => {
                wanted.admits(javascript::text_order(&version::padded(value), expected))
            }
            Self::In(expected) => is_in(value, expected),
            Self::InFolded(expected) => is_in(&folded(value), expected),
            Self::InGroup(id) => groups.get(id).is_some_and(|group| is_in(value, group)),
            Self::All(tests) => elements(value).is_some_and(|elements| {
                tests.iter().all(|test| elements.iter().any(|element| test.holds(element, groups)))
            }),
            Self::Size(test) => elements(value).is_some_and(|list| test.holds(&Value::from(list.len()), groups)),
            Self::Element(wanted) => elements(value).is_some_and(|elements| {
                elements.iter().any(|element| !element.is_null() && wanted.is_met(element, groups))
            }),
            Self::Exists => !value.is_null(),
            Self::Type(name) => type_name(value) == name,
            Self::Matches(pattern) => pattern.is_match(&javascript::text(value)),
            Self::Meets(test) => test.holds(value, groups),
        }
    }
}

impl Element {
    fn is_met(&self, element: &Value, groups: &Groups) -> bool {
        match self {
            Self::Value(test) => test.holds(element, groups),
            Self::Attributes(clauses) => all_hold(clauses, element, groups),
        }
    }
}

fn elements(value: &Value) -> Option<&[Value]> {
    value.as_array().map(Vec::as_slice)
}

/// Whether a value, or an element of a list, is one of these.
fn is_in(value: &Value, expected: &[Value]) -> bool {
    let is_one = |value: &Value| expected.iter().any(|expected| javascript::is_identical(value, expected));
    elements(value).map_or_else(|| is_one(value), |elements| elements.iter().any(is_one))
}

/// A text, or a list's own texts, in lower case; anything else as it is.
fn folded(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::Array(list) => Cow::Owned(list.iter().map(folded_text).collect()),
        Value::String(_) => Cow::Owned(folded_text(value)),
        _ => Cow::Borrowed(value),
    }
}

/// A text in lower case; anything else as it is.
pub(super) fn folded_text(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), |text| Value::String(text.to_lowercase()))
}

/// What `$type` calls a value's type. JSON knows no `undefined`: what is missing is `null`.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
