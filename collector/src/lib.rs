//! Tributary at the edge: routes, and three kinds of Durable Object.
//!
//! In scope: HTTP, keys, storage, delivery between objects, pages. Out of scope: every rule about what counts, which is
//! the core's.

mod alone;
mod answer;
mod bound;
mod call;
mod clock;
mod courier;
mod database;
mod inbox;
mod keeper;
mod key;
mod mail;
mod outbox;
pub mod page;
mod received;
mod route;
mod shard;
mod site;
mod turn;
mod visiting;
mod wait;
mod webhook;

pub use courier::Courier;
pub use shard::Shard;
pub use site::Site;

use worker::{Context, Env, Request, Result, event, web_sys};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<web_sys::Response> {
    route::answer(request, env).await
}
