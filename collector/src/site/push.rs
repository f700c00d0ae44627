//! The configuration on its way to the site's shards: each is told until it has it.

use futures_util::future::join_all;
use worker::{Error, Result, SqlStorageValue};

use super::{Account, Inner};
use crate::call;
use crate::database::as_integer;
use crate::received::{Fault, Received};
use crate::shard::Posting;

impl Inner {
    /// Pushes the configuration. It is stored already, so what fails here is told as "not yet", and the alarm goes on.
    pub(super) async fn is_in_force(&self, fault: Option<Fault>) -> bool {
        self.push(fault).await.unwrap_or_else(|error| {
            worker::console_error!("push: {error}");
            false
        })
    }

    /// Sends the configuration to every shard that does not have it. True when all have it.
    async fn push(&self, fault: Option<Fault>) -> Result<bool> {
        let Some(account) = self.account()? else { return Ok(true) };
        let rows = self.database.run("SELECT shard, version FROM peer", vec![])?;
        let version_of = |shard: u8| {
            rows.iter()
                .find(|row| row.first().and_then(as_integer) == Some(shard.into()))
                .and_then(|row| row.get(1).and_then(as_integer))
                .unwrap_or(0)
        };
        let version = i64::from(account.config.version);
        let lagging: Vec<u8> = (0..account.shards).filter(|shard| version_of(*shard) < version).collect();
        let taken = join_all(lagging.iter().map(|shard| self.push_to(*shard, &account, fault))).await;
        let mut all = true;
        for (shard, result) in lagging.iter().zip(taken) {
            if let Err(error) = result {
                worker::console_error!("shard {shard} did not take the configuration: {error}");
                all = false;
                continue;
            }
            let values = vec![SqlStorageValue::Integer((*shard).into()), SqlStorageValue::Integer(version)];
            // A push of a later version may have been faster.
            self.database.run(
                "INSERT INTO peer (shard, version) VALUES (?, ?)
                 ON CONFLICT (shard) DO UPDATE SET version = max(version, excluded.version)",
                values,
            )?;
        }
        Ok(all)
    }

    async fn push_to(&self, shard: u8, account: &Account, fault: Option<Fault>) -> Result<()> {
        if fault == Some(Fault::DeafShard) && shard == 0 {
            return Err(Error::RustError("a test wants the shard deaf".to_owned()));
        }
        let Account { shards, config, .. } = account;
        let posting = Posting { shard, shards: *shards, config: config.clone() };
        let body = serde_json::to_vec(&posting).map_err(|error| Error::RustError(error.to_string()))?;
        let stub = call::shard(&self.env, &config.site, shard)?;
        let response = call::call(&stub, "/post", &Received::default(), Some(&body)).await?;
        if response.status_code() == 200 {
            return Ok(());
        }
        Err(Error::RustError(format!("status {}", response.status_code())))
    }
}
