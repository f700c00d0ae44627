//! The visitor's cookie, kept alive by the collector where it is on the shop's own origin.
//!
//! Safari forgets cookies that a script set after seven days, and those that a server on the shop's own origin set only when
//! they expire. So an answer to a batch of such a page sets anew the cookie that the script made: never another one, and
//! none where the script made none or took it away.

use worker::{Request, Result, Url, web_sys};

use super::edge::Edge;
use crate::key::SiteKey;

/// The longest that browsers keep one: 400 days, in seconds.
const AGE: u32 = 34_560_000;

/// The cookie of the batch's visitor, if a page of this very origin sent it and said the cookie's domain (empty: this host).
pub fn renewal(request: &Request, edge: &Edge, site: &SiteKey, visitor: &str) -> Result<Option<String>> {
    let Some((_, domain)) = edge.url.query_pairs().find(|(name, _)| name == "domain") else { return Ok(None) };
    let cookie = format!("tributary_{}={visitor}", site.as_str());
    let shown = request.headers().get("cookie")?.unwrap_or_default();
    if edge.received.signals_refusal || !shown.split("; ").any(|shown| shown == cookie) {
        return Ok(None);
    }
    let Some(origin) = request.headers().get("origin")?.and_then(|origin| Url::parse(&origin).ok()) else {
        return Ok(None);
    };
    // Its scheme is the browser's: what stands in front of a single machine may end the encryption.
    let host = edge.url.host_str().unwrap_or_default();
    let is_own = origin.host_str() == Some(host) && origin.port() == edge.url.port();
    if !is_own || !is_above(&domain, host) {
        return Ok(None);
    }
    let safe = if origin.scheme() == "https" { "; Secure" } else { "" };
    let domain = if domain.is_empty() { String::new() } else { format!("; Domain={domain}") };
    Ok(Some(format!("{cookie}; Path=/; SameSite=Lax; Max-Age={AGE}{domain}{safe}")))
}

/// The same answer with the cookie.
pub fn with(answer: &web_sys::Response, cookie: &str) -> Result<web_sys::Response> {
    let init = web_sys::ResponseInit::new();
    init.set_status(answer.status());
    init.set_headers(&answer.headers());
    let answer = web_sys::Response::new_with_opt_readable_stream_and_init(answer.body().as_ref(), &init)?;
    answer.headers().append("set-cookie", cookie)?;
    Ok(answer)
}

/// Whether a domain is the host, or one that the host is in. No domain is the host itself.
fn is_above(domain: &str, host: &str) -> bool {
    domain.is_empty() || host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::is_above;

    #[test]
    fn a_cookie_is_for_the_host_or_a_domain_that_it_is_in() {
        for (domain, host, expected) in [
            ("", "www.shop.example", true),
            ("shop.example", "www.shop.example", true),
            ("www.shop.example", "www.shop.example", true),
            ("other.example", "www.shop.example", false),
            ("op.example", "www.shop.example", false),
            ("shop.example; HttpOnly", "www.shop.example", false),
            ("a.www.shop.example", "www.shop.example", false),
        ] {
            assert_eq!(is_above(domain, host), expected, "{domain:?} of {host}");
        }
    }
}
