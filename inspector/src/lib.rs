//! Tributary looks at itself in a page, for the developer who asks: why the visitor is in an experiment or not, what was
//! sent, and what the collector said to it.
//!
//! It is fetched only then, so it may be large and leans on crates that the page's own wasm cannot afford. What it says of
//! an experiment is not told after the fact: it asks the code that the page decides by ([`tributary_core::enrolment`]).

mod delivery;
mod enrolment;
#[cfg(target_arch = "wasm32")]
mod panel;
pub mod report;
pub mod seen;

#[cfg(target_arch = "wasm32")]
pub use panel::open;
