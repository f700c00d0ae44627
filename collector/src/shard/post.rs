//! What a shard sends its site and the other shards, and what they send it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tributary_core::actor;
use tributary_core::facts::Facts;
use tributary_core::message::Envelope;
use worker::{Error, Response, Result};

use super::turn::Change;
use super::{Alarm, Home, Inner};
use crate::alone::Alone;
use crate::answer::{Failure, json};
use crate::call::{self, Delivery};
use crate::mail::{self, Post};
use crate::received::Received;

/// Messages of a turn, about.
const ENVELOPES: usize = 200;

/// What a flush says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Flushed {
    /// Deliveries that still wait.
    pub pending: u32,
    /// Changes whenever another shard's message arrives.
    pub arrived: i64,
}

impl Inner {
    /// Takes another shard's messages, each once; those that speak of a configuration that is not here yet wait.
    pub(super) fn receive(&self, post: &[u8]) -> std::result::Result<Response, Failure> {
        let post: Post = postcard::from_bytes(post).map_err(|error| Error::RustError(error.to_string()))?;
        Ok(json(200, &self.apply(&post)?)?)
    }

    /// Applies a post in one turn; gives the last number that is applied.
    fn apply(&self, post: &Post) -> Result<i64> {
        let known = mail::last_of(&self.database, post.from)?;
        let Some(home) = self.home()? else { return Ok(known) };
        let mut rows: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
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

    /// Sends everything that waits; gives the number of deliveries that still do.
    pub(super) async fn flush(&self, received: &Received) -> Result<u32> {
        let Some(home) = self.home()? else { return Ok(0) };
        let Some(_alone) = Alone::begin(&self.is_delivering) else {
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

    pub(super) fn waiting(&self) -> u32 {
        self.outbox.borrow().waiting() + self.mail.borrow().waiting()
    }

    /// What an alarm does.
    pub(super) async fn ring(&self) {
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
}
