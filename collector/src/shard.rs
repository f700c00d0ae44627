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
use tributary_core::visitor::{MAX_HISTORY_BYTES, Outcome, Visitor};
use tributary_core::wire::{self, Batch, Refusal};
use worker::{DurableObject, Env, Error, Request, Response, Result, SqlStorageValue, State, durable_object};

use crate::answer::{Failure, Problem, finish, json, open, open_json};
use crate::call::{self, Delivery};
use crate::database::{Database, Turn};
use crate::outbox::{self, Outbox, Row};
use crate::received::{Fault, Received};
use crate::visiting::Visiting;
use crate::wait;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS meta (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS visitor (id TEXT PRIMARY KEY, history BLOB NOT NULL) WITHOUT ROWID;
";
/// Both writes of a turn as one statement: SQLite lets it stand or fall as a whole, which costs less than a transaction
/// around two.
const TURN_VIEW: &str = "
    CREATE VIEW IF NOT EXISTS turn (id, history, slot, seq, facts) AS SELECT NULL, NULL, NULL, NULL, NULL;
    CREATE TRIGGER IF NOT EXISTS turn_writes INSTEAD OF INSERT ON turn BEGIN
        INSERT OR REPLACE INTO visitor (id, history) VALUES (NEW.id, NEW.history);
        INSERT OR REPLACE INTO outbox (slot, seq, facts) VALUES (NEW.slot, NEW.seq, NEW.facts);
    END;
";
const TURN: &str = "INSERT INTO turn (id, history, slot, seq, facts) VALUES (?, ?, ?, ?, ?)";
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
    visiting: RefCell<Visiting>,
    alarm: Cell<Alarm>,
    is_delivering: Cell<bool>,
}

/// The configuration in force here, and which shard this is.
#[derive(Deserialize, Serialize)]
pub struct Posting {
    /// Which of the site's shards.
    pub shard: u8,
    /// The site's configuration.
    pub config: Config,
}

struct Home {
    shard: u8,
    rules: Rules,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Alarm {
    Unknown,
    Off,
    Set,
}

/// What a turn leaves to be remembered once it stands.
struct Taken {
    outcome: Outcome,
    history: Option<(String, Vec<u8>)>,
    row: Option<Row>,
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
        let tables = format!("{TABLES}{}{TURN_VIEW}", outbox::TABLE);
        let database = Database::open(state.storage(), &tables);
        // Facts that wait would be written over by an object that does not know of them.
        let outbox = Outbox::wake(&database).unwrap_or_else(|error| panic!("outbox: {error}"));
        let inner = Inner {
            database,
            env,
            home: RefCell::default(),
            outbox: RefCell::new(outbox),
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
                Ok(json(200, &pending)?)
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
        let taken = self.take(batch, body, &home.rules, received)?;
        if let Some((visitor, history)) = taken.history {
            self.visiting.borrow_mut().keep(visitor, history);
        }
        if let Some(row) = taken.row {
            self.outbox.borrow_mut().keep(row);
        }
        let Outcome { accepted, duplicate, refused, .. } = taken.outcome;
        Ok(open_json(&BatchAnswer { accepted, duplicate, refused: &refused, shift })?)
    }

    /// The turn. What it takes out of memory to change it is not missed when it fails.
    fn take(&self, batch: Batch, body: &[u8], rules: &Rules, received: &Received) -> Result<Taken> {
        let id = batch.visitor.clone();
        let stored = match self.visiting.borrow_mut().take(&id) {
            Some(history) => Some(history),
            None => self.database.blob("SELECT history FROM visitor WHERE id = ?", vec![id.clone().into()])?,
        };
        let mut visitor = match &stored {
            Some(bytes) => Visitor::decode(bytes).ok_or_else(|| Error::RustError("a history cannot be read".into()))?,
            None => Visitor::default(),
        };
        let mut outcome = visitor.step(batch, rules, received.is_bot, received.at);
        let mut next = outcome.changed().then(|| visitor.encode());
        if next.as_ref().is_some_and(|next| next.len() > MAX_HISTORY_BYTES) {
            let batch = wire::parse(body, received.at).map_err(|error| Error::RustError(error.to_string()))?;
            outcome = Visitor::refuse(batch, rules, received.at);
            next = None;
        }
        let row = match &outcome.facts {
            facts if facts.is_empty() => None,
            facts => Some(self.outbox.borrow_mut().merge(facts)?),
        };
        self.write(&id, next.as_deref(), row.as_ref(), received.fault)?;
        let history = next.or(stored);
        Ok(Taken { outcome, history: history.map(|history| (id, history)), row })
    }

    /// Writes what a turn changed: in one statement, which stands or falls as a whole.
    fn write(&self, id: &str, history: Option<&[u8]>, row: Option<&Row>, fault: Option<Fault>) -> Result<()> {
        assert!(fault != Some(Fault::PanicInTurn), "a test asked for it");
        match (history, row) {
            (Some(history), Some(row)) => {
                let facts = (fault != Some(Fault::FailInTurn)).then_some(row.bytes.as_slice());
                self.database.write_turn(TURN, &Turn { id, history, slot: row.slot, seq: row.seq, facts })
            }
            (Some(history), None) => {
                let values = vec![id.into(), history.to_vec().into()];
                self.database.write("INSERT OR REPLACE INTO visitor (id, history) VALUES (?, ?)", values)
            }
            (None, Some(row)) => {
                let values =
                    vec![i64::try_from(row.slot).unwrap_or(i64::MAX).into(), row.seq.into(), row.bytes.clone().into()];
                self.database.write("INSERT OR REPLACE INTO outbox (slot, seq, facts) VALUES (?, ?, ?)", values)
            }
            (None, None) => Ok(()),
        }
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
            return Ok(self.outbox.borrow().waiting().max(1));
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
        Ok(self.outbox.borrow().waiting())
    }

    /// What an alarm does.
    async fn ring(&self) {
        self.alarm.set(Alarm::Off);
        if let Err(error) = self.flush(&Received::default()).await {
            worker::console_error!("flush: {error}");
        }
        if self.outbox.borrow().waiting() > 0
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

impl From<Posting> for Home {
    fn from(posting: Posting) -> Self {
        Self { shard: posting.shard, rules: Rules::new(posting.config) }
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
