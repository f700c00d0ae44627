//! `t.js`: the SDK in that one of its builds which the site's pages need, and the site's public configuration, in one answer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use tributary_core::hash::fnv1a64;
use tributary_core::page_script::PageScript;
use worker::{Error, Request, Response};

use super::Outcome;
use super::asset;
use super::edge::Edge;
use crate::answer::{Failure, Problem, json, open};
use crate::call;
use crate::key::SiteKey;

/// The isolate keeps a site's script this long, ms: a page view costs no call to an object.
const KEEP_FOR: i64 = 5_000;
/// Sites kept before the isolate forgets all of them.
const KEEP_SITES: usize = 100;

/// A site's script, but for what belongs to one visitor.
struct Composed {
    until: i64,
    /// What stands in front of it, as JSON.
    given: String,
    build: String,
    /// A hash of both.
    hash: u64,
    asks_for_country: bool,
}

thread_local! {
    static SCRIPTS: RefCell<HashMap<String, Rc<Composed>>> = RefCell::default();
}

/// What a tag gets whose address names no site. With 404 no browser runs it, but its console shows address and status, and
/// its list of requests this text; JSON would be blocked there, and show as that and no more.
const WARNING: &str = "console.warn(\"Tributary: no site has the key in this tag's address (t.js?site=...). \
    Nothing is counted and everybody sees control. The right tag stands on the merchant's page.\");\n";

/// The script of a site, for a minute of the browser's cache.
pub async fn script(request: &Request, edge: &Edge) -> Outcome {
    match found(request, edge).await {
        Err(Failure::Problem(problem)) if problem.status == 404 => Ok(Response::builder()
            .with_status(404)
            .with_header("content-type", "text/javascript; charset=utf-8")?
            .with_header("cache-control", "no-store")?
            .with_header("x-content-type-options", "nosniff")?
            .with_header("cross-origin-resource-policy", "cross-origin")?
            .with_header("access-control-allow-origin", "*")?
            .fixed(WARNING.as_bytes().to_vec())),
        outcome => outcome,
    }
}

async fn found(request: &Request, edge: &Edge) -> Outcome {
    let site = asked(edge)?;
    let kept = SCRIPTS
        .with_borrow(|scripts| scripts.get(site.as_str()).filter(|kept| kept.until > edge.received.at).map(Rc::clone));
    let script = match kept {
        Some(kept) => kept,
        None => compose(edge, &site).await?,
    };
    let Composed { given, build, hash, asks_for_country, .. } = &*script;
    let country = if *asks_for_country { country(request)? } else { None };
    let (given, tag) = match (country, given.strip_suffix('}')) {
        (Some(country), Some(open)) => {
            (format!("{open},\"country\":\"{country}\"}}"), format!("\"{hash:016x}-{country}\""))
        }
        _ => (given.clone(), format!("\"{hash:016x}\"")),
    };
    let is_known = request.headers().get("if-none-match")?.is_some_and(|known| is_among(&tag, &known));
    let builder = Response::builder()
        .with_header("content-type", "text/javascript; charset=utf-8")?
        .with_header("cache-control", kept_by(*asks_for_country))?
        .with_header("etag", &tag)?;
    let builder = asset::for_any_page(builder, request, edge)?;
    // What the build asks of the browser's compiler counts in the first line only.
    let (hint, rest) = build.split_once('\n').unwrap_or_default();
    let body = || format!("{hint}\nself.__tributary={given};{rest}").into_bytes();
    Ok(if is_known { builder.with_status(304).empty() } else { builder.fixed(body()) })
}

/// Who may keep an answer for a minute: only the browser that asked, where it says where that is.
fn kept_by(says_country: bool) -> &'static str {
    if says_country { "private, max-age=60" } else { "public, max-age=60" }
}

/// Where a request came from as the edge saw it, if that is a country: Cloudflare also says `XX` and `T1`.
fn country(request: &Request) -> Result<Option<String>, Failure> {
    let seen = request.cf().and_then(worker::Cf::country);
    let told = match seen {
        Some(country) => Some(country),
        None => request.headers().get("cf-ipcountry")?,
    };
    let is_country =
        |told: &String| told.len() == 2 && told.bytes().all(|byte| byte.is_ascii_uppercase()) && told != "XX";
    Ok(told.filter(is_country))
}

/// Whether a tag is among those a browser knows. Who compresses on the way makes it a weak one.
fn is_among(tag: &str, known: &str) -> bool {
    known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
}

/// The site that the address names.
fn asked(edge: &Edge) -> Result<SiteKey, Failure> {
    let key = edge.url.query_pairs().find(|(name, _)| name == "site").map(|(_, key)| key.into_owned());
    edge.site(&key.unwrap_or_default())
}

/// What a pinned script, whose bytes never change, asks for: the site's public configuration in the form that its version
/// reads, for pages of any origin and a minute of the browser's cache.
pub async fn configuration(request: &Request, edge: &Edge, version: &str) -> Outcome {
    if version != env!("CARGO_PKG_VERSION") {
        return Err(Problem::unknown_version().into());
    }
    let PageScript { mut given, asks_for_country, .. } = page_script(edge, &asked(edge)?).await?;
    if asks_for_country {
        given.country = country(request)?;
    }
    let mut answer = json(200, &given)?;
    answer.headers_mut().set("cache-control", kept_by(asks_for_country))?;
    Ok(open(answer)?)
}

async fn page_script(edge: &Edge, site: &SiteKey) -> Result<PageScript, Failure> {
    // Any shard has the configuration; page views are spread over all of them.
    let shard = u8::try_from(edge.received.at.rem_euclid(i64::from(site.shards()))).unwrap_or(0);
    let shard = call::shard(&edge.env, site.as_str(), shard)?;
    let mut answer = call::call(&shard, "/page", &edge.received, None).await?;
    if answer.status_code() != 200 {
        return Err(Problem::unknown_site().into());
    }
    Ok(answer.json().await?)
}

async fn compose(edge: &Edge, site: &SiteKey) -> Result<Rc<Composed>, Failure> {
    let script = page_script(edge, site).await?;
    let build = asset::text(edge, &format!("/sdk/{}", script.file())).await?.ok_or_else(Problem::not_found)?;
    let given = serde_json::to_string(&script.given).map_err(|error| Error::RustError(error.to_string()))?;
    let hash = fnv1a64(given.as_bytes()) ^ fnv1a64(build.as_bytes()).rotate_left(1);
    let until = edge.received.at + KEEP_FOR;
    let composed = Rc::new(Composed { until, given, build, hash, asks_for_country: script.asks_for_country });
    SCRIPTS.with_borrow_mut(|scripts| {
        if scripts.len() >= KEEP_SITES {
            scripts.clear();
        }
        scripts.insert(site.as_str().to_owned(), Rc::clone(&composed));
    });
    Ok(composed)
}
