//! The reader of conditions and attributes, in the page. Its numbers are those of the writer beside it.

use crate::condition::operator::{Check, Element, Operator, Order};
use crate::condition::{Clause, Clauses, Test, Value};
use crate::lines::Reader;

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
    pub(super) fn clauses(&mut self, learn: &dyn Fn(&str, bool) -> u32) -> Clauses {
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

    pub(super) fn value(&mut self) -> Value {
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
