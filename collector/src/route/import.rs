//! What servers tell, by lines: each line to the shard of whose it is, and an account of those that do not count.
//!
//! Sending lines again is harmless, since each has its id: an import that broke off goes on from its start or anywhere.

use std::fmt::Write;

use futures_util::future::join_all;
use tributary_core::server_event::{MAX_LINES, address_of};
use worker::{Method, Request};

use super::Outcome;
use super::api::allowed;
use super::edge::{self, Edge};
use crate::answer::{Problem, json};
use crate::call;
use crate::shard::Imported;

const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// Takes lines of JSON, at most 5,000 and 8 MiB a call, under the site's secret key.
pub async fn answer(mut request: Request, edge: &Edge, site: &str) -> Outcome {
    if request.method() != Method::Post {
        return Err(Problem::method_not_allowed("POST").into());
    }
    let authorization = request.headers().get("authorization")?.unwrap_or_default();
    let site = allowed(edge, site, &authorization).await?;
    let body = edge::body(&mut request, MAX_BODY_BYTES).await?;
    let text = std::str::from_utf8(&body).map_err(|_| Problem::field("body", "lines of JSON in UTF-8"))?;
    let mut parts = vec![String::new(); usize::from(site.shards())];
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    for (count, (place, line)) in lines.enumerate() {
        if count == MAX_LINES {
            return Err(Problem::field("body", "at most 5000 lines").into());
        }
        let shard = address_of(line).shard(site.shards());
        // Writing into a text cannot fail.
        let _ = writeln!(parts[usize::from(shard)], "{}\t{line}", place + 1);
    }
    let taken = (0_u8..).zip(&parts).filter(|(_, part)| !part.is_empty()).map(async |(shard, part)| {
        let stub = call::shard(&edge.env, site.as_str(), shard)?;
        call::call(&stub, "/import", &edge.received, Some(part.as_bytes())).await?.json::<Imported>().await
    });
    let mut all = Imported::default();
    for imported in join_all(taken).await {
        let imported = imported?;
        all.accepted += imported.accepted;
        all.duplicate += imported.duplicate;
        all.refused.extend(imported.refused);
    }
    all.refused.sort_by_key(|refused| refused.line);
    Ok(json(200, &all)?)
}
