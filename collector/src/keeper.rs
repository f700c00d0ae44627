//! The keeper of a site: once a day it has every shard remove what nobody has needed for so long.
//!
//! It is an object of its own because an object has one alarm. A shard's goes off when facts wait, the site's when some are
//! to be folded; to set either back to the next day each time would cost a row a minute. Here it costs one a day, and it goes
//! off also for a site that nobody visits any more.
#![expect(missing_docs, reason = "`durable_object` makes methods that have none")]

use std::panic::AssertUnwindSafe;

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tributary_core::time::{DAY, HOUR};
use worker::{DurableObject, Env, Error, Request, Response, Result, SqlStorageValue, State, durable_object};

use crate::answer::{Failure, Problem, finish, json};
use crate::call;
use crate::database::Database;
use crate::received::Received;
use crate::shard::Swept;

const TABLES: &str = "CREATE TABLE IF NOT EXISTS meta (id INTEGER PRIMARY KEY, value TEXT NOT NULL);";
const CHARGE: i64 = 0;

/// The Durable Object.
#[durable_object]
pub struct Keeper {
    inner: AssertUnwindSafe<Inner>,
}

struct Inner {
    database: Database,
    env: Env,
}

/// Whom it looks after.
#[derive(Debug, Serialize, Deserialize)]
pub struct Charge {
    /// The site's key.
    pub site: String,
    /// How many shards it has.
    pub shards: u8,
}

impl DurableObject for Keeper {
    fn new(state: State, env: Env) -> Self {
        let database = Database::open(state.storage(), TABLES);
        Self { inner: AssertUnwindSafe(Inner { database, env }) }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        finish(self.inner.handle(request).await)
    }

    /// Never throws: a throwing alarm is dropped after six tries.
    async fn alarm(&self) -> Result<Response> {
        let at = i64::try_from(worker::Date::now().as_millis()).unwrap_or(i64::MAX);
        if let Err(error) = self.inner.ring(&Received { at, ..Received::default() }).await {
            worker::console_error!("keeper: {error}");
        }
        Response::empty()
    }
}

impl Inner {
    async fn handle(&self, mut request: Request) -> std::result::Result<Response, Failure> {
        let url = request.url()?;
        match url.path() {
            "/keep" => {
                let charge = request.text().await?;
                let values = vec![SqlStorageValue::Integer(CHARGE), SqlStorageValue::String(charge)];
                self.database.write("INSERT OR REPLACE INTO meta (id, value) VALUES (?, ?)", values)?;
                self.database.set_alarm(DAY).await?;
                Ok(Response::empty()?)
            }
            "/alarm" => {
                self.database.storage().delete_alarm().await?;
                self.ring(&Received::read(&url)).await?;
                Ok(Response::empty()?)
            }
            "/meter" => Ok(json(200, &self.database.meter())?),
            _ => Err(Problem::not_found().into()),
        }
    }

    /// Has every shard look at its next rows. The next time is set before: whatever fails here, it comes.
    async fn ring(&self, received: &Received) -> Result<()> {
        let Some(SqlStorageValue::String(text)) =
            self.database.value("SELECT value FROM meta WHERE id = ?", vec![CHARGE.into()])?
        else {
            return Ok(());
        };
        self.database.set_alarm(DAY).await?;
        let charge: Charge = serde_json::from_str(&text).map_err(|error| Error::RustError(error.to_string()))?;
        let swept = join_all((0..charge.shards).map(|shard| self.sweep(&charge, shard, received))).await;
        // A large table takes its round in slices, an hour apart.
        if swept.into_iter().any(|is_under_way| is_under_way) {
            self.database.set_alarm(HOUR).await?;
        }
        Ok(())
    }

    /// Whether the shard has more rows to look at; one that fails is asked again the next day.
    async fn sweep(&self, charge: &Charge, shard: u8, received: &Received) -> bool {
        let asked = async {
            let stub = call::shard(&self.env, &charge.site, shard)?;
            call::call(&stub, "/sweep", received, None).await?.json::<Swept>().await
        };
        asked.await.map_or_else(
            |error| {
                worker::console_error!("sweep of shard {shard}: {error}");
                false
            },
            |swept| swept.is_under_way,
        )
    }
}
