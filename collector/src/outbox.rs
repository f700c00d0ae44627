//! Facts on their way from a shard to its site: written in the turn that made them, sent at least once.
//!
//! - What may have been sent under a sequence number never changes: a flush seals the number, later facts open the next,
//!   and on waking every row found is sealed.
//! - Rows stay small, since a batch rewrites only the last one.
//! - A row that was acknowledged is overwritten by a later number, not deleted: deletes are billed like writes.
//!   So the highest number always stays in the table, and numbers never repeat.
//! - How many new visitors the day has had stands behind each row's facts: it costs no row of its own and is never lost.

use std::collections::BTreeMap;

use tributary_core::admission::Newcomers;
use tributary_core::facts::Facts;
use tributary_core::time::Day;
use worker::{Error, Result, SqlStorageValue};

use crate::database::{Database, as_blob, as_integer};

/// The table.
pub const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS outbox (slot INTEGER PRIMARY KEY, seq INTEGER NOT NULL, facts BLOB NOT NULL);";
/// Bytes of a row beyond which the next facts open another.
const ROW_BYTES: usize = 3 * 1024;
/// Bytes under one sequence number beyond which the next facts open another: a delivery is made of whole numbers, and the
/// site must be able to take each.
const NUMBER_BYTES: usize = 64 * 1024;

/// What waits, as far as memory knows: all of it can be read from the table again.
#[derive(Debug, Default)]
pub struct Outbox {
    /// The sequence number of every row.
    slots: Vec<i64>,
    /// The row that the next facts are merged into.
    open: Option<Row>,
    /// The last sequence number that was opened.
    last: i64,
    /// The last sequence number the site acknowledged.
    acknowledged: i64,
    newcomers: Newcomers,
}

/// A row of the outbox as a turn writes it.
#[derive(Debug)]
pub struct Row {
    /// Where it stands in the table.
    pub slot: usize,
    /// Its sequence number.
    pub seq: i64,
    facts: Facts,
    /// The facts as stored.
    pub bytes: Vec<u8>,
    /// Bytes of the full rows of the same number.
    before: usize,
    newcomers: Newcomers,
}

impl Outbox {
    /// Reads what the table holds. Everything found is sealed; it is not known what of it was acknowledged.
    pub fn wake(database: &Database) -> Result<Self> {
        let mut slots = Vec::new();
        for row in database.run("SELECT slot, seq FROM outbox ORDER BY slot", vec![])? {
            match row.iter().map(as_integer).collect::<Vec<_>>().as_slice() {
                [Some(slot), Some(seq)] if usize::try_from(*slot) == Ok(slots.len()) => slots.push(*seq),
                _ => return Err(Error::RustError("the outbox cannot be read".to_owned())),
            }
        }
        let last = slots.iter().copied().max().unwrap_or(0);
        let mut newcomers = Newcomers::default();
        for row in database.run("SELECT facts FROM outbox WHERE seq = ?", vec![last.into()])? {
            let Some((_, counted)) = row.first().and_then(as_blob).map(|bytes| read(&bytes)).transpose()? else {
                continue;
            };
            newcomers = newcomers.max(counted);
        }
        Ok(Self { slots, open: None, last, acknowledged: 0, newcomers })
    }

    /// Merges facts into the row that the turn is to write. The row is to be given to [`Outbox::keep`] once the turn
    /// stands. After one that does not, no row is open: what stood in it is sealed.
    pub fn merge(&mut self, facts: &Facts, newcomer: Option<Day>) -> Result<Row> {
        let mut row = match self.open.take() {
            Some(open) if open.bytes.len() < ROW_BYTES => open,
            full => self.next(full.as_ref()),
        };
        row.facts.merge(facts);
        row.newcomers = newcomer.map_or(self.newcomers, |today| self.newcomers.and_one(today));
        row.bytes = postcard::to_allocvec(&(&row.facts, row.newcomers.to_number()))
            .map_err(|error| Error::RustError(error.to_string()))?;
        Ok(row)
    }

    /// An empty row after one that is full, or after none.
    fn next(&self, full: Option<&Row>) -> Row {
        let slot = self.slots.iter().position(|seq| *seq <= self.acknowledged).unwrap_or(self.slots.len());
        let more =
            full.map(|full| (full.seq, full.before + full.bytes.len())).filter(|(_, bytes)| *bytes < NUMBER_BYTES);
        let (seq, before) = more.unwrap_or((self.last + 1, 0));
        Row { slot, seq, facts: Facts::default(), bytes: Vec::new(), before, newcomers: self.newcomers }
    }

    /// Remembers a row whose turn stands.
    pub fn keep(&mut self, row: Row) {
        if row.slot == self.slots.len() {
            self.slots.push(row.seq);
        } else {
            self.slots[row.slot] = row.seq;
        }
        self.last = row.seq;
        self.newcomers = row.newcomers;
        self.open = Some(row);
    }

    /// The new visitors of the day.
    pub fn newcomers(&self) -> Newcomers {
        self.newcomers
    }

    /// Sealed from now on: what is read next may be sent, so the next facts open another number.
    pub fn seal(&mut self) {
        self.open = None;
    }

    /// Everything not known to be acknowledged, by sequence number.
    pub fn pending(&self, database: &Database) -> Result<BTreeMap<i64, Facts>> {
        let mut pending: BTreeMap<i64, Facts> = BTreeMap::new();
        let values = vec![SqlStorageValue::Integer(self.acknowledged)];
        for row in database.run("SELECT seq, facts FROM outbox WHERE seq > ?", values)? {
            let [seq, facts] = row.as_slice() else { continue };
            let (Some(seq), Some(bytes)) = (as_integer(seq), as_blob(facts)) else { continue };
            pending.entry(seq).or_default().merge(&read(&bytes)?.0);
        }
        Ok(pending)
    }

    /// The site has applied everything up to this number.
    pub fn acknowledge(&mut self, last: i64) {
        self.acknowledged = self.acknowledged.max(last);
    }

    /// How many deliveries wait.
    pub fn waiting(&self) -> u32 {
        let waiting: std::collections::BTreeSet<i64> =
            self.slots.iter().copied().filter(|seq| *seq > self.acknowledged).collect();
        u32::try_from(waiting.len()).unwrap_or(u32::MAX)
    }
}

/// Facts as stored, and the new visitors of the day; rows of old have none behind them.
fn read(bytes: &[u8]) -> Result<(Facts, Newcomers)> {
    let (facts, rest) = postcard::take_from_bytes(bytes).map_err(|error| Error::RustError(error.to_string()))?;
    Ok((facts, postcard::from_bytes(rest).map_or_else(|_| Newcomers::default(), Newcomers::from_number)))
}
