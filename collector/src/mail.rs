//! Messages on their way from a shard to the others: written in the turn that made them, sent at least once, applied once.
//!
//! - A row never changes. Rows go to a peer in their order, all that wait at once, one delivery at a time.
//! - The receiver keeps the last number it applied for each sender, in the transaction with what it led to.
//! - Numbers never repeat: the highest row stays in the table when it has arrived.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tributary_core::message::Envelope;
use worker::{Error, Result, SqlStorageValue};

use crate::database::{Database, as_integer};

/// The tables.
pub const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS mail (id INTEGER PRIMARY KEY, peer INTEGER NOT NULL, body BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS arrived (peer INTEGER PRIMARY KEY, last INTEGER NOT NULL);
";
/// Rows of a delivery at the most.
const PARTS: usize = 100;
/// Bytes of a letter beyond which the next envelope begins another.
const LETTER_BYTES: usize = 64 * 1024;
/// And envelopes.
const LETTER_ENVELOPES: usize = 50;
/// Bytes of a delivery, about.
const DELIVERY_BYTES: usize = 2 * 1024 * 1024;

/// What waits, as far as memory knows.
#[derive(Debug, Default)]
pub struct Mail {
    /// The last number given.
    last: i64,
    /// Numbers that wait, with their peers.
    waiting: BTreeMap<i64, u8>,
}

/// What a shard sends another: rows of envelopes by number, in order.
#[derive(Debug, Serialize, Deserialize)]
pub struct Post {
    /// Which shard sends.
    pub from: u8,
    /// Numbers and stored envelopes.
    pub parts: Vec<(i64, Vec<u8>)>,
}

/// Rows that a turn writes: peer and envelopes.
pub type Letters = Vec<(u8, Vec<Envelope>)>;

impl Mail {
    /// Reads what the table holds. It is not known what of it has arrived.
    pub fn wake(database: &Database) -> Result<Self> {
        let mut mail = Self::default();
        for row in database.run("SELECT id, peer FROM mail", vec![])? {
            if let [Some(id), Some(peer)] = row.iter().map(as_integer).collect::<Vec<_>>().as_slice() {
                mail.last = mail.last.max(*id);
                mail.waiting.insert(*id, u8::try_from(*peer).unwrap_or(0));
            }
        }
        Ok(mail)
    }

    /// Writes a turn's letters; what it gives is to be given to [`Mail::keep`] once the turn stands.
    pub fn write(&self, database: &Database, letters: &Letters) -> Result<Vec<(i64, u8)>> {
        let mut written = Vec::new();
        for (id, (peer, envelopes)) in (self.last + 1..).zip(letters) {
            let body = postcard::to_allocvec(envelopes).map_err(|error| Error::RustError(error.to_string()))?;
            let values = vec![id.into(), i64::from(*peer).into(), body.into()];
            database.write("INSERT INTO mail (id, peer, body) VALUES (?, ?, ?)", values)?;
            written.push((id, *peer));
        }
        Ok(written)
    }

    /// Remembers letters whose turn stands.
    pub fn keep(&mut self, written: Vec<(i64, u8)>) {
        self.last = written.last().map_or(self.last, |(id, _)| *id);
        self.waiting.extend(written);
    }

    /// Peers that something waits for.
    pub fn peers(&self) -> Vec<u8> {
        let mut peers: Vec<u8> = self.waiting.values().copied().collect();
        peers.sort_unstable();
        peers.dedup();
        peers
    }

    /// What waits for a peer, in order, as much as one delivery takes.
    pub fn pending(&self, database: &Database, peer: u8) -> Result<Vec<(i64, Vec<u8>)>> {
        let mut parts = Vec::new();
        let mut bytes = 0;
        for id in self.waiting.iter().filter(|(_, to)| **to == peer).map(|(id, _)| *id).take(PARTS) {
            let Some(body) = database.blob("SELECT body FROM mail WHERE id = ?", vec![id.into()])? else { continue };
            bytes += body.len();
            parts.push((id, body));
            if bytes > DELIVERY_BYTES {
                break;
            }
        }
        Ok(parts)
    }

    /// A peer has applied everything up to this number. Its rows go, but the highest of all, which says where numbers are
    /// and keeps nothing else: who is erased is not to be found here.
    pub fn acknowledge(&mut self, database: &Database, peer: u8, last: i64) -> Result<()> {
        self.waiting.retain(|id, to| *to != peer || *id > last);
        if last == self.last {
            let nothing = postcard::to_allocvec(&Vec::<Envelope>::new()).unwrap_or_default();
            database.write("UPDATE mail SET body = ? WHERE id = ?", vec![nothing.into(), last.into()])?;
        }
        let values: Vec<SqlStorageValue> = vec![i64::from(peer).into(), last.into(), self.last.into()];
        database.write("DELETE FROM mail WHERE peer = ? AND id <= ? AND id < ?", values)
    }

    /// How many letters wait.
    pub fn waiting(&self) -> u32 {
        u32::try_from(self.waiting.len()).unwrap_or(u32::MAX)
    }
}

/// The last number of a sender's that was applied here.
pub fn last_of(database: &Database, from: u8) -> Result<i64> {
    let last = database.value("SELECT last FROM arrived WHERE peer = ?", vec![i64::from(from).into()])?;
    Ok(last.as_ref().and_then(as_integer).unwrap_or(0))
}

/// Remembers, inside a turn, the last number of a sender's.
pub fn set_last(database: &Database, from: u8, last: i64) -> Result<()> {
    let values = vec![i64::from(from).into(), last.into()];
    database.write("INSERT OR REPLACE INTO arrived (peer, last) VALUES (?, ?)", values)
}

/// All that ever arrived here, as one number: it changes whenever something does.
pub fn arrived(database: &Database) -> Result<i64> {
    let sum = database.value("SELECT coalesce(sum(last), 0) FROM arrived", vec![])?;
    Ok(sum.as_ref().and_then(as_integer).unwrap_or(0))
}

/// The envelopes of a stored row.
pub fn envelopes(body: &[u8]) -> Result<Vec<Envelope>> {
    postcard::from_bytes(body).map_err(|error| Error::RustError(error.to_string()))
}

/// Sorts envelopes by the shard they go to, each shard's in order, and in letters that fit a row.
pub fn sort(envelopes: Vec<Envelope>, shards: u8) -> Letters {
    let mut sorted: BTreeMap<u8, Vec<Envelope>> = BTreeMap::new();
    for envelope in envelopes {
        sorted.entry(envelope.to.shard(shards)).or_default().push(envelope);
    }
    let mut letters = Letters::new();
    for (peer, envelopes) in sorted {
        let mut bytes = usize::MAX;
        for envelope in envelopes {
            let size = postcard::to_allocvec(&envelope).map_or(0, |bytes| bytes.len());
            let fits = bytes.saturating_add(size) <= LETTER_BYTES;
            if let Some((_, letter)) = letters.last_mut().filter(|(_, letter)| fits && letter.len() < LETTER_ENVELOPES)
            {
                letter.push(envelope);
                bytes += size;
            } else {
                letters.push((peer, vec![envelope]));
                bytes = size;
            }
        }
    }
    letters
}
