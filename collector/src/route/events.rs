//! The hot path: a page's batch to the shard of its visitor, and nothing else.

use tributary_core::hash::shard_of;
use tributary_core::wire::{MAX_BATCH_BYTES, visitor_of};
use worker::Request;

use super::Outcome;
use super::edge::{self, Edge};
use crate::answer::finish;
use crate::call;

/// Takes a batch. Every page may read the answer: it tells nothing that the page did not say.
pub async fn post(request: Request, edge: &Edge, site: &str) -> Outcome {
    let mut response = finish(take(request, edge, site).await)?;
    response.headers_mut().set("access-control-allow-origin", "*")?;
    Ok(response)
}

async fn take(mut request: Request, edge: &Edge, site: &str) -> Outcome {
    let site = edge.site(site)?;
    let body = edge::body(&mut request, MAX_BATCH_BYTES).await?;
    let visitor = visitor_of(&body)?;
    let shard = call::shard(&edge.env, site.as_str(), shard_of(&visitor, site.shards()))?;
    let answer = call::call(&shard, "/batch", &edge.received, Some(&body)).await?;
    // Headers of an object's answer cannot be changed; a copy's can.
    let (builder, body) = answer.into_parts();
    Ok(builder.body(body))
}
