//! Which part of a condition does not hold: for people who look into why nobody comes.

use serde_json::Value;

use super::{Clause, Clauses, Condition, Groups};

impl Condition {
    /// The first part that does not hold, as the condition names it: an attribute's path, or `$or`, `$nor` or `$not` where
    /// no single attribute decides. Nothing where the condition holds.
    pub fn failing(&self, attributes: &Value, groups: &Groups) -> Option<String> {
        first(&self.clauses, attributes, groups)
    }
}

fn first(clauses: &Clauses, attributes: &Value, groups: &Groups) -> Option<String> {
    clauses.iter().filter(|clause| !clause.holds(attributes, groups)).find_map(|clause| match clause {
        Clause::All(branches) => branches.iter().find_map(|branch| first(branch, attributes, groups)),
        Clause::Any { wanted: true, .. } => Some("$or".to_owned()),
        Clause::Any { .. } => Some("$nor".to_owned()),
        Clause::Not(_) => Some("$not".to_owned()),
        Clause::Attribute { path, .. } => Some(path.join(".")),
    })
}
