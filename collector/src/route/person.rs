//! One person: all that is kept, and the end of it.

use tributary_core::endpoint::Endpoint;
use tributary_core::message::Address;
use worker::{Error, Request};

use super::Outcome;
use super::api::{allowed, flush};
use super::edge::Edge;
use crate::answer::Problem;
use crate::call;

/// Gives what is kept of a visitor or a profile, or erases the person on all its devices.
pub async fn answer(request: Request, edge: &Edge, endpoint: Endpoint, site: &str, id: &str) -> Outcome {
    let is_export = matches!(endpoint, Endpoint::ExportVisitor | Endpoint::ExportProfile);
    let path = if is_export { "/export" } else { "/erase" };
    let authorization = request.headers().get("authorization")?.unwrap_or_default();
    let site = allowed(edge, site, &authorization).await?;
    let id = percent_decoded(id).ok_or_else(|| Problem::field("id", "percent-encoded UTF-8"))?;
    let is_visitor = matches!(endpoint, Endpoint::ExportVisitor | Endpoint::EraseVisitor);
    let address = if is_visitor { Address::Visitor(id) } else { Address::Profile(id) };
    // Devices that a profile has not heard of yet are the person's too.
    flush(edge, &site).await?;
    let body = postcard::to_allocvec(&address).map_err(|error| Error::RustError(error.to_string()))?;
    let shard = call::shard(&edge.env, site.as_str(), address.shard(site.shards()))?;
    Ok(call::call(&shard, path, &edge.received, Some(&body)).await?)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
