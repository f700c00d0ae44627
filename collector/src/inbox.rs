//! Facts that arrived at the site, and the counters they end in.
//!
//! A delivery writes one row: the shard's last sequence number with its facts not yet in the counters. Every few minutes
//! they are folded into one row per day and entity, and about once a week the days that are over into one row per entity
//! that is reported over its whole run. A report reads all three.

use tributary_core::facts::{Entity, Facts, Figures, add_to};
use tributary_core::report::{Days, Ledger, Need, Range, Total};
use tributary_core::time::Day;
use worker::{Error, Result, SqlStorageValue};

use crate::call::Delivery;
use crate::database::{Database, as_blob, as_integer};

/// The tables.
pub const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS inbox (shard INTEGER PRIMARY KEY, last INTEGER NOT NULL, facts BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS counter (
        entity INTEGER NOT NULL, day INTEGER NOT NULL, figures BLOB NOT NULL, PRIMARY KEY (entity, day)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS total (entity INTEGER PRIMARY KEY, total BLOB NOT NULL);
";
/// Facts of one shard beyond this go to the counters at once: a row must stay far below what can be stored.
const FULL_BYTES: usize = 64 * 1024;

/// What a delivery came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// The shard's last sequence number that is in the site's figures.
    pub last: i64,
    /// Something waits to be folded into the counters.
    pub is_filled: bool,
}

/// Applies, inside a turn, the parts of a delivery that follow the last one: each once, in order.
pub fn apply(database: &Database, delivery: &Delivery) -> Result<Applied> {
    let shard = SqlStorageValue::Integer(delivery.shard.into());
    let rows = database.run("SELECT last, facts FROM inbox WHERE shard = ?", vec![shard.clone()])?;
    let (known, mut facts) = match rows.first().map(Vec::as_slice) {
        Some([last, facts]) => (as_integer(last).unwrap_or(0), read(facts)?),
        _ => (0, Facts::default()),
    };
    let mut last = known;
    for (seq, part) in &delivery.parts {
        if *seq == last + 1 {
            facts.merge(part);
            last = *seq;
        }
    }
    if last == known {
        return Ok(Applied { last, is_filled: false });
    }
    let mut bytes = write(&facts)?;
    if bytes.len() > FULL_BYTES {
        count(database, &std::mem::take(&mut facts))?;
        bytes = write(&facts)?;
    }
    let values = vec![shard, SqlStorageValue::Integer(last), bytes.into()];
    database.write("INSERT OR REPLACE INTO inbox (shard, last, facts) VALUES (?, ?, ?)", values)?;
    Ok(Applied { last, is_filled: !facts.is_empty() })
}

/// Folds, inside a turn, what waits into the counters.
pub fn fold(database: &Database) -> Result<()> {
    count(database, &waiting(database)?)?;
    let empty = write(&Facts::default())?;
    let values: Vec<SqlStorageValue> = vec![empty.clone().into(), empty.into()];
    database.write("UPDATE inbox SET facts = ? WHERE facts <> ?", values)
}

/// Adds facts to the counters, and to the totals where they are of days that are in one.
fn count(database: &Database, facts: &Facts) -> Result<()> {
    for ((day, entity), figures) in &facts.0 {
        count_day(database, *entity, *day, figures)?;
        if entity.has_total() {
            add_to_total(database, *entity, *day, figures)?;
        }
    }
    Ok(())
}

fn count_day(database: &Database, entity: Entity, day: Day, figures: &Figures) -> Result<()> {
    let place = || vec![SqlStorageValue::Integer(number(entity)), SqlStorageValue::Integer(day.0.into())];
    let stored = database.blob("SELECT figures FROM counter WHERE entity = ? AND day = ?", place())?;
    let mut merged: Figures = stored.map(|bytes| of_bytes(&bytes)).transpose()?.unwrap_or_default();
    add_to(&mut merged, figures);
    let mut values = place();
    values.push(write(&merged)?.into());
    database.write("INSERT OR REPLACE INTO counter (entity, day, figures) VALUES (?, ?, ?)", values)
}

/// A day that is in the counters already.
fn add_to_total(database: &Database, entity: Entity, day: Day, figures: &Figures) -> Result<()> {
    let next = Total::counted(total(database, entity)?, day, figures, |range| rows(database, entity, range))?;
    if let Some(next) = next {
        let values = vec![SqlStorageValue::Integer(number(entity)), write(&next)?.into()];
        database.write("INSERT OR REPLACE INTO total (entity, total) VALUES (?, ?)", values)?;
    }
    Ok(())
}

/// What a report needs, and no more: it follows from what is configured and the days asked for.
pub fn read_all(database: &Database, needs: &[Need]) -> Result<Ledger> {
    let mut ledger = Ledger::default();
    ledger.take(&waiting(database)?);
    for need in needs {
        let total = if need.is_run { total(database, need.entity)? } else { None };
        ledger.take_need(need, total.as_ref(), |range| rows(database, need.entity, range))?;
    }
    Ok(ledger)
}

fn total(database: &Database, entity: Entity) -> Result<Option<Total>> {
    let place = vec![SqlStorageValue::Integer(number(entity))];
    let stored = database.blob("SELECT total FROM total WHERE entity = ?", place)?;
    stored.map(|bytes| of_bytes(&bytes)).transpose()
}

/// An entity's days within a range.
fn rows(database: &Database, entity: Entity, range: Range) -> Result<Days> {
    let days = [range.from.0, range.to.0].map(|day| SqlStorageValue::Integer(day.into()));
    let values = [vec![SqlStorageValue::Integer(number(entity))], days.into()].concat();
    let rows = database.run("SELECT day, figures FROM counter WHERE entity = ? AND day BETWEEN ? AND ?", values)?;
    rows.iter()
        .filter_map(|row| {
            let [day, figures] = row.as_slice() else { return None };
            let day = Day(i32::try_from(as_integer(day)?).ok()?);
            Some(of_bytes(&as_blob(figures)?).map(|figures| (day, figures)))
        })
        .collect()
}

fn waiting(database: &Database) -> Result<Facts> {
    let mut facts = Facts::default();
    for row in database.run("SELECT facts FROM inbox", vec![])? {
        if let Some(value) = row.first() {
            facts.merge(&read(value)?);
        }
    }
    Ok(facts)
}

/// The number of an entity in its table: its kind, then its own. Stored: never changes.
fn number(entity: Entity) -> i64 {
    let (kind, own): (i64, i64) = match entity {
        Entity::Site => (0, 0),
        Entity::Experiment(number) => (0, number.into()),
        Entity::HeldOut => (1, 0),
        Entity::Unattributed => (2, 0),
        Entity::Communication(number) => (3, number.into()),
        Entity::Sequence(number) => (4, number.into()),
        Entity::Campaign(number) => (5, number.into()),
        Entity::Experience(number) => (6, number.into()),
        Entity::Goal(number) => (7, number.into()),
        Entity::Journey(number) => (8, number.into()),
        Entity::Treatment(journey, place) => (9, i64::from(journey) << 8 | i64::from(place)),
    };
    kind << 32 | own
}

fn of_bytes<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    postcard::from_bytes(bytes).map_err(unreadable)
}

fn read(value: &SqlStorageValue) -> Result<Facts> {
    of_bytes(&as_blob(value).unwrap_or_default())
}

fn write(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    postcard::to_allocvec(value).map_err(unreadable)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: postcard::Error) -> Error {
    Error::RustError(format!("stored facts: {error}"))
}
