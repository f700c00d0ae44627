//! One turn of a shard: a row is read, stepped and written, with the facts and messages that it leaves.

use serde::Serialize;
use tributary_core::admission::{Page, Source};
use tributary_core::facts::Facts;
use tributary_core::message::{Address, Envelope};
use tributary_core::person::{MAX_BYTES, Outcome, Person};
use tributary_core::time::Day;
use tributary_core::wire::{self, Batch, Refusal};
use worker::{Error, Response, Result};

use super::{Home, Inner};
use crate::answer::{Failure, Problem, open_empty, open_json};
use crate::database::Turn;
use crate::mail;
use crate::outbox::Row;
use crate::received::{Fault, Received};
use crate::turn;

/// Both writes of a turn as one statement: SQLite lets it stand or fall as a whole, which costs less than a transaction
/// around two.
pub const VIEW: &str = "
    CREATE VIEW IF NOT EXISTS turn (id, state, slot, seq, facts) AS SELECT NULL, NULL, NULL, NULL, NULL;
    CREATE TRIGGER IF NOT EXISTS turn_writes INSTEAD OF INSERT ON turn BEGIN
        INSERT OR REPLACE INTO actor (id, state) VALUES (NEW.id, NEW.state);
        INSERT OR REPLACE INTO outbox (slot, seq, facts) VALUES (NEW.slot, NEW.seq, NEW.facts);
    END;
";
const TURN: &str = "INSERT INTO turn (id, state, slot, seq, facts) VALUES (?, ?, ?, ?, ?)";

/// What a turn changes.
#[derive(Default)]
pub struct Change {
    /// Rows of actors; none where one is to go.
    pub rows: Vec<(String, Option<Vec<u8>>)>,
    /// Changed figures.
    pub facts: Facts,
    /// To be delivered.
    pub messages: Vec<Envelope>,
    /// The sender and the last number of its that this turn applies.
    pub arrived: Option<(u8, i64)>,
    /// The day of a page's visitor whom nobody had heard of.
    pub newcomer: Option<Day>,
}

#[derive(Serialize)]
struct BatchAnswer<'a> {
    accepted: u32,
    duplicate: u32,
    refused: &'a [Refusal],
    shift: i64,
}

impl Inner {
    /// Takes a page's batch.
    pub(super) async fn batch(&self, body: &[u8], received: &Received) -> std::result::Result<Response, Failure> {
        assert!(received.fault != Some(Fault::Panic), "a test asked for it");
        let batch = wire::parse(body, received.at)?;
        let Batch { shift, is_shift_new, .. } = batch;
        // Before the turn: an alarm that finds nothing does no harm, facts without an alarm would wait for a reader.
        self.arm().await?;
        let home = self.home()?.ok_or_else(Problem::unknown_site)?;
        let address = Address::Visitor(batch.visitor.clone());
        let again = || wire::parse(body, received.at).map_err(|error| Error::RustError(error.to_string()));
        let Received { is_bot, signals_refusal, .. } = *received;
        let page = Source::Page(Page { is_bot, signals_refusal, is_one_too_many: false });
        let Outcome { accepted, duplicate, refused, .. } =
            self.take(&address, batch, &again, &home, (page, received))?;
        if duplicate == 0 && refused.is_empty() && !is_shift_new {
            // The page knows all of it. A body would be a fifth of what the whole batch costs.
            return Ok(open_empty()?);
        }
        Ok(open_json(&BatchAnswer { accepted, duplicate, refused: &refused, shift })?)
    }

    /// The turn of one person's batch. What it takes out of memory to change it is not missed when it fails.
    pub(super) fn take(
        &self,
        address: &Address,
        batch: Batch,
        again: &dyn Fn() -> Result<Batch>,
        home: &Home,
        (source, received): (Source, &Received),
    ) -> Result<Outcome> {
        let id = address.key();
        let stored = self.stored(&id)?;
        let mut person = match &stored {
            Some(bytes) => Person::decode(bytes).ok_or_else(|| Error::RustError("a history cannot be read".into()))?,
            None => Person::new(address),
        };
        let today = home.rules.zone().day(received.at);
        let (source, is_newcomer) = match source {
            Source::Page(page) if stored.is_none() => {
                let is_one_too_many =
                    !self.outbox.borrow().newcomers().have_room(today, &home.rules.config, home.shards);
                (Source::Page(Page { is_one_too_many, ..page }), true)
            }
            other => (other, false),
        };
        let mut outcome = person.step(address, batch, &home.rules, source, received.at);
        let mut next = outcome.changed().then(|| person.encode());
        if next.as_ref().is_some_and(|next| next.len() > MAX_BYTES) {
            outcome = Person::refuse(again()?, &home.rules, received.at);
            next = None;
        }
        let is_changed = next.is_some();
        let change = Change {
            rows: next.map(|next| (id.clone(), Some(next))).into_iter().collect(),
            facts: std::mem::take(&mut outcome.facts),
            messages: std::mem::take(&mut outcome.messages),
            arrived: None,
            newcomer: (is_newcomer && is_changed).then_some(today),
        };
        self.commit(change, home, received.fault)?;
        if is_changed && stored.is_none() && matches!(address, Address::Nobody(_)) {
            self.nobodies.set(self.nobodies.get().map(|count| count + 1));
        }
        if let Some(stored) = stored.filter(|_| !is_changed) {
            self.visiting.borrow_mut().keep(id, stored);
        }
        Ok(outcome)
    }

    /// An actor's row, from memory or the table.
    pub(super) fn stored(&self, id: &str) -> Result<Option<Vec<u8>>> {
        match self.visiting.borrow_mut().take(id) {
            Some(state) => Ok(Some(state)),
            None => self.database.blob("SELECT state FROM actor WHERE id = ?", vec![id.into()]),
        }
    }

    /// Writes what a turn changed, all or nothing, and remembers it once it stands.
    pub(super) fn commit(&self, change: Change, home: &Home, fault: Option<Fault>) -> Result<()> {
        let Change { rows, facts, messages, arrived, newcomer } = change;
        let row = if facts.is_empty() { None } else { Some(self.outbox.borrow_mut().merge(&facts, newcomer)?) };
        let letters = mail::sort(messages, home.shards);
        let mut written = Vec::new();
        match (rows.as_slice(), letters.is_empty() && arrived.is_none()) {
            ([(id, Some(state))], true) => self.write(id, Some(state), row.as_ref(), fault)?,
            ([], true) => self.write("", None, row.as_ref(), fault)?,
            _ => {
                written = turn::run(self.database.storage(), || {
                    for (id, state) in &rows {
                        match state {
                            Some(state) => {
                                let values = vec![id.as_str().into(), state.clone().into()];
                                self.database
                                    .write("INSERT OR REPLACE INTO actor (id, state) VALUES (?, ?)", values)?;
                            }
                            None => self.database.write("DELETE FROM actor WHERE id = ?", vec![id.as_str().into()])?,
                        }
                    }
                    if let Some((from, last)) = arrived {
                        mail::set_last(&self.database, from, last)?;
                    }
                    let written = self.mail.borrow().write(&self.database, &letters)?;
                    self.write("", None, row.as_ref(), fault)?;
                    Ok(written)
                })?;
            }
        }
        self.mail.borrow_mut().keep(written);
        if let Some(row) = row {
            self.outbox.borrow_mut().keep(row);
        }
        let mut visiting = self.visiting.borrow_mut();
        for (id, state) in rows {
            visiting.take(&id);
            if let Some(state) = state {
                visiting.keep(id, state);
            }
        }
        Ok(())
    }

    /// Writes what a turn of one row changed: in one statement, which stands or falls as a whole.
    fn write(&self, id: &str, state: Option<&[u8]>, row: Option<&Row>, fault: Option<Fault>) -> Result<()> {
        assert!(fault != Some(Fault::PanicInTurn), "a test asked for it");
        match (state, row) {
            (Some(state), Some(row)) => {
                let facts = (fault != Some(Fault::FailInTurn)).then_some(row.bytes.as_slice());
                self.database.write_turn(TURN, &Turn { id, state, slot: row.slot, seq: row.seq, facts })
            }
            (Some(state), None) => {
                let values = vec![id.into(), state.to_vec().into()];
                self.database.write("INSERT OR REPLACE INTO actor (id, state) VALUES (?, ?)", values)
            }
            (None, Some(_)) if fault == Some(Fault::FailInTurn) => {
                Err(Error::RustError("a test asked for it".to_owned()))
            }
            (None, Some(row)) => {
                let values =
                    vec![i64::try_from(row.slot).unwrap_or(i64::MAX).into(), row.seq.into(), row.bytes.clone().into()];
                self.database.write("INSERT OR REPLACE INTO outbox (slot, seq, facts) VALUES (?, ?, ?)", values)
            }
            (None, None) => Ok(()),
        }
    }
}
