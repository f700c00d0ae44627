//! Every rule of Tributary, without I/O.
//!
//! In scope: what a visitor gets, what counts, what a report says. Out of scope: where time, ids and bytes come from and
//! where they go; those are arguments and return values.

pub mod actor;
pub mod admission;
pub mod allowance;
pub mod assignment;
pub mod bandit;
pub mod condition;
pub mod config;
pub mod config_input;
pub mod decision;
pub mod endpoint;
pub mod enrolment;
pub mod event;
pub mod facts;
pub mod fold;
pub mod hash;
pub mod history;
pub mod judge;
mod lines;
pub mod look;
pub mod message;
pub mod money;
pub mod order;
pub mod page_config;
pub mod page_script;
pub mod page_targeting;
pub mod person;
pub mod pool;
pub mod report;
pub mod retention;
pub mod row;
#[cfg(feature = "schema")]
pub mod schema;
pub mod seen;
pub mod server_event;
pub mod statistics;
pub mod text;
pub mod time;
pub mod url;
pub mod webhook;
pub mod wire;
pub mod words;
mod zone;
