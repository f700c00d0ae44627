//! Which part of a condition does not hold: for people who look into why nobody comes.

use serde_json::Value as Json;

use super::{Clause, Clauses, Compiled, Condition, Groups, Javascript, Scope, Value};

impl Condition {
    /// The first part that does not hold, as the condition names it: an attribute's path, or `$or`, `$nor` or `$not` where
    /// no single attribute decides. Nothing where the condition holds.
    pub fn failing(&self, attributes: &Json, groups: &Groups) -> Option<String> {
        self.within(groups, |scope| first(&self.clauses, &attributes.into(), scope))
    }
}

impl Compiled {
    /// The same of a condition as the page has it.
    pub fn failing(&self, attributes: &Json, js: &dyn Javascript) -> Option<String> {
        first(self.clauses(), &attributes.into(), Scope { group: &|_| &[], js })
    }
}

fn first(clauses: &Clauses, attributes: &Value, scope: Scope<'_>) -> Option<String> {
    clauses.iter().filter(|clause| !clause.holds(attributes, scope)).find_map(|clause| match clause {
        Clause::All(branches) => branches.iter().find_map(|branch| first(branch, attributes, scope)),
        Clause::Any { wanted: true, .. } => Some("$or".to_owned()),
        Clause::Any { .. } => Some("$nor".to_owned()),
        Clause::Not(_) => Some("$not".to_owned()),
        Clause::Attribute { path, .. } => Some(path.join(".")),
    })
}
