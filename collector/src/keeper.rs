//! The keeper of a site: once a day it has every shard remove what nobody has needed for so long.
//!
//! It is an object apart, of the site's class but without an account, because an object has one alarm. A shard's goes off
//! when facts wait, the site's when some are to be folded; to set either back to the next day each time would cost a row a
//! minute. Here it costs one a day, and it goes off also for a site that nobody visits any more.

use tributary_core::time::{DAY, HOUR};
use worker::{Env, Error, Result, SqlStorageValue};

use crate::call;
use crate::database::Database;
use crate::received::Received;

/// Where its charge stands in the site object's `meta`, beside what a site stores there.
const CHARGE: i64 = 1;

/// Has the keeper look after a site of so many shards.
pub async fn engage(env: &Env, site: &str, shards: u8) -> Result<()> {
    let charge = format!("{shards} {site}");
    let keeper = call::keeper(env, site)?;
    let answer = call::call(&keeper, "/keep", &Received::default(), Some(charge.as_bytes())).await?;
    match answer.status_code() {
        200 => Ok(()),
        status => Err(Error::RustError(format!("the keeper answered {status}"))),
    }
}

/// Takes a site in charge.
pub async fn take(database: &Database, charge: &[u8]) -> Result<()> {
    let charge = String::from_utf8_lossy(charge).into_owned();
    let values = vec![SqlStorageValue::Integer(CHARGE), SqlStorageValue::String(charge)];
    database.write("INSERT OR REPLACE INTO meta (id, value) VALUES (?, ?)", values)?;
    database.set_alarm(DAY).await
}

/// What its alarm does: every shard looks at its next rows. The next time is set before: whatever fails here, it comes.
pub async fn ring(database: &Database, env: &Env, received: &Received) -> Result<()> {
    let charge = database.value("SELECT value FROM meta WHERE id = ?", vec![CHARGE.into()])?;
    let Some(SqlStorageValue::String(charge)) = charge else { return Ok(()) };
    database.set_alarm(DAY).await?;
    let (shards, site) = charge.split_once(' ').unwrap_or_default();
    let mut is_under_way = false;
    for shard in 0..shards.parse().unwrap_or(0) {
        match sweep(env, site, shard, received).await {
            Ok(has_more) => is_under_way |= has_more,
            // It is asked again the next day.
            Err(error) => worker::console_error!("sweep of shard {shard}: {error}"),
        }
    }
    // A large table takes its round in slices, an hour apart.
    if is_under_way { database.set_alarm(HOUR).await } else { Ok(()) }
}

/// Whether the shard's round over its table is still under way.
async fn sweep(env: &Env, site: &str, shard: u8, received: &Received) -> Result<bool> {
    let stub = call::shard(env, site, shard)?;
    call::call(&stub, "/sweep", received, None).await?.json().await
}
