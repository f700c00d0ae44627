//! Lines that a server tells.

use serde::{Deserialize, Serialize};
use tributary_core::admission::Source;
use tributary_core::server_event;
use worker::Error;

use super::Inner;
use crate::answer::{Failure, Problem};
use crate::received::Received;

/// A line of an import that does not count.
#[derive(Debug, Serialize, Deserialize)]
pub struct RefusedLine {
    /// Which, from 1.
    pub line: usize,
    /// Its id, reason, field and limit.
    #[serde(flatten)]
    pub refusal: serde_json::Value,
}

/// What became of an import's lines.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Imported {
    /// Events that count.
    pub accepted: u32,
    /// Events that were known already.
    pub duplicate: u32,
    /// Events that do not count, by line.
    pub refused: Vec<RefusedLine>,
}

impl Inner {
    /// Takes the lines of an import that are this shard's: each person's in one turn.
    pub(super) fn import(&self, lines: &str, received: &Received) -> std::result::Result<Imported, Failure> {
        let home = self.home()?.ok_or_else(Problem::unknown_site)?;
        let mut imported = Imported::default();
        for (address, batch, lines) in server_event::batches(lines, received.at) {
            let same = batch.clone();
            let again = || Ok(same);
            let outcome = self.take(&address, batch, again, &home, (Source::Server, received))?;
            imported.accepted += outcome.accepted;
            imported.duplicate += outcome.duplicate;
            for refusal in outcome.refused {
                let line = lines.get(&refusal.id).copied().unwrap_or(0);
                let refusal = serde_json::to_value(&refusal).map_err(|error| Error::RustError(error.to_string()))?;
                imported.refused.push(RefusedLine { line, refusal });
            }
        }
        Ok(imported)
    }
}
