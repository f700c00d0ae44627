//! A shard: some of a site's visitors, and the facts they make on their way to the site.
#![expect(missing_docs, reason = "`durable_object` makes methods that have none")]

mod import;
mod post;
mod sweep;
mod turn;

use std::cell::{Cell, RefCell};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tributary_core::config::Config;
use tributary_core::judge::Rules;
use tributary_core::message::{Address, Envelope, Message};
use tributary_core::person::Person;
use worker::{DurableObject, Env, Error, Request, Response, Result, SqlStorageValue, State, durable_object};

use crate::answer::{Failure, Problem, finish, json, open};
use crate::database::Database;
use crate::mail::{self, Mail};
use crate::outbox::{self, Outbox};
use crate::received::Received;
use crate::visiting::Visiting;
use crate::wait;
pub use import::Imported;
pub use post::Flushed;
use turn::Change;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS meta (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS actor (id TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
";
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
    /// Events of nobody's that are kept, once they were counted.
    nobodies: Cell<Option<u32>>,
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

impl DurableObject for Shard {
    fn new(state: State, env: Env) -> Self {
        let tables = format!("{TABLES}{}{}{}", outbox::TABLE, mail::TABLES, turn::VIEW);
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
            nobodies: Cell::new(None),
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
                Ok(self.configure(&posting)?)
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
            "/sweep" => Ok(json(200, &self.sweep(&received).await?)?),
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

    /// Takes a configuration, unless a later one is in force already.
    fn configure(&self, posting: &[u8]) -> Result<Response> {
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

    /// What `t.js` is made of.
    fn page(&self, received: &Received) -> std::result::Result<Response, Failure> {
        let home = self.home()?.ok_or_else(Problem::unknown_site)?;
        Ok(json(200, &home.rules.config.page_script(received.at))?)
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
