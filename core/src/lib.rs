//! Every rule of Tributary, without I/O.
//!
//! In scope: what a visitor gets, what counts, who is credited, what a report says. Out of scope: where time, ids and
//! bytes come from and where they go; those are arguments and return values.

pub mod assignment;
pub mod page_config;
pub mod url;
