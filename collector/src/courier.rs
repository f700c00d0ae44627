//! A courier: the object of one webhook. It takes notices, posts them from its alarm, and keeps a log of them.
//!
//! Whoever waits for a receiver waits here: a site's requests, its shards and its other webhooks do not notice. A notice is
//! written before it is posted, and what became of it as soon as that is known: after a crash in between it is posted
//! again, with the same id. What was acknowledged never is.
#![expect(missing_docs, reason = "`durable_object` makes methods that have none")]

mod calls;
mod ledger;
mod post;

use std::cell::Cell;
use std::panic::AssertUnwindSafe;

use tributary_core::config_input;
use tributary_core::time::{MINUTE, Millis};
use tributary_core::webhook::{Attempt, Notice, ShownWebhook, Told, Webhook};
use worker::{DurableObject, Env, Error, Request, Response, Result, State, durable_object};

use crate::alone::Alone;
use crate::answer::{Failure, Problem, finish, json};
use crate::clock;
use crate::database::Database;
use crate::received::Received;
use crate::turn;
use crate::webhook::random;

/// Posts of one alarm: the platform gives it a quarter of an hour.
const POSTS: usize = 30;
/// After a failure of its own it rests so long, ms.
const REST_MS: Millis = MINUTE;
/// Notices that the merchant's page shows.
const SHOWN: u32 = 5;

/// The Durable Object.
#[durable_object]
pub struct Courier {
    inner: AssertUnwindSafe<Inner>,
}

struct Inner {
    database: Database,
    env: Env,
    is_posting: Cell<bool>,
}

/// What a page shows of a webhook: itself and its latest notices.
pub type Shown = (ShownWebhook, Vec<Notice>);

type Outcome<T> = std::result::Result<T, Failure>;

impl DurableObject for Courier {
    fn new(state: State, env: Env) -> Self {
        let database = Database::open(state.storage(), ledger::TABLES);
        Self { inner: AssertUnwindSafe(Inner { database, env, is_posting: Cell::new(false) }) }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        finish(self.inner.handle(request).await)
    }

    /// Never throws: a throwing alarm is dropped after six tries.
    async fn alarm(&self) -> Result<Response> {
        self.inner.ring(clock::now()).await;
        Response::empty()
    }
}

impl Inner {
    async fn handle(&self, mut request: Request) -> Outcome<Response> {
        let url = request.url()?;
        let received = Received::read(&url);
        let body = request.bytes().await?;
        match url.path() {
            "/make" => {
                let webhook = Webhook::decode(&body).ok_or_else(|| Error::RustError("no webhook".to_owned()))?;
                ledger::write_webhook(&self.database, &webhook)?;
                return Ok(json(200, &"made")?);
            }
            "/take" => return self.take(postcard::from_bytes(&body).map_err(unreadable)?).await,
            "/meter" => return Ok(json(200, &self.database.meter())?),
            "/alarm" => {
                self.database.storage().delete_alarm().await?;
                self.ring(received.at).await;
                return Ok(Response::empty()?);
            }
            _ => {}
        }
        let webhook = self.webhook()?;
        match url.path() {
            "/webhook" => Ok(json(200, &webhook.shown)?),
            "/shown" => {
                let shown: Shown = (webhook.shown, ledger::latest(&self.database, None, SHOWN)?);
                Ok(Response::from_bytes(postcard::to_allocvec(&shown).map_err(unreadable)?)?)
            }
            "/notices" => self.notices(&url),
            "/change" => self.change(webhook, config_input::read(&body)?, received.at).await,
            "/rotate" => self.rotate(webhook, received.at),
            "/test" => self.test(&webhook, received.at).await,
            "/delete" => {
                turn::run(self.database.storage(), || ledger::delete(&self.database))?;
                self.database.storage().delete_alarm().await?;
                Ok(json(200, &"deleted")?)
            }
            path => match path.strip_prefix("/replay/") {
                Some(id) => self.replay(&webhook, id).await,
                None => Err(Problem::not_found().into()),
            },
        }
    }

    fn webhook(&self) -> Outcome<Webhook> {
        Ok(ledger::webhook(&self.database)?.ok_or_else(Problem::unknown_webhook)?)
    }

    /// Takes events, each once, and none that the webhook does not want.
    async fn take(&self, events: Vec<Told>) -> Outcome<Response> {
        let (webhook, now) = (self.webhook()?, clock::now());
        turn::run(self.database.storage(), || {
            for told in events.into_iter().filter(|told| webhook.wants(told.kind)) {
                if ledger::notice(&self.database, &told.id)?.is_none() {
                    let at = ledger::time(&self.database, now)?;
                    ledger::write(&self.database, &Notice::new(told, at, webhook.is_enabled()))?;
                }
            }
            ledger::prune(&self.database, now)
        })?;
        self.arm(now, 0).await?;
        Ok(json(200, &"taken")?)
    }

    /// Posts what is due at a time, one notice after the other, and has the alarm go off for the next.
    async fn ring(&self, now: Millis) {
        let Some(_alone) = Alone::begin(&self.is_posting) else { return };
        let ahead = now - clock::now();
        let mut rest = 0;
        for _ in 0..POSTS {
            match self.post_next(ahead).await {
                Ok(true) => {}
                Ok(false) => break,
                // What failed here would fail again at once: the notice is still due.
                Err(error) => {
                    worker::console_error!("courier: {error}");
                    rest = REST_MS;
                    break;
                }
            }
        }
        let now = clock::now() + ahead;
        if let Err(error) = ledger::prune(&self.database, now) {
            worker::console_error!("courier: {error}");
        }
        if let Err(error) = self.arm(now, rest).await {
            worker::console_error!("alarm: {error}");
        }
    }

    /// Posts the notice that is due the longest. False where none is.
    async fn post_next(&self, ahead: Millis) -> Result<bool> {
        let now = clock::now() + ahead;
        let Some(webhook) = ledger::webhook(&self.database)? else { return Ok(false) };
        let Some(notice) = ledger::due(&self.database, now)? else { return Ok(false) };
        let attempt = post::attempt(&self.env, &webhook, &notice, now).await;
        let random = u32::from_be_bytes(random()?);
        turn::run(self.database.storage(), || self.settle(&notice.id, attempt, random))?;
        Ok(true)
    }

    /// Writes what became of an attempt. Webhook and notice may have changed while it was under way, or be gone.
    fn settle(&self, id: &str, attempt: Attempt, random: u32) -> Result<()> {
        let Some(mut webhook) = ledger::webhook(&self.database)? else { return Ok(()) };
        let Some(mut notice) = ledger::notice(&self.database, id)? else { return Ok(()) };
        let before = webhook.clone();
        webhook.settle(&mut notice, attempt, random);
        ledger::write(&self.database, &notice)?;
        if webhook != before {
            ledger::write_webhook(&self.database, &webhook)?;
        }
        if before.is_enabled() && !webhook.is_enabled() {
            ledger::hold(&self.database)?;
        }
        Ok(())
    }

    /// Has the alarm go off when the next notice is due, and not before a rest. Nothing is awaited between what was written and this, so that both
    /// stand or neither.
    async fn arm(&self, now: Millis, rest: Millis) -> Result<()> {
        match ledger::next(&self.database)? {
            Some(next) => self.database.set_alarm((next - now).max(rest)).await,
            None => Ok(()),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: postcard::Error) -> Error {
    Error::RustError(error.to_string())
}
