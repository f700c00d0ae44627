//! Facts that arrived at the site, and the counters they end in.
//!
//! A delivery writes one row: the shard's last sequence number with its facts not yet in the counters. Every few minutes
//! they are folded into one row per day and entity. A report reads both.

use tributary_core::facts::{Entity, Facts, Figures};
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

/// Adds facts to the counters.
fn count(database: &Database, facts: &Facts) -> Result<()> {
    for ((day, entity), figures) in &facts.0 {
        let place = || vec![SqlStorageValue::Integer(number(*entity)), SqlStorageValue::Integer(day.0.into())];
        let stored = database.blob("SELECT figures FROM counter WHERE entity = ? AND day = ?", place())?;
        let mut counters = match stored {
            Some(bytes) => facts_of(*day, *entity, &bytes)?,
            None => Facts::default(),
        };
        counters.merge(&Facts([((*day, *entity), figures.clone())].into()));
        let merged = counters.0.remove(&(*day, *entity)).unwrap_or_default();
        let mut values = place();
        values.push(write(&merged)?.into());
        database.write("INSERT OR REPLACE INTO counter (entity, day, figures) VALUES (?, ?, ?)", values)?;
    }
    Ok(())
}

/// Everything that arrived: of the site, its communications and goals over some days and the last 90, of what is reported
/// over its whole run (experiments, experiences) over all.
pub fn read_all(database: &Database, from: Day, to: Day) -> Result<Facts> {
    let mut facts = waiting(database)?;
    let range = vec![SqlStorageValue::Integer(from.0.into()), SqlStorageValue::Integer(to.0.into())];
    let rows = database.run(
        "SELECT entity, day, figures FROM counter WHERE entity > 0 OR (entity = 0 AND day BETWEEN ? AND ?)",
        range,
    )?;
    for row in rows {
        let [entity, day, figures] = row.as_slice() else { continue };
        let (Some(entity), Some(day), Some(bytes)) = (as_integer(entity), as_integer(day), as_blob(figures)) else {
            continue;
        };
        facts.merge(&facts_of(Day(i32::try_from(day).unwrap_or(0)), entity_of(entity), &bytes)?);
    }
    Ok(facts)
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

fn entity_of(number: i64) -> Entity {
    let own = u16::try_from(number & 0xffff).unwrap_or(0);
    match number >> 32 {
        0 if own == 0 => Entity::Site,
        0 => Entity::Experiment(own),
        1 => Entity::HeldOut,
        2 => Entity::Unattributed,
        3 => Entity::Communication(own),
        4 => Entity::Sequence(own),
        5 => Entity::Campaign(own),
        6 => Entity::Experience(own),
        7 => Entity::Goal(own),
        8 => Entity::Journey(own),
        _ => {
            let (journey, place) = ((number >> 8) & 0xffff, number & 0xff);
            Entity::Treatment(u16::try_from(journey).unwrap_or(0), u8::try_from(place).unwrap_or(0))
        }
    }
}

fn facts_of(day: Day, entity: Entity, bytes: &[u8]) -> Result<Facts> {
    let figures: Figures = postcard::from_bytes(bytes).map_err(unreadable)?;
    Ok(Facts([((day, entity), figures)].into()))
}

fn read(value: &SqlStorageValue) -> Result<Facts> {
    postcard::from_bytes(&as_blob(value).unwrap_or_default()).map_err(unreadable)
}

fn write(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    postcard::to_allocvec(value).map_err(unreadable)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: postcard::Error) -> Error {
    Error::RustError(format!("stored facts: {error}"))
}
