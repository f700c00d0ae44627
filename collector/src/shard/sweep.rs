//! Rows that nobody has needed for so long are removed, a slice of the table at a time.
//!
//! The keeper calls once a day. Where the last slice ended stands in `meta`, but only while a round over the table is under
//! way: one that a single slice comes through writes nothing besides the removals themselves.

use tributary_core::message::Address;
use tributary_core::retention;
use worker::{Result, SqlStorageValue};

use super::turn::Change;
use super::{Home, Inner};
use crate::database::as_blob;
use crate::received::Received;

/// Rows looked at in a call: visitors wait for it.
const SLICE: usize = 5_000;
/// Rows in memory at a time: one has at most 900 KB.
const ROWS: usize = 50;
/// Where the cursor stands in `meta`.
const CURSOR: i64 = 2;

impl Inner {
    /// Looks at the next slice of rows and removes those that are to go. True while the round over the table is under way.
    pub(super) async fn sweep(&self, received: &Received) -> Result<bool> {
        let Some(home) = self.home()? else { return Ok(false) };
        let before = self.cursor()?;
        let mut cursor = before.clone();
        let mut looked = 0;
        while looked < SLICE {
            let rows = retention::rows_after(&cursor);
            let values = vec![rows.start.into(), rows.end.into(), i64::try_from(ROWS).unwrap_or(i64::MAX).into()];
            let found =
                self.database.run("SELECT id, state FROM actor WHERE id > ? AND id < ? ORDER BY id LIMIT ?", values)?;
            self.remove_old(&found, &home, received)?;
            looked += found.len();
            cursor = match found.last().and_then(|row| row.first()) {
                Some(SqlStorageValue::String(id)) if found.len() == ROWS => id.clone(),
                _ if retention::are_last(&rows) => String::new(),
                _ => rows.end.to_owned(),
            };
            if cursor.is_empty() {
                break;
            }
        }
        if cursor != before {
            let values = vec![CURSOR.into(), cursor.as_str().into()];
            self.database.write("INSERT OR REPLACE INTO meta (id, value) VALUES (?, ?)", values)?;
        }
        // Who went may have told others.
        if self.waiting() > 0 {
            self.arm().await?;
        }
        Ok(!cursor.is_empty())
    }

    /// Removes what is to go among these rows, in one turn.
    fn remove_old(&self, rows: &[Vec<SqlStorageValue>], home: &Home, received: &Received) -> Result<()> {
        let mut change = Change::default();
        for row in rows {
            let [SqlStorageValue::String(id), state] = row.as_slice() else { continue };
            let (Some(address), Some(state)) = (Address::of_key(id), as_blob(state)) else { continue };
            match retention::depart(&address, &state, &home.rules, received.at) {
                Ok(Some(messages)) => {
                    change.rows.push((id.clone(), None));
                    change.messages.extend(messages);
                }
                Ok(None) => {}
                Err(damaged) => worker::console_error!("{damaged}: {id}"),
            }
        }
        if change.rows.is_empty() {
            return Ok(());
        }
        self.commit(change, home, None)?;
        // They may have been events of nobody's: those that are left are counted when one more comes.
        self.nobodies.set(None);
        Ok(())
    }

    fn cursor(&self) -> Result<String> {
        let cursor = self.database.value("SELECT value FROM meta WHERE id = ?", vec![CURSOR.into()])?;
        Ok(if let Some(SqlStorageValue::String(cursor)) = cursor { cursor } else { String::new() })
    }
}
