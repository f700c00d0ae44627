//! Conditions and attributes as they travel to and in the page: a line for each thing, which few bytes of code read.
//!
//! A condition is compiled where it is configured and travels as it was compiled, so the page neither parses JSON nor knows what
//! is wrong with a condition. The saved groups that it names are in it.

mod read;
mod write;

use super::{Clauses, Javascript, Scope, all_hold};
use crate::lines::Reader;

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
