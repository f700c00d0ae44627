//! What happens at a site and is to be told to its webhooks: kept with the change that made it, then handed over.
//!
//! Each webhook has a courier, an object of its own ([`crate::courier`]) that posts and waits for receivers. So the site
//! never does, and one receiver does not hold up another. What is handed over has an id, and a courier takes it once.

pub mod api;

use futures_util::future::join_all;
use tributary_core::config::Config;
use tributary_core::time::Millis;
use tributary_core::webhook::address::Localhost;
use tributary_core::webhook::{Event, Told, lifecycle};
use worker::{Env, Error, Result, SqlStorageValue};

use crate::call;
use crate::clock;
use crate::database::{Database, as_integer};
use crate::received::Received;

/// The tables, in the site object.
///
/// - `webhook`: the site's webhooks in the order in which they were made, each with the number of the last event that its
///   courier took.
/// - `happened`: events that not all couriers took. Numbers go up and never repeat.
/// - `upcoming`: experiments that start at a later time.
pub const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS webhook (number INTEGER PRIMARY KEY, id TEXT NOT NULL, told INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS happened (number INTEGER PRIMARY KEY, event BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS upcoming (experiment INTEGER PRIMARY KEY, at INTEGER NOT NULL);
";
/// Events that are handed over at once.
const AT_ONCE: i64 = 100;
/// A courier that did not take what it was handed is asked again after this, ms.
const AGAIN_AFTER: Millis = 60_000;

/// An event with an id that no other has.
pub fn told(site: &str, event: &Event, at: Millis) -> Result<Told> {
    Ok(event.told(site, u128::from_be_bytes(random()?), at))
}

/// Whether an operator lets webhooks name this machine (`WEBHOOK_LOCALHOST`): where a developer tries things out.
pub fn localhost(env: &Env) -> Localhost {
    let is_allowed = env.var("WEBHOOK_LOCALHOST").is_ok_and(|allowed| allowed.to_string() == "1");
    if is_allowed { Localhost::Allowed } else { Localhost::Refused }
}

/// Keeps an event for the site's webhooks, inside the turn ([`crate::turn::run`]) of what made it: both stand, or neither.
/// Nothing is written where there is no webhook. `at` is when it happened; the site's alarm hands it over ([`ring`]).
pub fn enqueue(database: &Database, site: &str, event: &Event, at: Millis) -> Result<()> {
    let Some(last) = number(database, "SELECT max(told) FROM webhook")? else { return Ok(()) };
    let kept = number(database, "SELECT max(number) FROM happened")?.unwrap_or(0);
    let told = postcard::to_allocvec(&told(site, event, at)?).map_err(unreadable)?;
    let values = vec![(kept.max(last) + 1).into(), told.into()];
    database.write("INSERT INTO happened (number, event) VALUES (?, ?)", values)
}

/// Keeps what a change of the configuration means to those who follow experiments, inside the turn that stores it.
pub fn changed(database: &Database, before: &Config, after: &Config, at: Millis) -> Result<()> {
    let lifecycle = lifecycle::between(before, after, at);
    for event in &lifecycle.events {
        enqueue(database, &after.site, event, at)?;
    }
    for (experiment, start) in lifecycle.starts {
        let values = vec![i64::from(experiment).into(), start.into()];
        database.write("INSERT OR REPLACE INTO upcoming (experiment, at) VALUES (?, ?)", values)?;
    }
    for experiment in lifecycle.ended {
        database.write("DELETE FROM upcoming WHERE experiment = ?", vec![i64::from(experiment).into()])?;
    }
    Ok(())
}

/// Keeps, in one turn, that experiments have started whose time has come.
pub fn start(database: &Database, config: &Config, now: Millis) -> Result<()> {
    for row in database.run("SELECT experiment, at FROM upcoming WHERE at <= ?", vec![now.into()])? {
        let [Some(experiment), Some(at)] = [0, 1].map(|place| row.get(place).and_then(as_integer)) else { continue };
        let event = u16::try_from(experiment).ok().and_then(|number| lifecycle::started(config, number, now));
        if let Some(event) = event {
            enqueue(database, &config.site, &event, at)?;
        }
        database.write("DELETE FROM upcoming WHERE experiment = ?", vec![experiment.into()])?;
    }
    Ok(())
}

/// Whether anything waits to be handed over.
pub fn is_waiting(database: &Database) -> Result<bool> {
    Ok(number(database, "SELECT max(number) FROM happened")?.is_some())
}

/// Hands over what waits, all of it. Gives the time, ms, after which there is something to do again, if there is.
pub async fn ring(database: &Database, env: &Env, site: &str, now: Millis) -> Result<Option<Millis>> {
    let mut all = true;
    while all && is_waiting(database)? {
        all = hand_over(database, env, site).await?;
    }
    let start = number(database, "SELECT min(at) FROM upcoming")?.map(|at| (at - now).max(0));
    let again = (!all).then_some(AGAIN_AFTER);
    Ok(start.into_iter().chain(again).min())
}

/// Hands each courier the oldest events it did not take yet. False where one does not answer.
async fn hand_over(database: &Database, env: &Env, site: &str) -> Result<bool> {
    let rows = database.run("SELECT number, event FROM happened ORDER BY number LIMIT ?", vec![AT_ONCE.into()])?;
    let Some(last) = rows.last().and_then(|row| row.first()).and_then(as_integer) else { return Ok(true) };
    let handed = join_all(couriers(database)?.into_iter().map(async |(webhook, told)| {
        if told >= last {
            return Ok(());
        }
        give(env, site, &webhook, &events_after(&rows, told)?).await?;
        // What another round gave meanwhile stays given.
        let values = vec![last.into(), webhook.into()];
        database.write("UPDATE webhook SET told = max(told, ?) WHERE id = ?", values)
    }));
    let mut all = true;
    for result in handed.await {
        if let Err(error) = result {
            worker::console_error!("webhook: {error}");
            all = false;
        }
    }
    let done = "DELETE FROM happened WHERE number <= (SELECT coalesce(min(told), ?) FROM webhook)";
    database.write(done, vec![last.into()])?;
    Ok(all)
}

fn events_after(rows: &[Vec<SqlStorageValue>], told: i64) -> Result<Vec<Told>> {
    let event = |row: &Vec<SqlStorageValue>| match row.as_slice() {
        [SqlStorageValue::Integer(number), SqlStorageValue::Blob(event)] if *number > told => Some(event.clone()),
        _ => None,
    };
    rows.iter().filter_map(event).map(|event| postcard::from_bytes(&event).map_err(unreadable)).collect()
}

/// Has a courier take events. One that was never made, or was deleted, has nothing to take them for.
async fn give(env: &Env, site: &str, webhook: &str, events: &Vec<Told>) -> Result<()> {
    let body = postcard::to_allocvec(events).map_err(unreadable)?;
    let received = Received { at: clock::now(), ..Received::default() };
    let answer = call::call(&call::courier(env, site, webhook)?, "/take", &received, Some(&body)).await?;
    match answer.status_code() {
        200 | 404 => Ok(()),
        status => Err(Error::RustError(format!("courier {webhook} answered {status}"))),
    }
}

/// Webhooks in the order in which they were made, each with the last number that its courier took.
fn couriers(database: &Database) -> Result<Vec<(String, i64)>> {
    let rows = database.run("SELECT id, told FROM webhook ORDER BY number", vec![])?;
    let read = |row: Vec<SqlStorageValue>| match row.as_slice() {
        [SqlStorageValue::String(id), SqlStorageValue::Integer(told)] => Some((id.clone(), *told)),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

fn number(database: &Database, statement: &str) -> Result<Option<i64>> {
    Ok(database.value(statement, vec![])?.as_ref().and_then(as_integer))
}

/// Bytes that nobody can guess.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::getrandom(&mut bytes).map_err(|error| Error::RustError(error.to_string()))?;
    Ok(bytes)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: postcard::Error) -> Error {
    Error::RustError(format!("stored event: {error}"))
}
