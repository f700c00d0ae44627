//! The writer of conditions, where they are configured. Its numbers are those of the reader beside it.

use crate::condition::operator::{Check, Element, Operator, Order};
use crate::condition::{Clause, Condition, Groups, Test, Value};
use crate::lines::Lines;

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
        for clause in clauses {
            self.clause(clause);
        }
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
                for part in path {
                    self.lines.escaped(part);
                }
                return self.test(test);
            }
        };
        self.lines.number(tag);
        self.lines.number(branches.len());
        for branch in branches {
            self.clauses(branch);
        }
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
            Test::Text(expected) | Test::Folded(expected) => self.lines.escaped(expected),
            Test::Number(number) => self.lines.float(*number),
            Test::Same(value) => self.value(value),
            Test::Operators(checks) => {
                self.lines.number(checks.len());
                for check in checks {
                    self.check(check);
                }
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
                self.lines.escaped(text);
            }
            Operator::In(values) | Operator::InFolded(values) => self.values(values),
            Operator::InGroup(id) => self.values(self.groups.get(id).map_or(&[], Vec::as_slice)),
            Operator::All(tests) => {
                self.lines.number(tests.len());
                for test in tests {
                    self.test(test);
                }
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
        for value in values {
            self.value(value);
        }
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
