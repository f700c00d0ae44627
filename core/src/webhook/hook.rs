//! A webhook: an address, its secrets, the events it wants, and whether it still answers.

use serde::{Deserialize, Serialize};

use super::signature::{ROTATED_FOR, SECRET_BYTES, secret, sign};
use super::{Attempt, Kind, Notice, Outcome, State, schedule};
use crate::row;
use crate::time::Millis;

const FORMAT: u8 = 1;

/// Webhooks of a site.
pub const MAX_WEBHOOKS: usize = 10;
/// A webhook is disabled when so many events in a row were not acknowledged by any attempt.
pub const MAX_FAILED: u32 = 10;

/// A webhook as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Whose it is.
    pub site: String,
    /// What secrets are not in.
    pub shown: ShownWebhook,
    secret: String,
    previous: Option<Previous>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Previous {
    secret: String,
    until: Millis,
}

/// A webhook, as it is shown to whoever holds the site's secret key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Webhook"))]
pub struct ShownWebhook {
    /// Its id.
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^wh_[0-9a-f]{16}$")))]
    pub id: String,
    /// Where notices are posted to.
    pub url: String,
    /// For people.
    pub description: String,
    /// What it is told; everything, where the list is empty.
    pub events: Vec<Kind>,
    /// When it was made, ms.
    pub created_at: Millis,
    /// Why and since when nothing is posted; none while it is enabled.
    pub disabled: Option<Disabled>,
    /// Events in a row that no attempt got acknowledged: at ten the webhook is disabled.
    pub failed_in_a_row: u32,
    /// What is posted is signed with the secret before the last rotation too, until then, ms.
    pub previous_secret_until: Option<Millis>,
}

/// That nothing is posted, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Disabled {
    /// Since when, ms.
    pub at: Millis,
    /// Why.
    pub reason: Reason,
}

/// Why a webhook is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "DisabledReason"))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Somebody asked for it.
    Asked,
    /// Ten events in a row failed.
    Failures,
    /// The receiver answered 410: it does not want any more.
    Gone,
}

impl Webhook {
    /// A new one, with a secret of its own.
    pub(super) fn new(site: &str, shown: ShownWebhook, random: [u8; SECRET_BYTES]) -> Self {
        Self { site: site.to_owned(), shown, secret: secret(random), previous: None }
    }

    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        row::encode(FORMAT, self)
    }

    /// Reads the stored form; `None` where it is damaged or of a later format.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        row::decode(FORMAT, bytes)
    }

    /// The secret: told when it is made, and after a rotation.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Whether it is told of an event. A test is for the webhook that it was asked for.
    pub fn wants(&self, kind: Kind) -> bool {
        self.shown.events.is_empty() || self.shown.events.contains(&kind)
    }

    /// Whether events are posted.
    pub fn is_enabled(&self) -> bool {
        self.shown.disabled.is_none()
    }

    /// A new secret. The one until now is used beside it for a day; one from before that no more.
    pub fn rotate(&mut self, random: [u8; SECRET_BYTES], now: Millis) {
        let until = now + ROTATED_FOR;
        let old = std::mem::replace(&mut self.secret, secret(random));
        self.previous = Some(Previous { secret: old, until });
        self.shown.previous_secret_until = Some(until);
    }

    /// The value of `webhook-signature`, for an attempt at a time: a signature by each secret that is valid then.
    pub fn signatures(&self, id: &str, body: &str, now: Millis) -> String {
        let previous = self.previous.as_ref().filter(|previous| now < previous.until);
        let secrets = [Some(&self.secret), previous.map(|previous| &previous.secret)];
        let signatures = secrets.into_iter().flatten().filter_map(|secret| sign(secret, id, seconds(now), body));
        signatures.collect::<Vec<_>>().join(" ")
    }

    /// What an attempt leads to, for the notice and for the webhook. `random` spreads retries.
    ///
    /// - 2xx: the notice is acknowledged, for good.
    /// - 410: the notice has failed, and the webhook is disabled.
    /// - Everything else is tried again, a test excepted, as [`schedule`] says; after its last attempt it has failed.
    /// - At [`MAX_FAILED`] events that failed in a row the webhook is disabled. Tests count neither way.
    pub fn settle(&mut self, notice: &mut Notice, attempt: Attempt, random: u32) {
        let (outcome, ended_at) = (attempt.outcome(), attempt.at + attempt.duration_ms);
        let is_test = notice.kind == Kind::Test;
        notice.add(attempt);
        let wait = match outcome {
            Outcome::Acknowledged => {
                notice.settle(State::Acknowledged);
                if !is_test {
                    self.shown.failed_in_a_row = 0;
                }
                return;
            }
            Outcome::Gone => {
                notice.settle(State::Failed);
                self.disable(ended_at, Reason::Gone);
                return;
            }
            Outcome::Failed { .. } if is_test => None,
            Outcome::Failed { patience } => schedule::wait_after(notice.tries, random).map(|wait| wait.max(patience)),
        };
        if let Some(wait) = wait {
            notice.next_at = self.is_enabled().then_some(ended_at + wait);
            return;
        }
        notice.settle(State::Failed);
        if !is_test {
            self.shown.failed_in_a_row += 1;
            if self.shown.failed_in_a_row >= MAX_FAILED {
                self.disable(ended_at, Reason::Failures);
            }
        }
    }

    pub(super) fn disable(&mut self, at: Millis, reason: Reason) {
        self.shown.disabled = Some(Disabled { at, reason });
    }
}

/// The value of `webhook-timestamp`.
pub fn seconds(at: Millis) -> i64 {
    at.div_euclid(1000)
}
