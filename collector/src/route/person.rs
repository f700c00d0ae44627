//! One person: all that is kept, and the end of it.

use tributary_core::message::Address;
use worker::{Error, Method, Request};

use super::Outcome;
use super::api::allowed;
use super::edge::Edge;
use crate::answer::Problem;
use crate::call;

/// `GET` gives what is kept of a visitor or a profile, `DELETE` erases the person on all its devices.
pub async fn answer(request: Request, edge: &Edge, site: &str, kind: &str, id: &str) -> Outcome {
    let path = match request.method() {
        Method::Get => "/export",
        Method::Delete => "/erase",
        _ => return Err(Problem::method_not_allowed("GET or DELETE").into()),
    };
    let authorization = request.headers().get("authorization")?.unwrap_or_default();
    let site = allowed(edge, site, &authorization).await?;
    let id = percent_decoded(id).ok_or_else(|| Problem::field("id", "percent-encoded UTF-8"))?;
    let address = match kind {
        "visitors" => Address::Visitor(id),
        _ => Address::Profile(id),
    };
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
