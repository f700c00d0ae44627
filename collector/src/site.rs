//! The site object: configuration, and the figures that its shards deliver. It never sees an event.
#![expect(missing_docs, reason = "`durable_object` makes methods that have none")]

mod look;
mod push;
mod report;

use std::cell::{Cell, RefCell};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use tributary_core::config::Config;
use tributary_core::config_input::{self, ExperimentChange, ExperimentStart, NewExperiment, SiteChange};
use worker::{
    DurableObject, Env, Error, Method, Request, Response, Result, SqlStorageValue, State, Url, durable_object,
};

use crate::answer::{Failure, Problem, finish, json, json_text};
use crate::call::Delivery;
use crate::database::Database;
use crate::page::{self, Tag};
use crate::received::{Fault, Received};
use crate::webhook::api::Place;
use crate::{clock, inbox, keeper, key, turn, wait, webhook};

/// A shard that did not take the configuration is asked again after this.
const PUSH_AFTER: i64 = 5_000;
/// And again after this, for ever.
const PUSH_AGAIN_AFTER: i64 = 60_000;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS meta (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS peer (shard INTEGER PRIMARY KEY, version INTEGER NOT NULL);
";
const ACCOUNT: i64 = 0;
/// The keeper among the peers: no shard has this number.
const KEEPER: i64 = -1;

/// The Durable Object.
#[durable_object]
pub struct Site {
    inner: AssertUnwindSafe<Inner>,
}

struct Inner {
    database: Database,
    env: Env,
    account: RefCell<Option<Rc<Account>>>,
    /// The keeper is known to look after it.
    is_kept: Cell<bool>,
    /// When experiments were looked at last, as far as it is known.
    looked: Cell<Option<look::Looked>>,
}

/// What is stored of a site.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// How many shards it has; never changes.
    pub shards: u8,
    /// Hash of the secret key.
    pub fingerprint: String,
    /// The configuration in force.
    pub config: Config,
}

#[derive(Serialize)]
struct Changed<'a, T> {
    #[serde(flatten)]
    what: &'a T,
    /// Every shard judges by it already.
    in_force: bool,
}

impl DurableObject for Site {
    fn new(state: State, env: Env) -> Self {
        let database =
            Database::open(state.storage(), &format!("{TABLES}{}{}{}", inbox::TABLES, webhook::TABLES, look::TABLES));
        let inner =
            Inner { database, env, account: RefCell::default(), is_kept: Cell::new(false), looked: Cell::new(None) };
        Self { inner: AssertUnwindSafe(inner) }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        finish(self.inner.handle(request).await)
    }

    /// Never throws: a throwing alarm is dropped after six tries. What fails is tried again.
    async fn alarm(&self) -> Result<Response> {
        let now = clock::now();
        self.inner.ring(&Received { at: now, ..Received::default() }, self.inner.looks_by_itself()).await;
        Response::empty()
    }
}

impl Inner {
    /// What an alarm does: the keeper's, or the site's.
    async fn ring(&self, received: &Received, looks: bool) {
        if matches!(self.account(), Ok(None)) {
            if let Err(error) = keeper::ring(&self.database, &self.env, received).await {
                worker::console_error!("keeper: {error}");
            }
            return;
        }
        if let Err(error) = turn::run(self.database.storage(), || inbox::fold(&self.database)) {
            worker::console_error!("fold: {error}");
            self.arm(wait::fold_after(&self.env)).await;
        }
        if looks {
            self.look_around(received.at).await;
        }
        if !self.is_in_force(None).await || !self.is_kept().await {
            self.arm(PUSH_AGAIN_AFTER).await;
        }
        match self.tell(received.at).await {
            Ok(None) => {}
            Ok(Some(after)) => self.arm(after).await,
            Err(error) => {
                worker::console_error!("webhooks: {error}");
                self.arm(PUSH_AGAIN_AFTER).await;
            }
        }
    }

    /// Whether experiments are looked at when an alarm goes off by itself. Not where tests say what time it is.
    fn looks_by_itself(&self) -> bool {
        self.env.var("TEST_MODE").map_or(true, |mode| mode.to_string() != "1")
    }

    /// Hands over what the site's webhooks are to be told. Gives the time after which there is something to do again.
    async fn tell(&self, now: i64) -> Result<Option<i64>> {
        let Some(account) = self.account()? else { return Ok(None) };
        turn::run(self.database.storage(), || webhook::start(&self.database, &account.config, now))?;
        webhook::ring(&self.database, &self.env, &account.config.site, now).await
    }

    /// Has the keeper look after the site, once. What fails here is told as "not yet".
    async fn is_kept(&self) -> bool {
        if !self.is_kept.get() {
            let kept = self.engage().await;
            self.is_kept.set(kept.inspect_err(|error| worker::console_error!("keeper: {error}")).is_ok());
        }
        self.is_kept.get()
    }

    async fn engage(&self) -> Result<()> {
        let Some(account) = self.account()? else { return Ok(()) };
        let peer = || vec![SqlStorageValue::Integer(KEEPER)];
        if self.database.value("SELECT version FROM peer WHERE shard = ?", peer())?.is_none() {
            keeper::engage(&self.env, &account.config.site, account.shards).await?;
            self.database.write("INSERT OR REPLACE INTO peer (shard, version) VALUES (?, 1)", peer())?;
        }
        Ok(())
    }

    async fn handle(&self, mut request: Request) -> std::result::Result<Response, Failure> {
        let url = request.url()?;
        let received = Received::read(&url);
        let body = request.bytes().await?;
        match url.path() {
            "/deliveries" => return self.deliveries(&body, &received).await,
            "/create" => return self.create(&body, &received).await,
            "/keep" => {
                keeper::take(&self.database, &body).await?;
                return Ok(Response::empty()?);
            }
            "/meter" => return Ok(json(200, &self.database.meter())?),
            "/alarm" => {
                self.database.storage().delete_alarm().await?;
                self.looked.set(None);
                self.ring(&received, true).await;
                return Ok(Response::empty()?);
            }
            _ => {}
        }
        let account = self.account()?.ok_or_else(Problem::unknown_site)?;
        if !received.is_signed_in {
            authorize(&request, &account)?;
        }
        let path: Vec<&str> = url.path().split('/').skip(1).collect();
        match (request.method(), path.as_slice()) {
            (method, ["webhooks", about @ ..]) => {
                self.place(&account, &received).answer(method, about, &url, &body).await
            }
            (Method::Get, ["allowed"]) => Ok(json(200, &"allowed")?),
            (Method::Get, ["config"]) => Ok(json(200, &account.config)?),
            (Method::Post, ["config"]) => {
                let change: SiteChange = config_input::read(&body)?;
                self.change(&account, &received, account.config.with_change(change)?, None).await
            }
            (Method::Post, ["experiments"]) => {
                let new: NewExperiment = config_input::read(&body)?;
                let next = account.config.with_experiment(new)?;
                let key = next.experiments.last().map(|experiment| experiment.key.clone());
                self.change(&account, &received, next, key).await
            }
            (Method::Post, ["experiments", key, verb @ ("start" | "pause" | "resume" | "stop" | "undo")]) => {
                let next = moved(&account.config, (key, verb), &body, received.at)?;
                self.change(&account, &received, next, Some((*key).to_owned())).await
            }
            (Method::Post, ["experiments", key]) => {
                let change: ExperimentChange = config_input::read(&body)?;
                let next = account.config.with_experiment_change(key, change, received.at)?;
                self.change(&account, &received, next, Some((*key).to_owned())).await
            }
            (Method::Post, [kind]) => {
                let next = made(&account.config, kind, &body, received.at)?;
                self.change(&account, &received, next, None).await
            }
            (Method::Post, ["experiments", key, "decide"]) => self.decide(key, &received, pending(&url)).await,
            (Method::Get, ["experiments", key, "decisions"]) => self.findings(&account.config, key),
            (Method::Get, ["report"]) => Ok(json_text(200, self.report(&url, &received, None).await?.to_json())?),
            (Method::Get, ["page", "webhooks"]) => {
                let report = self.report(&url, &received, None).await?;
                let shown = self.place(&account, &received).shown().await?;
                let tag = Tag { origin: origin(&url), stub: String::new() };
                let page = page::webhooks(&report, &account.config.zone(), &shown, &tag);
                Ok(Response::from_html(page.into_string())?)
            }
            (Method::Get, ["page", about @ ..]) => {
                let shown = if let ["experiments", key] = about { Some(*key) } else { None };
                let report = self.report(&url, &received, shown).await?;
                let tag = Tag { origin: origin(&url), stub: self.stub().await? };
                let page = page::about(about, &report, &tag).ok_or_else(Problem::not_found)?;
                Ok(Response::from_html(page.into_string())?)
            }
            _ => Err(Problem::not_found().into()),
        }
    }

    /// Makes the site. Doing it again with the same answer on its way is harmless.
    async fn create(&self, body: &[u8], received: &Received) -> std::result::Result<Response, Failure> {
        if self.account()?.is_some() {
            return Err(Problem::field("site", "a key that is not in use").into());
        }
        let text = std::str::from_utf8(body).map_err(|error| Error::RustError(error.to_string()))?;
        let account = read_account(text)?;
        self.write(&account)?;
        self.keep(account);
        self.arm(PUSH_AFTER).await;
        Ok(json(200, &self.is_in_force(received.fault).await)?)
    }

    /// Stores the next configuration, pushes it, and answers with the experiment it is about (or all of it).
    async fn change(
        &self,
        account: &Account,
        received: &Received,
        next: Config,
        experiment: Option<String>,
    ) -> std::result::Result<Response, Failure> {
        // Nothing is awaited between `next`, which is made from `account`, and this: no other change comes in between.
        let changed = Account { config: next.clone(), ..account.clone() };
        turn::run(self.database.storage(), || {
            self.write(&changed)?;
            webhook::changed(&self.database, &account.config, &next, received.at)
        })?;
        self.keep(changed);
        let is_told = webhook::is_waiting(&self.database)?;
        // Begun before anything is awaited, so that the alarm stands with what it is for, whatever happens then.
        self.database.set_alarm(PUSH_AFTER).await?;
        let in_force = self.is_in_force(received.fault).await;
        if is_told {
            self.arm(0).await;
        }
        match experiment.and_then(|key| next.experiment(&key)) {
            Some(what) => Ok(json(200, &Changed { what, in_force })?),
            None => Ok(json(200, &Changed { what: &next, in_force })?),
        }
    }

    async fn deliveries(&self, body: &[u8], received: &Received) -> std::result::Result<Response, Failure> {
        if received.fault == Some(Fault::SiteDown) {
            return Err(Error::RustError("a test wants the site down".to_owned()).into());
        }
        let delivery: Delivery = postcard::from_bytes(body).map_err(|error| Error::RustError(error.to_string()))?;
        let applied = turn::run(self.database.storage(), || inbox::apply(&self.database, &delivery))?;
        if applied.is_filled {
            self.arm(wait::fold_after(&self.env)).await;
        }
        Ok(json(200, &applied.last)?)
    }

    /// The stub, as it stands before the tag in a page's head.
    async fn stub(&self) -> Result<String> {
        let mut file = self.env.assets("ASSETS")?.fetch("http://assets/sdk/stub.js", None).await?;
        Ok(if file.status_code() == 200 { file.text().await?.trim().to_owned() } else { String::new() })
    }

    /// Sets the alarm unless one goes off earlier. Failing is told and no more: what it is for is done on a later one too.
    async fn arm(&self, after: i64) {
        let due = self.database.storage().get_alarm().await.ok().flatten();
        if due.is_some_and(|due| due <= clock::now() + after) {
            return;
        }
        if let Err(error) = self.database.set_alarm(after).await {
            worker::console_error!("alarm: {error}");
        }
    }

    fn place<'a>(&'a self, account: &'a Account, received: &'a Received) -> Place<'a> {
        Place { database: &self.database, env: &self.env, site: &account.config.site, received }
    }

    fn write(&self, account: &Account) -> Result<()> {
        let text = serde_json::to_string(account).map_err(|error| Error::RustError(error.to_string()))?;
        let values = vec![SqlStorageValue::Integer(ACCOUNT), SqlStorageValue::String(text)];
        self.database.write("INSERT OR REPLACE INTO meta (id, value) VALUES (?, ?)", values)
    }

    /// Keeps in memory what was stored. What there is to look at may be another.
    fn keep(&self, account: Account) {
        self.account.replace(Some(Rc::new(account)));
        self.looked.set(None);
    }

    fn account(&self) -> Result<Option<Rc<Account>>> {
        if self.account.borrow().is_none() {
            let values = vec![SqlStorageValue::Integer(ACCOUNT)];
            if let Some(SqlStorageValue::String(text)) =
                self.database.value("SELECT value FROM meta WHERE id = ?", values)?
            {
                self.account.replace(Some(Rc::new(read_account(&text)?)));
            }
        }
        Ok(self.account.borrow().clone())
    }
}

/// Both who makes a site and its own table bring it as text: one way of reading it is code enough.
fn read_account(text: &str) -> Result<Account> {
    serde_json::from_str(text).map_err(|error| Error::RustError(error.to_string()))
}

/// The next configuration, with an experiment in another state.
fn moved(config: &Config, (key, verb): (&str, &str), body: &[u8], now: i64) -> std::result::Result<Config, Failure> {
    Ok(match verb {
        "start" => {
            let at = if body.is_empty() { None } else { config_input::read::<ExperimentStart>(body)?.at };
            config.with_start(key, at, now)?
        }
        "pause" => config.with_pause(key, now)?,
        "resume" => config.with_resume(key, now)?,
        "undo" => config.with_undo(key, now)?,
        _ => config.with_stop(key, now)?,
    })
}

/// The next configuration, with one more of a kind.
fn made(config: &Config, kind: &str, body: &[u8], now: i64) -> std::result::Result<Config, Failure> {
    Ok(match kind {
        "communications" => config.with_communication(config_input::read(body)?)?,
        "sequences" => config.with_sequence(config_input::read(body)?)?,
        "campaigns" => config.with_campaign(config_input::read(body)?)?,
        "experiences" => config.with_experience(config_input::read(body)?)?,
        "goals" => config.with_goal(config_input::read(body)?, now)?,
        "journeys" => config.with_journey(config_input::read(body)?)?,
        _ => return Err(Problem::not_found().into()),
    })
}

/// Deliveries that were still on their way when the edge asked for them.
fn pending(url: &Url) -> u32 {
    let told = url.query_pairs().find(|(name, _)| name == "pending");
    told.and_then(|(_, text)| text.parse().ok()).unwrap_or(0)
}

/// The collector's own address, as the edge passed it on.
fn origin(url: &Url) -> String {
    url.query_pairs().find(|(name, _)| name == "origin").map(|(_, origin)| origin.into_owned()).unwrap_or_default()
}

fn authorize(request: &Request, account: &Account) -> std::result::Result<(), Failure> {
    let shown = request.headers().get("authorization")?.unwrap_or_default();
    let secret = shown.strip_prefix("Bearer ").unwrap_or_default();
    let is_right = key::same(key::fingerprint(secret).as_bytes(), account.fingerprint.as_bytes());
    if is_right { Ok(()) } else { Err(Problem::unauthorized().into()) }
}
