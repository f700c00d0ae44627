//! The merchant's pages: signing in and out, and what there is to see.

use worker::{Request, Response};

use super::Outcome;
use super::api::{allowed, flush, with_query};
use super::edge::{self, Edge};
use crate::answer::Problem;
use crate::call;
use crate::key;
use crate::page;

const COOKIE: &str = "tributary_session";
const MAX_FORM_BYTES: usize = 4 * 1024;
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// Signing in, or on to the site for those who are.
pub fn front(request: &Request, edge: &Edge) -> Outcome {
    match signed_in(request, edge)? {
        Some(site) => redirect(&format!("/sites/{site}"), None),
        None => document(200, page::sign_in(None).into_string().into_bytes()),
    }
}

/// Checks both keys and sets the cookie.
pub async fn sign_in(mut request: Request, edge: &Edge) -> Outcome {
    let form = edge::body(&mut request, MAX_FORM_BYTES).await?;
    let mut url = edge.url.clone();
    url.set_query(std::str::from_utf8(&form).ok());
    let field = |name: &str| {
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let wrong = || document(401, page::sign_in(Some("Site key or secret key is wrong.")).into_string().into_bytes());
    let authorization = format!("Bearer {}", field("secret_key"));
    let Ok(site) = allowed(edge, &field("site"), &authorization).await else { return wrong() };
    let ticket = key::ticket(&edge.secret("SIGNING_KEY")?, site.as_str(), edge.received.at);
    redirect(&format!("/sites/{}", site.as_str()), Some(&cookie(edge, &ticket, key::SIGNED_IN_FOR / 1000)))
}

/// Forgets the cookie.
pub fn sign_out(edge: &Edge) -> Outcome {
    redirect("/", Some(&cookie(edge, "", 0)))
}

/// A page about a site, for those who are signed in to it.
pub async fn page(request: &Request, edge: &Edge, site: &str, path: &str) -> Outcome {
    let site = edge.site(site)?;
    if signed_in(request, edge)?.as_deref() != Some(site.as_str()) {
        return redirect("/", None);
    }
    let pending = flush(edge, &site).await?;
    let received = crate::received::Received { is_signed_in: true, ..edge.received.clone() };
    let stub = call::site(&edge.env, site.as_str())?;
    let origin = edge.url.origin().ascii_serialization();
    let path = format!("{}&origin={origin}", with_query(edge, path, pending));
    let mut answer = call::call(&stub, &path, &received, None).await?;
    if answer.status_code() != 200 {
        return Err(Problem::not_found().into());
    }
    document(200, answer.bytes().await?)
}

fn signed_in(request: &Request, edge: &Edge) -> Result<Option<String>, crate::answer::Failure> {
    let cookies = request.headers().get("cookie")?.unwrap_or_default();
    let ticket = cookies.split(';').filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == COOKIE);
    let Some((_, ticket)) = ticket else { return Ok(None) };
    Ok(key::signed_in(&edge.secret("SIGNING_KEY")?, ticket, edge.received.at))
}

fn cookie(edge: &Edge, value: &str, seconds: i64) -> String {
    let secure = if edge.url.scheme() == "https" { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

fn redirect(to: &str, cookie: Option<&str>) -> Outcome {
    let mut builder = Response::builder().with_status(303).with_header("location", to)?;
    if let Some(cookie) = cookie {
        builder = builder.with_header("set-cookie", cookie)?;
    }
    Ok(builder.empty())
}

fn document(status: u16, html: Vec<u8>) -> Outcome {
    Ok(Response::builder()
        .with_status(status)
        .with_header("content-type", "text/html; charset=utf-8")?
        .with_header("cache-control", "no-store")?
        .with_header("content-security-policy", POLICY)?
        .with_header("referrer-policy", "same-origin")?
        .with_header("x-content-type-options", "nosniff")?
        .fixed(html))
}
