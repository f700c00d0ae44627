//! What figures say, in words that a merchant understands: what is known, how sure that is, what is missing.
//!
//! Every sentence is made from the figures and says no more than they do. Numbers are rounded here, once.

mod comparison;
pub mod number;
mod summary;

pub use comparison::{comparison, criterion, estimate, interval, one};
pub use summary::{Situation, Summary, guardrail, mismatch, summary};
