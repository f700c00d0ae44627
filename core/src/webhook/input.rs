//! What the calls about webhooks are sent, checked and turned into webhooks.

use serde::Deserialize;

use super::address::{self, Localhost};
use super::signature::SECRET_BYTES;
use super::{Kind, Reason, ShownWebhook, Webhook};
use crate::config_input::{InputError, MAX_TEXT};
use crate::time::Millis;

/// `POST /v1/sites/{site}/webhooks`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Where notices are posted to: https, on the public internet, without credentials.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::WebhookUrl"))]
    url: String,
    /// For people.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_TEXT)))]
    description: String,
    /// What it is told; all there is, and all that is to come, where the list is empty.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(max = Kind::ALL.len())))]
    events: Vec<Kind>,
}

/// `PATCH /v1/sites/{site}/webhooks/{id}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WebhookChange {
    /// Where notices are posted to.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::WebhookUrl>"))]
    url: Option<String>,
    /// For people.
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_TEXT)))]
    description: Option<String>,
    /// What it is told; everything, where the list is empty.
    #[cfg_attr(feature = "schema", schemars(length(max = Kind::ALL.len())))]
    events: Option<Vec<Kind>>,
    /// Whether anything is posted. What happens meanwhile waits, and is posted when it is enabled again.
    enabled: Option<bool>,
}

impl NewWebhook {
    /// The webhook.
    pub fn into_webhook(
        self,
        site: &str,
        id: String,
        random: [u8; SECRET_BYTES],
        now: Millis,
        localhost: Localhost,
    ) -> Result<Webhook, InputError> {
        let url = address::check(&self.url, localhost)?;
        check_description(&self.description)?;
        check_events(&self.events)?;
        let shown = ShownWebhook {
            id,
            url,
            description: self.description,
            events: self.events,
            created_at: now,
            disabled: None,
            failed_in_a_row: 0,
            previous_secret_until: None,
        };
        Ok(Webhook::new(site, shown, random))
    }
}

impl Webhook {
    /// The webhook after a change.
    pub fn with_change(mut self, change: WebhookChange, now: Millis, localhost: Localhost) -> Result<Self, InputError> {
        if let Some(url) = change.url {
            self.shown.url = address::check(&url, localhost)?;
        }
        if let Some(description) = change.description {
            check_description(&description)?;
            self.shown.description = description;
        }
        if let Some(events) = change.events {
            check_events(&events)?;
            self.shown.events = events;
        }
        match change.enabled {
            Some(true) => {
                self.shown.disabled = None;
                self.shown.failed_in_a_row = 0;
            }
            Some(false) if self.is_enabled() => self.disable(now, Reason::Asked),
            Some(false) | None => {}
        }
        Ok(self)
    }
}

fn check_description(description: &str) -> Result<(), InputError> {
    let fits = description.chars().count() <= MAX_TEXT;
    if fits { Ok(()) } else { Err(refused("description", "at most 500 characters")) }
}

fn check_events(events: &[Kind]) -> Result<(), InputError> {
    let mut sorted = events.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() == events.len() { Ok(()) } else { Err(refused("events", "different events")) }
}

fn refused(field: &str, limit: &str) -> InputError {
    InputError::Field { field: field.to_owned(), limit: limit.to_owned() }
}
