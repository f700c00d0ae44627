//! Operators of a condition on one value.

use std::cmp::Ordering;

use super::javascript::{self, Javascript};
use super::value::{Value, count};
use super::{Clauses, Scope, Test, all_hold, version};

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
    /// Written as a text, it has a match of the condition's pattern of this number.
    Matches(u32),
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
    pub(super) fn agrees(&self, value: &Value, scope: Scope<'_>) -> bool {
        self.operator.is_met(value, scope) == self.wanted
    }
}

impl Operator {
    fn is_met(&self, value: &Value, scope: Scope<'_>) -> bool {
        match self {
            Self::Equals(expected) => javascript::is_identical(value, expected),
            Self::Ordered(wanted, expected) => {
                javascript::order(value, expected, scope.js).is_some_and(|order| wanted.admits(order))
            }
            Self::Version(expected) => version::padded(value, scope.js) == *expected,
            Self::VersionOrdered(wanted, expected) => {
                wanted.admits(javascript::text_order(&version::padded(value, scope.js), expected))
            }
            Self::In(expected) => is_in(value, expected),
            Self::InFolded(expected) => is_in_folded(value, expected, scope.js),
            Self::InGroup(id) => is_in(value, (scope.group)(id)),
            Self::All(tests) => elements(value).is_some_and(|elements| {
                tests.iter().all(|test| elements.iter().any(|element| test.holds(element, scope)))
            }),
            Self::Size(test) => elements(value).is_some_and(|list| test.holds(&count(list.len()), scope)),
            Self::Element(wanted) => elements(value).is_some_and(|elements| {
                elements.iter().any(|element| !element.is_null() && wanted.is_met(element, scope))
            }),
            Self::Exists => !value.is_null(),
            Self::Type(name) => type_name(value) == name,
            Self::Matches(pattern) => scope.js.matches(*pattern, &javascript::text(value, scope.js)),
            Self::Meets(test) => test.holds(value, scope),
        }
    }
}

impl Element {
    fn is_met(&self, element: &Value, scope: Scope<'_>) -> bool {
        match self {
            Self::Value(test) => test.holds(element, scope),
            Self::Attributes(clauses) => all_hold(clauses, element, scope),
        }
    }
}

fn elements(value: &Value) -> Option<&[Value]> {
    if let Value::List(list) = value { Some(list) } else { None }
}

/// Whether a value, or an element of a list, is one of these.
fn is_in(value: &Value, expected: &[Value]) -> bool {
    let is_one = |value: &Value| expected.iter().any(|expected| javascript::is_identical(value, expected));
    elements(value).map_or_else(|| is_one(value), |elements| elements.iter().any(is_one))
}

/// The same without regard to the case of the value's texts; the expected ones are in lower case.
fn is_in_folded(value: &Value, expected: &[Value], js: &dyn Javascript) -> bool {
    let is_one = |value: &Value| match value {
        Value::Text(text) => {
            let lower = js.lower(text);
            expected.iter().any(|expected| matches!(expected, Value::Text(expected) if *expected == lower))
        }
        _ => expected.iter().any(|expected| javascript::is_identical(value, expected)),
    };
    elements(value).map_or_else(|| is_one(value), |elements| elements.iter().any(is_one))
}

/// What `$type` calls a value's type. JSON knows no `undefined`: what is missing is `null`.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::Text(_) => "string",
        Value::List(_) => "array",
        Value::Object(_) => "object",
    }
}
