//! A shard: some of a site's visitors, and the facts they make on their way to the site.
#![expect(missing_docs, reason = "`durable_object` makes methods that have none")]

use std::cell::{Cell, RefCell};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use tributary_core::config::Config;
use tributary_core::facts::Facts;
use tributary_core::judge::Rules;
use tributary_core::message::{Address, Envelope, Message};
use tributary_core::person::{MAX_BYTES, Outcome, Person};
use tributary_core::wire::{self, Batch, Refusal};
use tributary_core::{actor, server_event};
use worker::{DurableObject, Env, Error, Request, Response, Result, SqlStorageValue, State, durable_object};

use crate::answer::{Failure, Problem, finish, json, open, open_json};
use crate::call::{self, Delivery};
use crate::database::{Database, Turn};
use crate::mail::{self, Mail, Post};
use crate::outbox::{self, Outbox, Row};
use crate::received::{Fault, Received};
use crate::visiting::Visiting;
use crate::{turn, wait};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS meta (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS actor (id TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
";
/// Both writes of a turn as one statement: SQLite lets it stand or fall as a whole, which costs less than a transaction
/// around two.
const TURN_VIEW: &str = "
    CREATE VIEW IF NOT EXISTS turn (id, state, slot, seq, facts) AS SELECT NULL, NULL, NULL, NULL, NULL;
    CREATE TRIGGER IF NOT EXISTS turn_writes INSTEAD OF INSERT ON turn BEGIN
        INSERT OR REPLACE INTO actor (id, state) VALUES (NEW.id, NEW.state);
        INSERT OR REPLACE INTO outbox (slot, seq, facts) VALUES (NEW.slot, NEW.seq, NEW.facts);
    END;
";
const TURN: &str = "INSERT INTO turn (id, state, slot, seq, facts) VALUES (?, ?, ?, ?, ?)";
/// Messages of a turn, about.
const ENVELOPES: usize = 200;
const CONFIG: i64 = 0;
const FLOOR: i64 = 1;

/// The Durable Object.
#[durable_object]
pub struct Shard {
    inner: AssertUnwindSafe<Inner>,
}

struct Inner {
    database: Database,
    env: Env,
    /// All that memory knows; it can be read from the tables again.
    home: RefCell<Option<Rc<Home>>>,
    outbox: RefCell<Outbox>,
    mail: RefCell<Mail>,
    visiting: RefCell<Visiting>,
    alarm: Cell<Alarm>,
    is_delivering: Cell<bool>,
}

/// The configuration in force here, and which shard this is.
#[derive(Deserialize, Serialize)]
pub struct Posting {
    /// Which of the site's shards.
    pub shard: u8,
    /// How many it has.
    pub shards: u8,
    /// The site's configuration.
    pub config: Config,
}

struct Home {
    shard: u8,
    shards: u8,
    rules: Rules,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Alarm {
    Unknown,
    Off,
    Set,
}

/// What a turn changes.
#[derive(Default)]
struct Change {
    /// Rows of actors; none where one is to go.
    rows: Vec<(String, Option<Vec<u8>>)>,
    facts: Facts,
    messages: Vec<Envelope>,
    /// The sender and the last number of its that this turn applies.
    arrived: Option<(u8, i64)>,
}

/// What a flush says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Flushed {
    /// Deliveries that still wait.
    pub pending: u32,
    /// Changes whenever another shard's message arrives.
    pub arrived: i64,
}

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

#[derive(Serialize)]
struct BatchAnswer<'a> {
    accepted: u32,
    duplicate: u32,
    refused: &'a [Refusal],
    shift: i64,
}

impl DurableObject for Shard {
    fn new(state: State, env: Env) -> Self {
        let tables = format!("{TABLES}{}{}{TURN_VIEW}", outbox::TABLE, mail::TABLES);
        let database = Database::open(state.storage(), &tables);
        // Facts that wait would be written over by an object that does not know of them.
        let outbox = Outbox::wake(&database).unwrap_or_else(|error| panic!("outbox: {error}"));
        let mail = Mail::wake(&database).unwrap_or_else(|error| panic!("mail: {error}"));
        let inner = Inner {
            database,
            env,
            home: RefCell::default(),
            outbox: RefCell::new(outbox),
            mail: RefCell::new(mail),
            visiting: RefCell::default(),
            alarm: Cell::new(Alarm::Unknown),
            is_delivering: Cell::new(false),
        };
        Self { inner: AssertUnwindSafe(inner) }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        finish(self.inner.handle(request).await)
    }

    /// Never throws: a throwing alarm is dropped after six tries. What fails is tried again.
    async fn alarm(&self) -> Result<Response> {
        self.inner.ring().await;
        Response::empty()
    }
}

impl Inner {
    async fn handle(&self, mut request: Request) -> std::result::Result<Response, Failure> {
        let url = request.url()?;
        let received = Received::read(&url);
        match url.path() {
            "/batch" => {
                let body = request.bytes().await?;
                match self.batch(&body, &received).await {
                    Ok(answer) => Ok(answer),
                    problem => Ok(open(finish(problem)?)?),
                }
            }
            "/post" => {
                let posting = request.bytes().await?;
                Ok(self.post(&posting)?)
            }
            "/flush" => {
                let pending = self.flush(&received).await?;
                Ok(json(200, &Flushed { pending, arrived: mail::arrived(&self.database)? })?)
            }
            "/mail" => {
                let post = request.bytes().await?;
                self.arm().await?;
                self.receive(&post)
            }
            "/export" => {
                let address = address(&request.bytes().await?)?;
                let stored = self.stored(&address.key())?;
                let person = stored.as_deref().and_then(Person::decode).ok_or_else(Problem::not_found)?;
                Ok(json(200, &person.export(&address))?)
            }
            "/erase" => {
                let address = address(&request.bytes().await?)?;
                self.arm().await?;
                let home = self.home()?.ok_or_else(Problem::unknown_site)?;
                let messages = vec![Envelope { to: address, message: Message::Erase }];
                self.commit(Change { messages, ..Change::default() }, &home, None)?;
                Ok(json(202, &"erasing")?)
            }
            "/import" => {
                let lines = request.text().await?;
                self.arm().await?;
                Ok(json(200, &self.import(&lines, &received)?)?)
            }
            "/page" => self.page(&received),
            "/floor" => {
                request.bytes().await?;
                Ok(self.floor()?)
            }
            "/alarm" => {
                self.database.storage().delete_alarm().await?;
                self.ring().await;
                Ok(Response::empty()?)
            }
            "/meter" => Ok(json(200, &self.database.meter())?),
            _ => Err(Problem::not_found().into()),
        }
    }

    async fn batch(&self, body: &[u8], received: &Received) -> std::result::Result<Response, Failure> {
        assert!(received.fault != Some(Fault::Panic), "a test asked for it");
        let batch = wire::parse(body, received.at)?;
        let shift = batch.shift;
        // Before the turn: an alarm that finds nothing does no harm, facts without an alarm would wait for a reader.
        self.arm().await?;
        let home = self.home()?.ok_or_else(Problem::unknown_site)?;
        let address = Address::Visitor(batch.visitor.clone());
        let again = || wire::parse(body, received.at).map_err(|error| Error::RustError(error.to_string()));
        let Outcome { accepted, duplicate, refused, .. } = self.take(&address, batch, again, &home, received)?;
        Ok(open_json(&BatchAnswer { accepted, duplicate, refused: &refused, shift })?)
    }

    /// The turn of one person's batch. What it takes out of memory to change it is not missed when it fails.
    fn take(
        &self,
        address: &Address,
        batch: Batch,
        again: impl FnOnce() -> Result<Batch>,
        home: &Home,
        received: &Received,
    ) -> Result<Outcome> {
        let id = address.key();
        let stored = self.stored(&id)?;
        let mut person = match &stored {
            Some(bytes) => Person::decode(bytes).ok_or_else(|| Error::RustError("a history cannot be read".into()))?,
            None => Person::new(address),
        };
        let mut outcome = person.step(address, batch, &home.rules, received.is_bot, received.at);
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
        };
        self.commit(change, home, received.fault)?;
        if let Some(stored) = stored.filter(|_| !is_changed) {
            self.visiting.borrow_mut().keep(id, stored);
        }
        Ok(outcome)
    }

    fn stored(&self, id: &str) -> Result<Option<Vec<u8>>> {
        match self.visiting.borrow_mut().take(id) {
            Some(state) => Ok(Some(state)),
            None => self.database.blob("SELECT state FROM actor WHERE id = ?", vec![id.into()]),
        }
    }

    /// Writes what a turn changed, all or nothing, and remembers it once it stands.
    fn commit(&self, change: Change, home: &Home, fault: Option<Fault>) -> Result<()> {
        let Change { rows, facts, messages, arrived } = change;
        let row = if facts.is_empty() { None } else { Some(self.outbox.borrow_mut().merge(&facts)?) };
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
                self.database.write_turn(TURN, &Turn { id, history: state, slot: row.slot, seq: row.seq, facts })
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

    /// Takes another shard's messages, each once; those that speak of a configuration that is not here yet wait.
    fn receive(&self, post: &[u8]) -> std::result::Result<Response, Failure> {
        let post: Post = postcard::from_bytes(post).map_err(|error| Error::RustError(error.to_string()))?;
        Ok(json(200, &self.apply(&post)?)?)
    }

    /// Applies a post in one turn; gives the last number that is applied.
    fn apply(&self, post: &Post) -> Result<i64> {
        let known = mail::last_of(&self.database, post.from)?;
        let Some(home) = self.home()? else { return Ok(known) };
        let mut rows: std::collections::BTreeMap<String, Option<Vec<u8>>> = std::collections::BTreeMap::new();
        let mut change = Change::default();
        let mut last = known;
        let mut taken = 0;
        'parts: for (id, body) in post.parts.iter().filter(|(id, _)| *id > known) {
            let envelopes = mail::envelopes(body)?;
            if envelopes.iter().any(|envelope| envelope.message.config() > home.rules.config.version) {
                break 'parts;
            }
            for Envelope { to, message } in envelopes {
                let key = to.key();
                let stored = match rows.remove(&key) {
                    Some(row) => row,
                    None => self.stored(&key)?,
                };
                let Ok((row, effects)) = actor::receive(&to, stored.as_deref(), message, &home.rules) else {
                    // One row that cannot be read must not hold up all others.
                    worker::console_error!("a row cannot be read: {key}");
                    continue;
                };
                taken += 1;
                rows.insert(key, row);
                change.facts.merge(&effects.facts);
                change.messages.extend(effects.messages);
            }
            last = *id;
            // The rest comes again: a turn has its limits.
            if taken >= ENVELOPES {
                break;
            }
        }
        if last == known {
            return Ok(known);
        }
        change.rows = rows.into_iter().collect();
        change.arrived = Some((post.from, last));
        self.commit(change, &home, None)?;
        Ok(last)
    }

    /// Takes the lines of an import that are this shard's: each person's in one turn.
    fn import(&self, lines: &str, received: &Received) -> std::result::Result<Imported, Failure> {
        let home = self.home()?.ok_or_else(Problem::unknown_site)?;
        let mut imported = Imported::default();
        for (address, batch, lines) in server_event::batches(lines, received.at) {
            let same = batch.clone();
            let again = || Ok(same);
            let outcome = self.take(&address, batch, again, &home, &Received { is_bot: false, ..received.clone() })?;
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

    /// Takes a configuration, unless a later one is in force already.
    fn post(&self, posting: &[u8]) -> Result<Response> {
        let text = std::str::from_utf8(posting).map_err(|error| Error::RustError(error.to_string()))?;
        let posted: Posting = serde_json::from_str(text).map_err(|error| Error::RustError(error.to_string()))?;
        let in_force = self.home()?.map_or(0, |home| home.rules.config.version);
        if posted.config.version > in_force {
            let values = vec![SqlStorageValue::Integer(CONFIG), SqlStorageValue::String(text.to_owned())];
            self.database.write("INSERT OR REPLACE INTO meta (id, value) VALUES (?, ?)", values)?;
            self.home.replace(Some(Rc::new(Home::from(posted))));
        }
        Response::empty()
    }

    /// The page's part of the configuration, as `t.js` carries it.
    fn page(&self, received: &Received) -> std::result::Result<Response, Failure> {
        let home = self.home()?.ok_or_else(Problem::unknown_site)?;
        let bytes = home.rules.config.page(received.at).encode();
        Ok(Response::ok(URL_SAFE_NO_PAD.encode(bytes))?)
    }

    /// Sends everything that waits; gives the number of deliveries that still do.
    async fn flush(&self, received: &Received) -> Result<u32> {
        let Some(home) = self.home()? else { return Ok(0) };
        let Some(_one_at_a_time) = Delivering::begin(&self.is_delivering) else {
            return Ok(self.waiting().max(1));
        };
        self.outbox.borrow_mut().seal();
        let pending: Vec<(i64, Facts)> = self.outbox.borrow().pending(&self.database)?.into_iter().collect();
        if !pending.is_empty() {
            let site = call::site(&self.env, &home.rules.config.site)?;
            for delivery in Delivery::of(home.shard, pending, received.fault) {
                if let Some(last) = call::deliver(&site, &delivery, received).await? {
                    self.outbox.borrow_mut().acknowledge(last);
                }
            }
        }
        self.send_mail(&home, received).await?;
        Ok(self.waiting())
    }

    /// Sends the other shards what waits for them; what waits here for this one is applied at once.
    async fn send_mail(&self, home: &Home, received: &Received) -> Result<()> {
        let peers = self.mail.borrow().peers();
        for peer in peers {
            let parts = self.mail.borrow().pending(&self.database, peer)?;
            let post = Post { from: home.shard, parts };
            let sent = if peer == home.shard {
                self.apply(&post).map(Some)
            } else {
                let shard = call::shard(&self.env, &home.rules.config.site, peer)?;
                call::post(&shard, &post, received).await
            };
            // A peer that fails delays only its own.
            let last = sent.unwrap_or_else(|error| {
                worker::console_error!("post to shard {peer}: {error}");
                None
            });
            if let Some(last) = last {
                self.mail.borrow_mut().acknowledge(&self.database, peer, last)?;
            }
        }
        Ok(())
    }

    fn waiting(&self) -> u32 {
        self.outbox.borrow().waiting() + self.mail.borrow().waiting()
    }

    /// What an alarm does.
    async fn ring(&self) {
        self.alarm.set(Alarm::Off);
        if let Err(error) = self.flush(&Received::default()).await {
            worker::console_error!("flush: {error}");
        }
        if self.waiting() > 0
            && let Err(error) = self.arm().await
        {
            worker::console_error!("alarm: {error}");
        }
    }

    /// The benchmark's floor: a round trip that writes one row.
    fn floor(&self) -> Result<Response> {
        let values = vec![SqlStorageValue::Integer(FLOOR), SqlStorageValue::String("floor".to_owned())];
        self.database.write("INSERT OR REPLACE INTO meta (id, value) VALUES (?, ?)", values)?;
        Response::empty()
    }

    async fn arm(&self) -> Result<()> {
        if self.alarm.get() == Alarm::Unknown {
            let is_set = self.database.storage().get_alarm().await?.is_some();
            self.alarm.set(if is_set { Alarm::Set } else { Alarm::Off });
        }
        if self.alarm.get() == Alarm::Off {
            self.alarm.set(Alarm::Set);
            let set = self.database.set_alarm(wait::flush_after(&self.env)).await;
            set.inspect_err(|_| self.alarm.set(Alarm::Off))?;
        }
        Ok(())
    }

    fn home(&self) -> Result<Option<Rc<Home>>> {
        if self.home.borrow().is_none() {
            let values = vec![SqlStorageValue::Integer(CONFIG)];
            if let Some(SqlStorageValue::String(text)) =
                self.database.value("SELECT value FROM meta WHERE id = ?", values)?
            {
                let posting: Posting =
                    serde_json::from_str(&text).map_err(|error| Error::RustError(error.to_string()))?;
                self.home.replace(Some(Rc::new(Home::from(posting))));
            }
        }
        Ok(self.home.borrow().clone())
    }
}

/// Whom a call is about, as the edge wrote it.
fn address(body: &[u8]) -> Result<Address> {
    postcard::from_bytes(body).map_err(|error| Error::RustError(error.to_string()))
}

impl From<Posting> for Home {
    fn from(posting: Posting) -> Self {
        Self { shard: posting.shard, shards: posting.shards, rules: Rules::new(posting.config) }
    }
}

/// Held while a delivery is under way, so that there is one at a time; let go even by a panic.
struct Delivering<'a>(&'a Cell<bool>);

impl<'a> Delivering<'a> {
    fn begin(is_delivering: &'a Cell<bool>) -> Option<Self> {
        (!is_delivering.replace(true)).then_some(Self(is_delivering))
    }
}

impl Drop for Delivering<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
