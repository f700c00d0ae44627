//! The calls about one webhook, as its courier answers them.

use serde::Serialize;
use tributary_core::time::Millis;
use tributary_core::webhook::{Event, Notice, ShownWebhook, Webhook, WebhookChange};
use worker::{Response, Url};

use super::{Inner, Outcome, ledger};
use crate::answer::{Problem, json};
use crate::clock;
use crate::turn;
use crate::webhook::{localhost, random, told};

/// Notices that one answer lists at the most.
const MAX_LIMIT: u32 = 100;
/// And unless told otherwise.
const LIMIT: u32 = 20;
/// Tests and replays that may wait.
const MAX_WAITING: usize = 100;

/// Notices, the latest first.
#[derive(Serialize)]
struct Notices {
    notices: Vec<Notice>,
}

#[derive(Serialize)]
struct Rotated<'a> {
    secret: &'a str,
    #[serde(flatten)]
    webhook: &'a ShownWebhook,
}

impl Inner {
    pub(super) fn notices(&self, url: &Url) -> Outcome<Response> {
        let query = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let limit = query("limit").map_or(Ok(LIMIT), |limit| limit.parse());
        let limit = limit.ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
        let limit = limit.ok_or_else(|| Problem::field("limit", "1 to 100"))?;
        let before = query("before");
        if before.as_ref().is_some_and(|id| !matches!(ledger::notice(&self.database, id), Ok(Some(_)))) {
            return Err(Problem::field("before", "the id of a notice of this webhook").into());
        }
        let notices = ledger::latest(&self.database, before.as_deref(), limit)?;
        Ok(json(200, &Notices { notices })?)
    }

    /// What waited while it was disabled is due when it is enabled, with all its attempts before it.
    pub(super) async fn change(&self, webhook: Webhook, change: WebhookChange, at: Millis) -> Outcome<Response> {
        let was_enabled = webhook.is_enabled();
        let webhook = webhook.with_change(change, at, localhost(&self.env))?;
        let now = clock::now();
        turn::run(self.database.storage(), || {
            ledger::write_webhook(&self.database, &webhook)?;
            match (was_enabled, webhook.is_enabled()) {
                (true, false) => ledger::hold(&self.database),
                (false, true) => ledger::resume(&self.database, now),
                _ => Ok(()),
            }
        })?;
        self.arm(now, 0).await?;
        Ok(json(200, &webhook.shown)?)
    }

    pub(super) fn rotate(&self, mut webhook: Webhook, at: Millis) -> Outcome<Response> {
        webhook.rotate(random()?, at);
        ledger::write_webhook(&self.database, &webhook)?;
        Ok(json(200, &Rotated { secret: webhook.secret(), webhook: &webhook.shown })?)
    }

    /// Posts a test, to a disabled webhook too: who wants to enable it again wants to know whether it answers.
    pub(super) async fn test(&self, webhook: &Webhook, at: Millis) -> Outcome<Response> {
        let event = Event::Test { webhook: webhook.shown.id.clone() };
        let now = ledger::time(&self.database, clock::now())?;
        self.post_soon(Notice::new(told(&webhook.site, &event, at)?, now, true)).await
    }

    pub(super) async fn replay(&self, webhook: &Webhook, id: &str) -> Outcome<Response> {
        let mut notice = ledger::notice(&self.database, id)?.ok_or_else(Problem::unknown_notice)?;
        if !webhook.is_enabled() {
            return Err(Problem::conflict("the webhook is disabled: enable it first").into());
        }
        notice.replay(clock::now());
        self.post_soon(notice).await
    }

    async fn post_soon(&self, notice: Notice) -> Outcome<Response> {
        if ledger::count_waiting(&self.database)? >= MAX_WAITING {
            return Err(Problem::conflict("100 notices wait already: see what became of them first").into());
        }
        turn::run(self.database.storage(), || {
            ledger::write(&self.database, &notice)?;
            ledger::prune(&self.database, clock::now())
        })?;
        self.arm(clock::now(), 0).await?;
        Ok(json(202, &notice)?)
    }
}
