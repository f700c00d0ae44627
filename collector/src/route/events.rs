//! The hot path: a page's batch to the shard of its visitor, and nothing else.

use tributary_core::message::Address;
use tributary_core::wire::{MAX_BATCH_BYTES, visitor_of};
use worker::{Request, Response};

use super::Passed;
use super::cookie;
use super::edge::{self, Edge};
use crate::answer::{finish, open};
use crate::call;

/// Takes a batch.
pub async fn post(request: Request, edge: &Edge, site: &str) -> Passed {
    match take(request, edge, site).await {
        Ok(answer) => Ok(answer),
        Err(failure) => Ok(open(finish::<Response>(Err(failure))?)?.into()),
    }
}

async fn take(mut request: Request, edge: &Edge, site: &str) -> Passed {
    let site = edge.site(site)?;
    let body = edge::body(&mut request, MAX_BATCH_BYTES).await?;
    let visitor = visitor_of(&body)?;
    let cookie = cookie::renewal(&request, edge, &site, &visitor)?;
    let shard = call::shard(&edge.env, site.as_str(), Address::Visitor(visitor).shard(site.shards()))?;
    let answer = call::pass(&shard, "/batch", &edge.received, Some(&body), None).await?;
    match cookie {
        Some(cookie) if answer.ok() => Ok(cookie::with(&answer, &cookie)?),
        _ => Ok(answer),
    }
}
