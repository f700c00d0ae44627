//! Files: the SDK, styles, the demo shop.

use worker::{Error, Request, Response, ResponseBuilder, Result};

use super::Outcome;
use super::edge::Edge;
use crate::answer::Problem;

/// Content types by ending. Only these are served: a folder has none.
const TYPES: [(&str, &str); 5] = [
    (".css", "text/css; charset=utf-8"),
    (".html", "text/html; charset=utf-8"),
    (".js", "text/javascript; charset=utf-8"),
    (".svg", "image/svg+xml"),
    (".wasm", "application/wasm"),
];

/// A file as it is, for a few minutes of cache.
pub async fn file(edge: &Edge, path: &str) -> Outcome {
    let content_type = content_type(path).ok_or_else(Problem::not_found)?;
    let mut file = fetch(edge, path).await?.ok_or_else(Problem::not_found)?;
    let bytes = file.bytes().await?;
    Ok(Response::builder()
        .with_header("content-type", content_type)?
        .with_header("cache-control", "public, max-age=300")?
        .with_header("x-content-type-options", "nosniff")?
        .with_header("cross-origin-resource-policy", "cross-origin")?
        .fixed(bytes))
}

/// A file that stays as it is for ever, since its address says its build or its version; for pages of any origin, which may
/// verify what they run.
pub async fn immutable(request: &Request, edge: &Edge, path: &str) -> Outcome {
    let content_type = if path.ends_with("/integrity.json") { Some("application/json") } else { content_type(path) };
    let content_type = content_type.ok_or_else(Problem::not_found)?;
    let mut file = fetch(edge, path).await?.ok_or_else(Problem::not_found)?;
    let builder = Response::builder()
        .with_header("content-type", content_type)?
        .with_header("cache-control", "public, max-age=31536000, immutable")?;
    Ok(for_any_page(builder, request, edge)?.fixed(file.bytes().await?))
}

/// What a page of any origin may run and read, compressed where the Worker itself must.
pub fn for_any_page(builder: ResponseBuilder, request: &Request, edge: &Edge) -> Result<ResponseBuilder> {
    let builder = builder
        .with_header("vary", "accept-encoding")?
        .with_header("x-content-type-options", "nosniff")?
        .with_header("cross-origin-resource-policy", "cross-origin")?
        .with_header("access-control-allow-origin", "*")?;
    match edge.encoding(request) {
        Some(encoding) => builder.with_header("content-encoding", encoding),
        None => Ok(builder),
    }
}

/// The description of the API, for pages and tools of any origin.
pub async fn document(edge: &Edge) -> Outcome {
    let mut file = fetch(edge, "/openapi.json").await?.ok_or_else(Problem::not_found)?;
    Ok(Response::builder()
        .with_header("content-type", "application/json")?
        .with_header("cache-control", "public, max-age=300")?
        .with_header("x-content-type-options", "nosniff")?
        .with_header("cross-origin-resource-policy", "cross-origin")?
        .with_header("access-control-allow-origin", "*")?
        .fixed(file.bytes().await?))
}

/// A file's text.
pub async fn text(edge: &Edge, path: &str) -> Result<Option<String>> {
    match fetch(edge, path).await? {
        Some(mut file) => Ok(Some(file.text().await?)),
        None => Ok(None),
    }
}

async fn fetch(edge: &Edge, path: &str) -> Result<Option<Response>> {
    let file = edge.env.assets("ASSETS")?.fetch(format!("http://assets{path}"), None).await?;
    match file.status_code() {
        200 => Ok(Some(file)),
        404 => Ok(None),
        status => Err(Error::RustError(format!("file {path}: status {status}"))),
    }
}

fn content_type(path: &str) -> Option<&'static str> {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    if !is_plain || path.contains("..") {
        return None;
    }
    TYPES.iter().find(|(ending, _)| path.ends_with(ending)).map(|(_, content_type)| *content_type)
}

#[cfg(test)]
mod tests {
    use super::content_type;

    #[test]
    fn only_files_of_known_endings_are_served() {
        let rows = [
            ("/styles/merchant.css", true),
            ("/sdk/t.js", true),
            ("/shop", false),
            ("/shop/", false),
            ("/shop/../secret.css", false),
            ("/shop/%2e%2e/a.css", false),
            ("/sdk/sizes.json", false),
        ];
        for (path, expected) in rows {
            assert_eq!(content_type(path).is_some(), expected, "{path}");
        }
    }
}
