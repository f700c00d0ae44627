//! Lines that a server tells.

use serde::{Deserialize, Serialize};
use tributary_core::admission::Source;
use tributary_core::message::Address;
use tributary_core::server_event;
use worker::{Error, Result};

use super::Inner;
use crate::answer::{Failure, Problem};
use crate::bound;
use crate::database::as_integer;
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
            let again = || Ok(same.clone());
            let source = Source::Server { is_one_too_many: self.is_one_nobody_too_many(&address)? };
            let outcome = self.take(&address, batch, &again, &home, (source, received))?;
            imported.accepted += outcome.accepted;
            imported.duplicate += outcome.duplicate;
            for (line, refusal) in lines.of(&outcome.refused).into_iter().zip(&outcome.refused) {
                let refusal = serde_json::to_value(refusal).map_err(|error| Error::RustError(error.to_string()))?;
                imported.refused.push(RefusedLine { line, refusal });
            }
        }
        Ok(imported)
    }

    /// Whether an event names nobody, is new, and the shard keeps as many of those as it may.
    fn is_one_nobody_too_many(&self, address: &Address) -> Result<bool> {
        let limit = bound::nobodies(&self.env);
        Ok(matches!(address, Address::Nobody(_)) && self.nobodies()? >= limit && self.stored(&address.key())?.is_none())
    }

    /// How many events of nobody's are kept. They are counted once after the object woke, and from then on in memory.
    fn nobodies(&self) -> Result<u32> {
        if let Some(count) = self.nobodies.get() {
            return Ok(count);
        }
        let count = self.database.value("SELECT count(*) FROM actor WHERE id > 'n/' AND id < 'n0'", vec![])?;
        let count = count.as_ref().and_then(as_integer).and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
        self.nobodies.set(Some(count));
        Ok(count)
    }
}
