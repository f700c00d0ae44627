//! Every rule of Tributary, without I/O.
//!
//! In scope: what a visitor gets, what counts, what a report says. Out of scope: where time, ids and bytes come from and
//! where they go; those are arguments and return values.

pub mod assignment;
pub mod condition;
pub mod config;
pub mod config_input;
pub mod enrolment;
pub mod event;
pub mod facts;
pub mod fold;
pub mod hash;
pub mod judge;
pub mod money;
pub mod page_config;
pub mod report;
pub mod seen;
pub mod text;
pub mod time;
pub mod url;
pub mod visitor;
pub mod wire;
