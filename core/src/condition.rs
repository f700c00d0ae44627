//! Conditions on a visitor's attributes or an event's properties, in GrowthBook's JSON language.
//!
//! A condition written for GrowthBook holds here for the same attributes (`scripts/condition-fixture.mjs` asked it): the
//! coercions are JavaScript's, a missing attribute is `null`. What GrowthBook cannot evaluate and so answers with "no", as
//! a misspelt operator, is refused when it is parsed: a test that silently counts nobody helps no merchant.

mod failing;
mod javascript;
mod operator;
mod parse;
mod pattern;
mod version;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use operator::Check;
pub use parse::{ConditionError, MAX_DEPTH, MAX_LIST, MAX_PARTS, MAX_PATTERN};

/// Saved groups, the lists that `$inGroup` and `$notInGroup` name, by their ids. One that is not there is empty.
pub type Groups = BTreeMap<String, Vec<Value>>;

/// A condition, checked and compiled once; evaluation compiles nothing and cannot fail.
///
/// It is stored and compared as the JSON it was written in.
#[derive(Debug, Clone)]
pub struct Condition {
    source: Value,
    clauses: Clauses,
}

/// All of them must hold; none of them always does.
type Clauses = Vec<Clause>;

/// One entry of a condition's object.
#[derive(Debug, Clone)]
enum Clause {
    All(Vec<Clauses>),
    /// Holds where there is nothing to choose from, as in GrowthBook.
    Any {
        branches: Vec<Clauses>,
        wanted: bool,
    },
    Not(Clauses),
    Attribute {
        path: Vec<String>,
        test: Test,
    },
}

/// What an attribute's value is held against.
#[derive(Debug, Clone)]
enum Test {
    /// Equal when the value is written as a text.
    Text(String),
    /// The same without regard to case; in lower case.
    Folded(String),
    /// Equal when the value is taken for a number.
    Number(f64),
    /// What JavaScript takes the value for in an `if`; `null` is neither.
    Truth(bool),
    /// Missing or `null`.
    Null,
    /// An object or a list with the same content.
    Same(Value),
    /// Every operator agrees.
    Operators(Vec<Check>),
}

impl Condition {
    /// Checks and compiles a condition. The error says where it cannot be taken and what would do there.
    pub fn parse(source: &Value) -> Result<Self, ConditionError> {
        Ok(Self { clauses: parse::condition(source)?, source: source.clone() })
    }

    /// The JSON it was parsed from.
    pub fn source(&self) -> &Value {
        &self.source
    }

    /// Whether it holds for these attributes. The empty condition holds for all, attributes that are no object have none.
    pub fn holds(&self, attributes: &Value, groups: &Groups) -> bool {
        all_hold(&self.clauses, attributes, groups)
    }
}

/// Equal when written the same, up to the order of keys.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.source.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let source = Value::deserialize(deserializer)?;
        let clauses = parse::condition(&source).map_err(serde::de::Error::custom)?;
        Ok(Self { source, clauses })
    }
}

fn all_hold(clauses: &[Clause], attributes: &Value, groups: &Groups) -> bool {
    clauses.iter().all(|clause| clause.holds(attributes, groups))
}

impl Clause {
    fn holds(&self, attributes: &Value, groups: &Groups) -> bool {
        let holds = |clauses: &Clauses| all_hold(clauses, attributes, groups);
        match self {
            Self::All(branches) => branches.iter().all(holds),
            Self::Any { branches, wanted } => (branches.is_empty() || branches.iter().any(holds)) == *wanted,
            Self::Not(clauses) => !holds(clauses),
            Self::Attribute { path, test } => test.holds(&attribute(attributes, path), groups),
        }
    }
}

impl Test {
    fn holds(&self, value: &Value, groups: &Groups) -> bool {
        match self {
            Self::Text(text) => javascript::text(value) == *text,
            Self::Folded(text) => javascript::text(value).to_lowercase() == *text,
            Self::Number(number) => javascript::is_equal(javascript::number(value), *number),
            Self::Truth(truth) => !value.is_null() && javascript::is_truthy(value) == *truth,
            Self::Null => value.is_null(),
            Self::Same(expected) => javascript::is_same(value, expected),
            Self::Operators(checks) => checks.iter().all(|check| check.agrees(value, groups)),
        }
    }
}

/// The value at a path; `null` where there is none. A list has its places and its `length`, as in JavaScript.
fn attribute<'a>(attributes: &'a Value, path: &[String]) -> Cow<'a, Value> {
    let mut found = attributes;
    for (place, part) in path.iter().enumerate() {
        let next = match found {
            Value::Object(object) => object.get(part),
            Value::Array(list) if part == "length" && place + 1 == path.len() => {
                return Cow::Owned(Value::from(list.len()));
            }
            Value::Array(list) => index(part).and_then(|index| list.get(index)),
            _ => None,
        };
        match next {
            Some(value) => found = value,
            None => return Cow::Owned(Value::Null),
        }
    }
    Cow::Borrowed(found)
}

/// A place in a list as JavaScript writes it: `0`, `12`, but not `01`.
fn index(part: &str) -> Option<usize> {
    part.parse().ok().filter(|index: &usize| index.to_string() == part)
}
