//! The SQLite of a Durable Object, with every row counted.

use std::cell::Cell;

use serde::Serialize;
use wasm_bindgen::prelude::*;
use worker::{Error, Result, SqlCursor, SqlStorage, SqlStorageValue, Storage};

/// No value above this: production refuses 2 MB, local workerd would take it.
const MAX_VALUE_BYTES: usize = 1_000_000;

/// What the hot path asks of the storage: bytes go from here to SQLite without a copy in between.
#[wasm_bindgen]
extern "C" {
    type Sql;
    type Cursor;

    #[wasm_bindgen(method, catch, js_name = exec)]
    fn exec_turn(
        this: &Sql,
        statement: &str,
        id: &str,
        state: &[u8],
        slot: usize,
        seq: f64,
        facts: Option<&[u8]>,
    ) -> std::result::Result<Cursor, JsValue>;

    #[wasm_bindgen(method, getter, js_name = rowsRead)]
    fn rows_read(this: &Cursor) -> usize;

    #[wasm_bindgen(method, getter, js_name = rowsWritten)]
    fn rows_written(this: &Cursor) -> usize;
}

/// What a turn changes.
pub struct Turn<'a> {
    /// The actor's key.
    pub id: &'a str,
    /// Its state.
    pub state: &'a [u8],
    /// The outbox's row.
    pub slot: usize,
    /// Its sequence number.
    pub seq: i64,
    /// Its facts. Without any, both writes fail.
    pub facts: Option<&'a [u8]>,
}

/// Rows and alarms since the object woke.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Meter {
    /// Rows read.
    pub rows_read: usize,
    /// Rows written, deletes included.
    pub rows_written: usize,
    /// Alarms set (each is billed as a row written).
    pub alarms_set: usize,
}

/// An object's database.
pub struct Database {
    storage: Storage,
    sql: SqlStorage,
    meter: Cell<Meter>,
}

impl Database {
    /// Opens the database and makes its tables. An object without its tables must not answer: a failure ends it, and
    /// the runtime makes another.
    pub fn open(storage: Storage, tables: &str) -> Self {
        let database = Self { sql: storage.sql(), storage, meter: Cell::default() };
        database.run(tables, vec![]).unwrap_or_else(|error| panic!("tables: {error}"));
        database.meter.take();
        database
    }

    /// The storage, for turns and alarms.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Runs a statement and gives its rows.
    pub fn run(&self, statement: &str, values: Vec<SqlStorageValue>) -> Result<Vec<Vec<SqlStorageValue>>> {
        let cursor = self.execute(statement, values)?;
        let rows = cursor.raw().collect::<Result<Vec<_>>>()?;
        self.count_rows(cursor.rows_read(), cursor.rows_written());
        Ok(rows)
    }

    /// Runs a statement that gives no rows: it is done when it was started, and need not be asked for them.
    pub fn write(&self, statement: &str, values: Vec<SqlStorageValue>) -> Result<()> {
        let cursor = self.execute(statement, values)?;
        self.count_rows(cursor.rows_read(), cursor.rows_written());
        Ok(())
    }

    /// Writes a turn, for which `statement` has five places.
    pub fn write_turn(&self, statement: &str, turn: &Turn) -> Result<()> {
        let Turn { id, state, slot, seq, facts } = *turn;
        Self::check(state.len().max(facts.map_or(0, <[u8]>::len)))?;
        #[expect(clippy::cast_precision_loss, reason = "JavaScript's numbers hold it: it is below 2^53")]
        let seq = seq as f64;
        let cursor = self.sql.as_ref().unchecked_ref::<Sql>().exec_turn(statement, id, state, slot, seq, facts)?;
        self.count_rows(cursor.rows_read(), cursor.rows_written());
        Ok(())
    }

    fn check(bytes: usize) -> Result<()> {
        if bytes > MAX_VALUE_BYTES {
            return Err(Error::RustError("a value of more than 1 MB is not stored".to_owned()));
        }
        Ok(())
    }

    fn execute(&self, statement: &str, values: Vec<SqlStorageValue>) -> Result<SqlCursor> {
        let bytes = |value: &SqlStorageValue| match value {
            SqlStorageValue::Blob(bytes) => bytes.len(),
            SqlStorageValue::String(text) => text.len(),
            _ => 0,
        };
        Self::check(values.iter().map(bytes).max().unwrap_or(0))?;
        self.sql.exec(statement, values)
    }

    /// The one value that a statement gives, if any.
    pub fn value(&self, statement: &str, values: Vec<SqlStorageValue>) -> Result<Option<SqlStorageValue>> {
        Ok(self.run(statement, values)?.into_iter().next().and_then(|row| row.into_iter().next()))
    }

    /// The one blob that a statement gives, if any.
    pub fn blob(&self, statement: &str, values: Vec<SqlStorageValue>) -> Result<Option<Vec<u8>>> {
        Ok(self.value(statement, values)?.and_then(into_blob))
    }

    /// Sets the alarm to go off after a time, ms.
    pub async fn set_alarm(&self, after: i64) -> Result<()> {
        self.count(|meter| meter.alarms_set += 1);
        self.storage.set_alarm(after).await
    }

    /// Rows and alarms since the object woke.
    pub fn meter(&self) -> Meter {
        self.meter.get()
    }

    fn count_rows(&self, read: usize, written: usize) {
        self.count(|meter| {
            meter.rows_read += read;
            meter.rows_written += written;
        });
    }

    fn count(&self, change: impl FnOnce(&mut Meter)) {
        let mut meter = self.meter.get();
        change(&mut meter);
        self.meter.set(meter);
    }
}

/// The bytes of a stored blob.
pub fn into_blob(value: SqlStorageValue) -> Option<Vec<u8>> {
    if let SqlStorageValue::Blob(bytes) = value { Some(bytes) } else { None }
}

/// A copy of the bytes of a stored blob.
pub fn as_blob(value: &SqlStorageValue) -> Option<Vec<u8>> {
    if let SqlStorageValue::Blob(bytes) = value { Some(bytes.clone()) } else { None }
}

/// A stored whole number below 2^53.
pub fn as_integer(value: &SqlStorageValue) -> Option<i64> {
    if let SqlStorageValue::Integer(number) = value { Some(*number) } else { None }
}
