//! What a merchant sees: pure functions from a report to a whole HTML document.
//!
//! No script, and no style but `/styles/merchant.css`. Names come from merchants, so every text goes through maud, which
//! escapes it.

mod chart;
mod experiment;
#[cfg(test)]
mod fixture;
mod goal_table;
mod layout;
mod number;
mod over_days;
mod overview;
mod sign_in;
mod snippet;

pub use experiment::experiment;
pub use overview::overview;
pub use sign_in::sign_in;
