//! Prints the description of the API, which the collector serves at `/openapi.json`.
//!
//! It is made here, at build time, so that the Worker carries none of it: calls come from the table that the collector routes
//! by, schemas from the types that the core reads and writes.

mod answer;
mod document;
mod operation;
mod refusal;
mod schemas;
mod script;
mod webhook;

fn main() {
    println!("{}", document::document());
}
