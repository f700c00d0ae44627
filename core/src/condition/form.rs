//! Conditions and attributes as they travel to and in the page: a line for each thing, which few bytes of code read.
//!
//! A condition is compiled where it is configured and travels as it was compiled, so the page neither parses JSON nor knows what
//! is wrong with a condition. The saved groups that it names are in it.

use super::operator::{Check, Element, Operator, Order};
use super::value::Value;
use super::{Clause, Clauses, Condition, Groups, Javascript, Scope, Test, all_hold};
use crate::lines::{Lines, Reader};

/// A condition as the page has it.
#[derive(Debug, Clone)]
pub struct Compiled(Clauses);

impl Compiled {
    /// Whether it holds for these attributes, in the form that a value travels in.
    pub fn holds(&self, attributes: &str, js: &dyn Javascript) -> bool {
        let attributes = Reader { rest: attributes }.value();
        all_hold(&self.0, &attributes, Scope { group: &|_| &[], js })
    }

    pub(super) fn clauses(&self) -> &Clauses {
        &self.0
    }

    /// Reads what [`Condition::encode`] wrote. Each pattern is made known by `learn` (its source, and whether case counts for
    /// nothing), which answers the number that [`Javascript::matches`] is then asked with.
    pub(crate) fn read(reader: &mut Reader<'_>, learn: &dyn Fn(&str, bool) -> u32) -> Self {
        Self(reader.clauses(learn))
    }
}

impl Condition {
    /// The form that [`Compiled::read`] reads, with what the saved groups have now.
    pub(crate) fn encode(&self, lines: &mut Lines, groups: &Groups) {
        Writer { lines, groups, condition: self }.clauses(&self.clauses);
    }
}

struct Writer<'a> {
    lines: &'a mut Lines,
    groups: &'a Groups,
    condition: &'a Condition,
}

impl Writer<'_> {
    fn clauses(&mut self, clauses: &[Clause]) {
        self.lines.number(clauses.len());
        clauses.iter().for_each(|clause| self.clause(clause));
    }

    fn clause(&mut self, clause: &Clause) {
        let (tag, branches) = match clause {
            Clause::All(branches) => (0, branches.as_slice()),
            Clause::Any { branches, wanted: false } => (1, branches.as_slice()),
            Clause::Any { branches, wanted: true } => (2, branches.as_slice()),
            Clause::Not(clauses) => {
                self.lines.number(3_u8);
                return self.clauses(clauses);
            }
            Clause::Attribute { path, test } => {
                self.lines.number(4_u8);
                self.lines.number(path.len());
                path.iter().for_each(|part| self.lines.escaped(part));
                return self.test(test);
            }
        };
        self.lines.number(tag);
        self.lines.number(branches.len());
        branches.iter().for_each(|branch| self.clauses(branch));
    }

    fn test(&mut self, test: &Test) {
        let tag = match test {
            Test::Text(_) => 0,
            Test::Folded(_) => 1,
            Test::Number(_) => 2,
            Test::Truth(false) => 3,
            Test::Truth(true) => 4,
            Test::Null => 5,
            Test::Same(_) => 6,
            Test::Operators(_) => 7,
        };
        self.lines.number(tag);
        match test {
            Test::Text(text) | Test::Folded(text) => self.lines.escaped(text),
            Test::Number(number) => self.lines.float(*number),
            Test::Same(value) => self.value(value),
            Test::Operators(checks) => {
                self.lines.number(checks.len());
                checks.iter().for_each(|check| self.check(check));
            }
            Test::Truth(_) | Test::Null => {}
        }
    }

    fn check(&mut self, check: &Check) {
        self.lines.number(check.wanted);
        let tag = match &check.operator {
            Operator::Equals(_) => 0,
            Operator::Ordered(order, _) => 1 + rank(*order),
            Operator::Version(_) => 5,
            Operator::VersionOrdered(order, _) => 6 + rank(*order),
            Operator::In(_) | Operator::InGroup(_) => 10,
            Operator::InFolded(_) => 11,
            Operator::All(_) => 12,
            Operator::Size(_) => 13,
            Operator::Element(Element::Value(_)) => 14,
            Operator::Element(Element::Attributes(_)) => 15,
            Operator::Exists => 16,
            Operator::Type(_) => 17,
            Operator::Matches(_) => 18,
            Operator::Meets(_) => 19,
        };
        self.lines.number(tag);
        match &check.operator {
            Operator::Equals(value) | Operator::Ordered(_, value) => self.value(value),
            Operator::Version(text) | Operator::VersionOrdered(_, text) | Operator::Type(text) => {
                self.lines.escaped(text)
            }
            Operator::In(values) | Operator::InFolded(values) => self.values(values),
            Operator::InGroup(id) => self.values(self.groups.get(id).map_or(&[], Vec::as_slice)),
            Operator::All(tests) => {
                self.lines.number(tests.len());
                tests.iter().for_each(|test| self.test(test));
            }
            Operator::Size(test) | Operator::Meets(test) | Operator::Element(Element::Value(test)) => self.test(test),
            Operator::Element(Element::Attributes(clauses)) => self.clauses(clauses),
            Operator::Exists => {}
            Operator::Matches(number) => {
                let place = usize::try_from(*number).unwrap_or(usize::MAX);
                let Some(pattern) = self.condition.patterns.get(place) else { return };
                self.lines.number(pattern.ignores_case);
                self.lines.escaped(&pattern.source);
            }
        }
    }

    fn values(&mut self, values: &[Value]) {
        self.lines.number(values.len());
        values.iter().for_each(|value| self.value(value));
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.lines.number(0_u8),
            Value::Bool(truth) => self.lines.number(1 + u8::from(*truth)),
            Value::Number(number) => {
                self.lines.number(3_u8);
                self.lines.float(*number);
            }
            Value::Text(text) => {
                self.lines.number(4_u8);
                self.lines.escaped(text);
            }
            Value::List(list) => {
                self.lines.number(5_u8);
                self.values(list);
            }
            Value::Object(entries) => {
                self.lines.number(6_u8);
                self.lines.number(entries.len());
                for (key, value) in entries {
                    self.lines.escaped(key);
                    self.value(value);
                }
            }
        }
    }
}

fn rank(order: Order) -> u8 {
    match order {
        Order::Less => 0,
        Order::LessOrEqual => 1,
        Order::Greater => 2,
        Order::GreaterOrEqual => 3,
    }
}

fn order(rank: u32) -> Order {
    match rank {
        0 => Order::Less,
        1 => Order::LessOrEqual,
        2 => Order::Greater,
        _ => Order::GreaterOrEqual,
    }
}

/// Nothing here fails: what is cut off reads as nothing. Each list ends where the text does.
impl Reader<'_> {
    fn clauses(&mut self, learn: &dyn Fn(&str, bool) -> u32) -> Clauses {
        self.list(&|reader| reader.clause(learn))
    }

    fn clause(&mut self, learn: &dyn Fn(&str, bool) -> u32) -> Clause {
        let tag = self.number();
        if tag == 4 {
            return Clause::Attribute { path: self.list(&Self::escaped), test: self.test(learn) };
        }
        if tag == 3 {
            return Clause::Not(self.clauses(learn));
        }
        let branches = self.list(&|reader| reader.clauses(learn));
        if tag == 0 { Clause::All(branches) } else { Clause::Any { branches, wanted: tag == 2 } }
    }

    fn test(&mut self, learn: &dyn Fn(&str, bool) -> u32) -> Test {
        match self.number() {
            0 => Test::Text(self.escaped()),
            1 => Test::Folded(self.escaped()),
            2 => Test::Number(self.float()),
            3 => Test::Truth(false),
            4 => Test::Truth(true),
            5 => Test::Null,
            6 => Test::Same(self.value()),
            _ => Test::Operators(self.list(&|reader| reader.check(learn))),
        }
    }

    fn check(&mut self, learn: &dyn Fn(&str, bool) -> u32) -> Check {
        let wanted = self.number() == 1;
        let tag = self.number();
        let operator = match tag {
            0 => Operator::Equals(self.value()),
            1..=4 => Operator::Ordered(order(tag - 1), self.value()),
            5 => Operator::Version(self.escaped()),
            6..=9 => Operator::VersionOrdered(order(tag - 6), self.escaped()),
            10 => Operator::In(self.list(&Self::value)),
            11 => Operator::InFolded(self.list(&Self::value)),
            12 => Operator::All(self.list(&|reader| reader.test(learn))),
            13 => Operator::Size(self.test(learn)),
            14 => Operator::Element(Element::Value(self.test(learn))),
            15 => Operator::Element(Element::Attributes(self.clauses(learn))),
            17 => Operator::Type(self.escaped()),
            18 => {
                let ignores_case = self.number() == 1;
                Operator::Matches(learn(&self.escaped(), ignores_case))
            }
            19 => Operator::Meets(self.test(learn)),
            _ => Operator::Exists,
        };
        Check { operator, wanted }
    }

    fn value(&mut self) -> Value {
        match self.number() {
            1 => Value::Bool(false),
            2 => Value::Bool(true),
            3 => Value::Number(self.float()),
            4 => Value::Text(self.escaped()),
            5 => Value::List(self.list(&Self::value)),
            6 => Value::Object(self.list(&|reader| (reader.escaped(), reader.value()))),
            _ => Value::Null,
        }
    }
}
