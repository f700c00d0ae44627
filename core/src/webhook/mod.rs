//! Webhooks: addresses of a merchant's that are told what happens to experiments, as [Standard Webhooks] has it.
//!
//! In scope: what is told, how it is signed, where it may go, when it is tried again and when a webhook is given up. Out of
//! scope: sending.
//!
//! - A **webhook** is an address with a secret of its own and the events it wants.
//! - A **notice** is one event told to one webhook. Its id is the event's and stays the same however often it is sent.
//! - An **attempt** is one request.
//!
//! [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

mod about;
pub mod address;
mod event;
mod hook;
mod input;
pub mod lifecycle;
mod notice;
pub mod schedule;
pub mod signature;

pub use about::{About, GoalName, VariantName};
pub use event::{Arm, Effect, Event, Kind, Told, Winner};
pub use hook::{Disabled, MAX_FAILED, MAX_WEBHOOKS, Reason, ShownWebhook, Webhook, seconds};
pub use input::{NewWebhook, WebhookChange};
pub use notice::{Attempt, MAX_ANSWER, MAX_NOTICES, NOTICES_FOR, Notice, Outcome, Problem, State};
