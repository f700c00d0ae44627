//! Conditions on a visitor's attributes or an event's properties, in GrowthBook's JSON language.
//!
//! A condition written for GrowthBook holds here for the same attributes (`scripts/condition-fixture.mjs` asked it): the
//! coercions are JavaScript's, a missing attribute is `null`. What GrowthBook cannot evaluate and so answers with "no", as
//! a misspelt operator, is refused when it is parsed: a test that silently counts nobody helps no merchant.

mod failing;
mod form;
mod javascript;
mod native;
mod operator;
mod parse;
mod pattern;
mod value;
mod version;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

pub use form::Compiled;
pub use javascript::Javascript;
pub use native::Patterns;
use native::{Native, has_match};
use operator::Check;
pub use parse::{ConditionError, MAX_DEPTH, MAX_LIST, MAX_PARTS, MAX_PATTERN};
use pattern::Pattern;
pub use value::Value;
use value::count;

use crate::text::number;

/// Saved groups, the lists that `$inGroup` and `$notInGroup` name, by their ids. One that is not there is empty.
pub type Groups = BTreeMap<String, Vec<Value>>;

/// Saved groups as a configuration has them.
pub fn groups(given: &BTreeMap<String, Vec<Json>>) -> Groups {
    given.iter().map(|(id, list)| (id.clone(), list.iter().map(Value::from).collect())).collect()
}

/// A condition, checked and compiled once; evaluation compiles nothing and cannot fail.
///
/// It is stored and compared as the JSON it was written in.
#[derive(Debug, Clone)]
pub struct Condition {
    source: Json,
    clauses: Clauses,
    patterns: Vec<Pattern>,
}

/// What a condition is evaluated with.
#[derive(Clone, Copy)]
struct Scope<'a> {
    group: &'a dyn Fn(&str) -> &'a [Value],
    js: &'a dyn Javascript,
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
    pub fn parse(source: &Json) -> Result<Self, ConditionError> {
        let (clauses, patterns) = parse::condition(source)?;
        Ok(Self { source: source.clone(), clauses, patterns })
    }

    /// The JSON it was parsed from.
    pub fn source(&self) -> &Json {
        &self.source
    }

    /// Whether it holds for these attributes. The empty condition holds for all, attributes that are no object have none.
    pub fn holds(&self, attributes: &Json, groups: &Groups) -> bool {
        self.within(groups, |scope| all_hold(&self.clauses, &attributes.into(), scope))
    }

    fn within<T>(&self, groups: &Groups, evaluate: impl FnOnce(Scope<'_>) -> T) -> T {
        let group = |id: &str| groups.get(id).map_or(&[][..], Vec::as_slice);
        let js = Native(|pattern, text: &str| has_match(&self.patterns, pattern, text));
        evaluate(Scope { group: &group, js: &js })
    }

    /// Whether it asks for an attribute, or for something in it.
    pub fn asks_for(&self, attribute: &str) -> bool {
        self.clauses.iter().any(|clause| clause.asks_for(attribute))
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
        let source = Json::deserialize(deserializer)?;
        Self::parse(&source).map_err(serde::de::Error::custom)
    }
}

fn all_hold(clauses: &[Clause], attributes: &Value, scope: Scope<'_>) -> bool {
    clauses.iter().all(|clause| clause.holds(attributes, scope))
}

impl Clause {
    fn holds(&self, attributes: &Value, scope: Scope<'_>) -> bool {
        let holds = |clauses: &Clauses| all_hold(clauses, attributes, scope);
        match self {
            Self::All(branches) => branches.iter().all(holds),
            Self::Any { branches, wanted } => (branches.is_empty() || branches.iter().any(holds)) == *wanted,
            Self::Not(clauses) => !holds(clauses),
            Self::Attribute { path, test } => test.holds(&attribute(attributes, path), scope),
        }
    }

    fn asks_for(&self, attribute: &str) -> bool {
        let ask = |clauses: &Clauses| clauses.iter().any(|clause| clause.asks_for(attribute));
        match self {
            Self::All(branches) | Self::Any { branches, .. } => branches.iter().any(ask),
            Self::Not(clauses) => ask(clauses),
            Self::Attribute { path, .. } => path.first().is_some_and(|first| first == attribute),
        }
    }
}

impl Test {
    fn holds(&self, value: &Value, scope: Scope<'_>) -> bool {
        let js = scope.js;
        match self {
            Self::Text(text) => javascript::text(value, js) == *text,
            Self::Folded(text) => js.lower(&javascript::text(value, js)) == *text,
            Self::Number(number) => javascript::is_equal(javascript::number(value, js), *number),
            Self::Truth(truth) => !value.is_null() && javascript::is_truthy(value) == *truth,
            Self::Null => value.is_null(),
            Self::Same(expected) => javascript::is_same(value, expected),
            Self::Operators(checks) => checks.iter().all(|check| check.agrees(value, scope)),
        }
    }
}

/// The value at a path; `null` where there is none. A list has its places and its `length`, as in JavaScript.
fn attribute<'a>(attributes: &'a Value, path: &[String]) -> Cow<'a, Value> {
    let mut found = attributes;
    for (place, part) in path.iter().enumerate() {
        let next = match found {
            Value::List(list) if part == "length" && place + 1 == path.len() => return Cow::Owned(count(list.len())),
            Value::List(list) => index(part).and_then(|index| list.get(index)),
            _ => found.get(part),
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
    let is_written = (1..=9).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = !part.starts_with('0') || part.len() == 1;
    (is_written && is_short).then(|| usize::try_from(number(part)).ok())?
}
