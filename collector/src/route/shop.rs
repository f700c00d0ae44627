//! The demo shop, for any site: `/shop/{site key}/`. Its orders count like any others, so it is there only where the
//! variable `DEMO_SHOP` says so, as `npm start` does.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use worker::Response;

use super::Outcome;
use super::asset;
use super::edge::Edge;
use crate::answer::Problem;

/// A page of the shop with the site's tag in it; any other file as it is.
pub async fn page(edge: &Edge, site: &str, file: &str) -> Outcome {
    if edge.env.var("DEMO_SHOP").is_err() {
        return Err(Problem::not_found().into());
    }
    let site = edge.site(site)?;
    let file = if file.is_empty() { "index.html" } else { file };
    let is_page = file.strip_suffix(".html").is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_lowercase()));
    if !is_page {
        return asset::file(edge, &format!("/shop/{file}")).await;
    }
    let html = asset::text(edge, &format!("/shop/{file}")).await?.ok_or_else(Problem::not_found)?;
    let stub = asset::text(edge, "/sdk/stub.js").await?.unwrap_or_default();
    let stub = stub.trim();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-{}'; connect-src 'self'; style-src 'self'; \
         img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
        STANDARD.encode(Sha256::digest(stub.as_bytes()))
    );
    Ok(Response::builder()
        .with_header("content-type", "text/html; charset=utf-8")?
        .with_header("content-security-policy", &policy)?
        .with_header("x-content-type-options", "nosniff")?
        .fixed(html.replace("{{site}}", site.as_str()).replace("{{stub}}", stub).into_bytes()))
}
