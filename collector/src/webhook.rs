//! What happens at a site and is to be told to its webhooks: kept with the change that made it, then handed over.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use tributary_core::time::Millis;
use tributary_core::webhook::{Event, Kind};
use worker::{Error, Result};

use crate::database::{Database, as_integer};

/// The tables, in the site object.
///
/// - `webhook`: the site's webhooks, each with the number of the last event that it was told.
/// - `told`: events that not all webhooks were told yet. Numbers go up and never repeat.
pub const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS webhook (id TEXT PRIMARY KEY, told INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS happened (number INTEGER PRIMARY KEY, event TEXT NOT NULL);
";

/// An event on its way to the site's webhooks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Told {
    /// The `webhook-id`.
    pub id: String,
    /// Which event it is.
    pub kind: Kind,
    /// What is sent.
    pub body: String,
}

impl Told {
    /// Gives an event its id.
    pub fn new(site: &str, event: &Event, at: Millis) -> Result<Self> {
        let mut random = [0; 16];
        getrandom::getrandom(&mut random).map_err(|error| Error::RustError(error.to_string()))?;
        let id = random.iter().fold("msg_".to_owned(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        });
        Ok(Self { id, kind: event.kind(), body: event.body(site, at) })
    }
}

/// Keeps an event for the site's webhooks, inside the turn ([`crate::turn::run`]) of what made it: both stand, or neither.
/// Nothing is written where there is no webhook. `at` is when it happened; the site's alarm hands it over.
pub fn enqueue(database: &Database, site: &str, event: &Event, at: Millis) -> Result<()> {
    let last = database.value("SELECT max(told) FROM webhook", vec![])?;
    let Some(last) = last.as_ref().and_then(as_integer) else { return Ok(()) };
    let kept = database.value("SELECT max(number) FROM happened", vec![])?;
    let number = kept.as_ref().and_then(as_integer).unwrap_or(0).max(last) + 1;
    let told = Told::new(site, event, at)?;
    let text = serde_json::to_string(&told).map_err(|error| Error::RustError(error.to_string()))?;
    database.write("INSERT INTO happened (number, event) VALUES (?, ?)", vec![number.into(), text.into()])
}
