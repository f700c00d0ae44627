//! What a courier keeps: its webhook, and a row for each notice.
//!
//! A notice is one blob. What rows are looked for by stands beside it.

use tributary_core::time::Millis;
use tributary_core::webhook::{Kind, MAX_NOTICES, NOTICES_FOR, Notice, State, Webhook};
use worker::{Error, Result, SqlStorageValue};

use crate::database::{Database, as_integer, into_blob};

/// The tables.
pub const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS meta (id INTEGER PRIMARY KEY, value BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS notice (
        id TEXT PRIMARY KEY, at INTEGER NOT NULL, is_waiting INTEGER NOT NULL, next_at INTEGER, notice BLOB NOT NULL
    ) WITHOUT ROWID;
";
const WEBHOOK: i64 = 0;

/// The webhook; none where it was never made or is deleted.
pub fn webhook(database: &Database) -> Result<Option<Webhook>> {
    let row = database.blob("SELECT value FROM meta WHERE id = ?", vec![WEBHOOK.into()])?;
    row.map(|row| Webhook::decode(&row).ok_or_else(unreadable)).transpose()
}

/// Writes the webhook.
pub fn write_webhook(database: &Database, webhook: &Webhook) -> Result<()> {
    let values = vec![WEBHOOK.into(), webhook.encode().into()];
    database.write("INSERT OR REPLACE INTO meta (id, value) VALUES (?, ?)", values)
}

/// A notice by its id.
pub fn notice(database: &Database, id: &str) -> Result<Option<Notice>> {
    one(database, "SELECT notice FROM notice WHERE id = ?", vec![id.into()])
}

/// Writes a notice, whether or not it was there.
pub fn write(database: &Database, notice: &Notice) -> Result<()> {
    let is_waiting = i64::from(notice.state == State::Waiting);
    let next_at = notice.next_at.map_or(SqlStorageValue::Null, SqlStorageValue::Integer);
    let values = vec![notice.id.as_str().into(), notice.at.into(), is_waiting.into(), next_at, notice.encode().into()];
    database.write("INSERT OR REPLACE INTO notice (id, at, is_waiting, next_at, notice) VALUES (?, ?, ?, ?, ?)", values)
}

/// The notice that is due the longest.
pub fn due(database: &Database, now: Millis) -> Result<Option<Notice>> {
    one(database, "SELECT notice FROM notice WHERE next_at <= ? ORDER BY next_at, at LIMIT 1", vec![now.into()])
}

/// When the next notice is due.
pub fn next(database: &Database) -> Result<Option<Millis>> {
    Ok(database.value("SELECT min(next_at) FROM notice", vec![])?.as_ref().and_then(as_integer))
}

/// The time of the next notice: notices of one webhook have different ones, which are their order.
pub fn time(database: &Database, now: Millis) -> Result<Millis> {
    let last = database.value("SELECT max(at) FROM notice", vec![])?.as_ref().and_then(as_integer);
    Ok(last.map_or(now, |last| now.max(last + 1)))
}

/// Notices, the latest first; those before one where it is given.
pub fn latest(database: &Database, before: Option<&str>, limit: u32) -> Result<Vec<Notice>> {
    let limit = i64::from(limit).into();
    match before {
        None => all(database, "SELECT notice FROM notice ORDER BY at DESC LIMIT ?", vec![limit]),
        Some(id) => all(
            database,
            "SELECT notice FROM notice WHERE at < (SELECT at FROM notice WHERE id = ?) ORDER BY at DESC LIMIT ?",
            vec![id.into(), limit],
        ),
    }
}

/// How many notices wait for an attempt or for their webhook.
pub fn count_waiting(database: &Database) -> Result<usize> {
    let count = database.value("SELECT count(*) FROM notice WHERE is_waiting = 1", vec![])?;
    Ok(count.as_ref().and_then(as_integer).and_then(|count| usize::try_from(count).ok()).unwrap_or(0))
}

/// Has what waits wait for its webhook to be enabled. Tests go out all the same.
pub fn hold(database: &Database) -> Result<()> {
    for notice in waiting(database)?.into_iter().filter(|notice| notice.kind != Kind::Test) {
        write(database, &Notice { next_at: None, ..notice })?;
    }
    Ok(())
}

/// Has what waits begin anew, at once.
pub fn resume(database: &Database, now: Millis) -> Result<()> {
    for mut notice in waiting(database)? {
        notice.replay(now);
        write(database, &notice)?;
    }
    Ok(())
}

/// Removes notices that are too old, and, of more than are kept, the oldest: those that are settled first.
pub fn prune(database: &Database, now: Millis) -> Result<()> {
    let most = i64::try_from(MAX_NOTICES).unwrap_or(i64::MAX);
    database.write("DELETE FROM notice WHERE at < ?", vec![(now - NOTICES_FOR).into()])?;
    database.write(
        "DELETE FROM notice WHERE id IN (
             SELECT id FROM notice ORDER BY is_waiting, at LIMIT max(0, (SELECT count(*) FROM notice) - ?))",
        vec![most.into()],
    )
}

/// Forgets everything.
pub fn delete(database: &Database) -> Result<()> {
    database.write("DELETE FROM meta", vec![])?;
    database.write("DELETE FROM notice", vec![])
}

fn waiting(database: &Database) -> Result<Vec<Notice>> {
    all(database, "SELECT notice FROM notice WHERE is_waiting = 1", vec![])
}

fn one(database: &Database, statement: &str, values: Vec<SqlStorageValue>) -> Result<Option<Notice>> {
    Ok(all(database, statement, values)?.pop())
}

fn all(database: &Database, statement: &str, values: Vec<SqlStorageValue>) -> Result<Vec<Notice>> {
    let rows = database.run(statement, values)?.into_iter();
    let read =
        |row: Vec<SqlStorageValue>| row.into_iter().next().and_then(into_blob).and_then(|row| Notice::decode(&row));
    rows.map(|row| read(row).ok_or_else(unreadable)).collect()
}

fn unreadable() -> Error {
    Error::RustError("a stored row cannot be read".to_owned())
}
