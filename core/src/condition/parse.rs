//! From JSON to a condition that can be evaluated, within limits.

use serde_json::{Map, Value};

use super::native::Native;
use super::operator::{Check, Element, Operator, Order};
use super::pattern::Pattern;
use super::value::Value as Plain;
use super::{Clause, Clauses, Test, javascript, version};

/// Objects and lists within one another, counting the condition itself but not the list that an operator takes.
pub const MAX_DEPTH: usize = 16;
/// Attributes, operators, conditions and plain objects and lists of one condition.
pub const MAX_PARTS: usize = 500;
/// Bytes of a regular expression.
pub const MAX_PATTERN: usize = 2 * 1024;
/// Values of one list, or keys of one plain object.
pub const MAX_LIST: usize = 2_000;

/// What JSON values are called by `$type`; the last one is GrowthBook's and none of JSON's.
const TYPES: [&str; 7] = ["string", "number", "boolean", "array", "object", "null", "undefined"];

/// Why a condition is refused, in words for whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} must be {limit}", named(path))]
pub struct ConditionError {
    /// Where, e.g. `$or[1].country.$regex`; empty for the condition itself.
    pub path: String,
    /// What it must be.
    pub limit: String,
}

fn named(path: &str) -> String {
    if path.is_empty() { "the condition".into() } else { format!("`{path}`") }
}

type Parsed<T> = Result<T, ConditionError>;

/// No pattern is asked for while one is parsed.
const JS: &Native<fn(u32, &str) -> bool> = &Native(|_, _| false);

/// A whole condition, and its patterns by their numbers.
pub(super) fn condition(source: &Value) -> Parsed<(Clauses, Vec<Pattern>)> {
    let mut parser = Parser { parts: 0, patterns: Vec::new() };
    let clauses = parser.clauses(source, &Place { path: String::new(), depth: 1 })?;
    Ok((clauses, parser.patterns))
}

/// Where in a condition.
struct Place {
    path: String,
    depth: usize,
}

impl Place {
    /// What stands under a key, one deeper.
    fn key(&self, key: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self { path: format!("{}{dot}{key}", self.path), depth: self.depth + 1 }
    }

    /// An element of the list that stands here; an operator's list is no level of its own.
    fn element(&self, index: usize) -> Self {
        Self { path: format!("{}[{index}]", self.path), depth: self.depth }
    }

    fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    fn is_within_depth(&self) -> Parsed<()> {
        if self.depth > MAX_DEPTH { self.refuse(format!("no deeper than {MAX_DEPTH} levels")) } else { Ok(()) }
    }

    fn refuse<T>(&self, limit: impl Into<String>) -> Parsed<T> {
        Err(ConditionError { path: self.path.clone(), limit: limit.into() })
    }

    fn object<'a>(&self, value: &'a Value) -> Parsed<&'a Map<String, Value>> {
        value.as_object().map_or_else(|| self.refuse("an object"), Ok)
    }

    fn list<'a>(&self, value: &'a Value) -> Parsed<&'a [Value]> {
        match value {
            Value::Array(list) if list.len() <= MAX_LIST => Ok(list),
            _ => self.refuse(format!("a list of at most {MAX_LIST} values")),
        }
    }

    fn text<'a>(&self, value: &'a Value, limit: &str) -> Parsed<&'a str> {
        value.as_str().map_or_else(|| self.refuse(limit), Ok)
    }
}

struct Parser {
    parts: usize,
    patterns: Vec<Pattern>,
}

impl Parser {
    /// Counts an attribute, an operator, a condition or a plain object or list.
    fn count(&mut self, at: &Place) -> Parsed<()> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return at.refuse(format!("within the first {MAX_PARTS} parts of the condition"));
        }
        Ok(())
    }

    fn clauses(&mut self, value: &Value, at: &Place) -> Parsed<Clauses> {
        self.container(at)?;
        at.object(value)?.iter().map(|(key, value)| self.clause(key, value, &at.key(key))).collect()
    }

    fn clause(&mut self, key: &str, value: &Value, at: &Place) -> Parsed<Clause> {
        self.count(at)?;
        Ok(match key {
            "$and" => Clause::All(self.branches(value, at)?),
            "$or" | "$nor" => Clause::Any { branches: self.branches(value, at)?, wanted: key == "$or" },
            "$not" => Clause::Not(self.clauses(value, at)?),
            _ if key.starts_with('$') => return at.refuse("`$and`, `$or`, `$nor`, `$not` or the name of an attribute"),
            _ => Clause::Attribute { path: key.split('.').map(String::from).collect(), test: self.test(value, at)? },
        })
    }

    fn branches(&mut self, value: &Value, at: &Place) -> Parsed<Vec<Clauses>> {
        let branches = at.list(value)?.iter().enumerate();
        branches.map(|(index, branch)| self.clauses(branch, &at.element(index))).collect()
    }

    fn test(&mut self, value: &Value, at: &Place) -> Parsed<Test> {
        Ok(match value {
            Value::Null => Test::Null,
            Value::Bool(truth) => Test::Truth(*truth),
            Value::Number(number) => Test::Number(number.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) => Test::Text(text.clone()),
            Value::Object(object) if has_operators(object) => {
                at.is_within_depth()?;
                Test::Operators(self.checks(object, at)?)
            }
            Value::Object(_) | Value::Array(_) => Test::Same(self.plain(value, at)?),
        })
    }

    /// A value without operators in it.
    fn plain(&mut self, value: &Value, at: &Place) -> Parsed<Plain> {
        self.measure(value, at)?;
        Ok(value.into())
    }

    /// Counts a value without operators in it. Its scalars are no parts: a list of them is one.
    fn measure(&mut self, value: &Value, at: &Place) -> Parsed<()> {
        match value {
            Value::Array(_) => {
                self.container(at)?;
                let mut elements = at.list(value)?.iter().enumerate();
                elements.try_for_each(|(index, element)| self.measure(element, &at.element(index).deeper()))
            }
            Value::Object(object) if object.len() > MAX_LIST => {
                at.refuse(format!("an object of at most {MAX_LIST} keys"))
            }
            Value::Object(object) => {
                self.container(at)?;
                object.iter().try_for_each(|(key, value)| self.measure(value, &at.key(key)))
            }
            _ => Ok(()),
        }
    }

    fn container(&mut self, at: &Place) -> Parsed<()> {
        self.count(at)?;
        at.is_within_depth()
    }

    fn checks(&mut self, object: &Map<String, Value>, at: &Place) -> Parsed<Vec<Check>> {
        object.iter().map(|(name, value)| self.check(name, value, &at.key(name))).collect()
    }

    fn check(&mut self, name: &str, value: &Value, at: &Place) -> Parsed<Check> {
        self.count(at)?;
        Ok(Check { operator: self.operator(name, value, at)?, wanted: is_wanted(name, value) })
    }

    fn operator(&mut self, name: &str, value: &Value, at: &Place) -> Parsed<Operator> {
        Ok(match name {
            "$eq" | "$ne" => Operator::Equals(self.plain(value, at)?),
            "$lt" | "$lte" | "$gt" | "$gte" => Operator::Ordered(order(name), self.plain(value, at)?),
            "$veq" | "$vne" => Operator::Version(version::padded(&value.into(), JS)),
            "$vlt" | "$vlte" | "$vgt" | "$vgte" => {
                Operator::VersionOrdered(order(name), version::padded(&value.into(), JS))
            }
            "$in" | "$nin" => Operator::In(self.members(value, at)?),
            "$ini" | "$nini" => Operator::InFolded(self.members(value, at)?.into_iter().map(lower).collect()),
            "$inGroup" | "$notInGroup" => Operator::InGroup(at.text(value, "the id of a saved group")?.into()),
            "$all" => Operator::All(self.tests(value, at)?),
            "$alli" => Operator::All(self.tests(value, at)?.into_iter().map(fold).collect()),
            "$size" => Operator::Size(self.test(value, at)?),
            "$elemMatch" => Operator::Element(self.element(value, at)?),
            "$exists" => Operator::Exists,
            "$type" => Operator::Type(type_name(value, at)?),
            "$regex" | "$notRegex" => Operator::Matches(self.pattern(value, at, false)?),
            "$regexi" | "$notRegexi" => Operator::Matches(self.pattern(value, at, true)?),
            "$not" => Operator::Meets(self.test(value, at)?),
            _ if name.starts_with('$') => return at.refuse("an operator on a value, such as `$eq` or `$in`"),
            _ => return at.refuse("an operator, as what stands beside it"),
        })
    }

    /// The number of a pattern.
    fn pattern(&mut self, value: &Value, at: &Place, ignores_case: bool) -> Parsed<u32> {
        let text = at.text(value, "a regular expression")?;
        if text.len() > MAX_PATTERN {
            return at.refuse(format!("a regular expression of at most {MAX_PATTERN} bytes"));
        }
        let Some(pattern) = Pattern::new(text, ignores_case) else {
            return at
                .refuse("a regular expression of moderate size, of the syntax common to Rust's regex and JavaScript");
        };
        self.patterns.push(pattern);
        Ok(u32::try_from(self.patterns.len() - 1).unwrap_or(u32::MAX))
    }

    fn members(&mut self, value: &Value, at: &Place) -> Parsed<Vec<Plain>> {
        let members = at.list(value)?.iter().enumerate();
        members.map(|(index, member)| self.plain(member, &at.element(index))).collect()
    }

    fn tests(&mut self, value: &Value, at: &Place) -> Parsed<Vec<Test>> {
        let tests = at.list(value)?.iter().enumerate();
        tests.map(|(index, test)| self.test(test, &at.element(index))).collect()
    }

    fn element(&mut self, value: &Value, at: &Place) -> Parsed<Element> {
        let is_value = at.object(value)?.keys().all(|key| key.starts_with('$')) && value != &Value::Object(Map::new());
        Ok(if is_value { Element::Value(self.test(value, at)?) } else { Element::Attributes(self.clauses(value, at)?) })
    }
}

/// Whether an object tests a value by operators, and not by being equal to it.
fn has_operators(object: &Map<String, Value>) -> bool {
    object.keys().any(|key| key.starts_with('$'))
}

/// The answer that an operator must give: negations are those they negate, the other way round.
fn is_wanted(name: &str, value: &Value) -> bool {
    match name {
        "$ne" | "$vne" | "$nin" | "$nini" | "$notInGroup" | "$notRegex" | "$notRegexi" | "$not" => false,
        "$exists" => javascript::is_truthy(&value.into()),
        _ => true,
    }
}

fn order(name: &str) -> Order {
    match name.trim_start_matches(['$', 'v']) {
        "lt" => Order::Less,
        "lte" => Order::LessOrEqual,
        "gt" => Order::Greater,
        _ => Order::GreaterOrEqual,
    }
}

/// A text in lower case; anything else as it is.
fn lower(value: Plain) -> Plain {
    if let Plain::Text(text) = value { Plain::Text(text.to_lowercase()) } else { value }
}

/// The test without regard to case. Only a text has one: operators in the list keep theirs.
fn fold(test: Test) -> Test {
    if let Test::Text(text) = test { Test::Folded(text.to_lowercase()) } else { test }
}

fn type_name(value: &Value, at: &Place) -> Parsed<String> {
    match value.as_str() {
        Some(name) if TYPES.contains(&name) => Ok(name.into()),
        _ => at.refuse(format!("one of {}", TYPES.join(", "))),
    }
}
