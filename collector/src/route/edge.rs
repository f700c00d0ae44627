//! What every handler needs: the bindings, the clock's reading, the keys.

use futures_util::StreamExt;
use worker::{Env, Request, Result, Url};

use crate::answer::{Failure, Problem};
use crate::key::SiteKey;
use crate::received::{Fault, Received};

/// Words in the user agent of programs that read pages and say so.
const BOTS: [&str; 9] =
    ["bot", "crawl", "spider", "slurp", "headless", "lighthouse", "facebookexternalhit", "curl/", "wget/"];
/// Makers of phones whose names sound like one.
const NO_BOTS: [&str; 1] = ["cubot"];

/// Below this path it all is once more, for a route on a shop's own origin.
const MOUNT: &str = "/tributary";
/// Global Privacy Control and Do Not Track.
const SIGNALS: [&str; 2] = ["sec-gpc", "dnt"];

/// A request at the edge, besides its body.
pub struct Edge {
    /// Bindings.
    pub env: Env,
    /// Where the request went.
    pub url: Url,
    /// When it came, and from what.
    pub received: Received,
    /// Whether this is the test configuration.
    pub is_test: bool,
}

impl Edge {
    /// Reads the clock. In the test configuration, and in no other, a header may say another time and ask for a fault.
    pub fn new(request: &Request, env: Env) -> Result<Self> {
        let is_test = env.var("TEST_MODE").is_ok_and(|mode| mode.to_string() == "1");
        let headers = request.headers();
        let mut received = Received {
            at: i64::try_from(worker::Date::now().as_millis()).unwrap_or(i64::MAX),
            is_bot: headers.get("user-agent")?.is_some_and(|agent| is_bot(&agent)),
            signals_refusal: SIGNALS.into_iter().any(|name| headers.get(name).ok().flatten().as_deref() == Some("1")),
            ..Received::default()
        };
        if is_test {
            let told = |name: &str| headers.get(name).ok().flatten();
            received.at = told("x-test-now").and_then(|now| now.parse().ok()).unwrap_or(received.at);
            received.fault = told("x-test-fault").and_then(|name| Fault::named(&name));
        }
        let mut url = request.url()?;
        if let Some(path) = url.path().strip_prefix(MOUNT).filter(|path| path.starts_with('/')).map(str::to_owned) {
            url.set_path(&path);
        }
        Ok(Self { env, url, received, is_test })
    }

    /// The encoding to send a text in, where the Worker itself must: Cloudflare's edge compresses by itself, a single
    /// machine says so with the variable `COMPRESS`. The runtime does the work when the header is set.
    pub fn encoding(&self, request: &Request) -> Option<&'static str> {
        self.env.var("COMPRESS").ok()?;
        let accepted = request.headers().get("accept-encoding").ok()??;
        ["br", "gzip"].into_iter().find(|encoding| accepted.contains(encoding))
    }

    /// A secret of the collector.
    pub fn secret(&self, name: &'static str) -> std::result::Result<String, Failure> {
        let secret = self.env.secret(name).map(|secret| secret.to_string());
        secret.ok().filter(|secret| !secret.is_empty()).ok_or_else(|| Problem::not_set_up(name).into())
    }

    /// The site of a key, if this collector issued it.
    pub fn site(&self, key: &str) -> std::result::Result<SiteKey, Failure> {
        SiteKey::verify(&self.secret("SIGNING_KEY")?, key).ok_or_else(|| Problem::unknown_site().into())
    }
}

/// Reads a body, but no more of it than the limit.
pub async fn body(request: &mut Request, limit: usize) -> std::result::Result<Vec<u8>, Failure> {
    let told = request.headers().get("content-length")?.and_then(|length| length.parse::<usize>().ok());
    match told {
        Some(length) if length > limit => Err(Problem::too_large(limit).into()),
        Some(_) => Ok(request.bytes().await?),
        None if request.inner().body().is_none() => Ok(Vec::new()),
        None => {
            let mut stream = request.stream()?;
            let mut body = Vec::new();
            while let Some(chunk) = stream.next().await {
                body.extend(chunk?);
                if body.len() > limit {
                    return Err(Problem::too_large(limit).into());
                }
            }
            Ok(body)
        }
    }
}

fn is_bot(agent: &str) -> bool {
    let agent = NO_BOTS.iter().fold(agent.to_ascii_lowercase(), |agent, name| agent.replace(name, ""));
    BOTS.iter().any(|word| agent.contains(word))
}

#[cfg(test)]
mod tests {
    use super::is_bot;

    #[test]
    fn programs_that_say_so_are_bots_and_browsers_are_not() {
        let rows = [
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", true),
            ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/150.0.0.0", true),
            ("curl/8.5.0", true),
            ("Mozilla/5.0 (Linux; Android 13; CUBOT X19) AppleWebKit/537.36 Chrome/150.0.0.0 Mobile", false),
            ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0", false),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1", false),
            ("", false),
        ];
        for (agent, expected) in rows {
            assert_eq!(is_bot(agent), expected, "{agent}");
        }
    }
}
