//! Where notices may go.
//!
//! The collector posts to addresses that merchants name, from a network that may have more in it than they should reach
//! (server-side request forgery). An address is read once, as the URL standard has it, so that `http://2130706433/`,
//! `http://0x7f.1/` and `http://127.0.0.1/` are one and the same, and judged by what it says. Which addresses a *name* has
//! is known to the network alone: Cloudflare's reaches no private ones, and a collector on a machine of one's own is not
//! given any other.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::config_input::InputError;

/// Bytes of an address.
pub const MAX_URL: usize = 2_000;
const LIMIT: &str = "an https address on the public internet, without credentials, of at most 2000 characters";

/// Last labels of names that only a private network knows: RFC 6761, RFC 6762, RFC 8375 (`home.arpa`), ICANN's `internal`,
/// and what people use without asking.
const PRIVATE_NAMES: [&str; 12] = [
    "arpa",
    "corp",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
];

/// IPv4 networks that are not on the public internet: address and length of the prefix (IANA's special-purpose registry).
const PRIVATE_V4: [([u8; 4], u32); 16] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
];

/// Parts of IPv6's global unicast (`2000::/3`) that are not on the public internet, or that carry an IPv4 address to it.
const PRIVATE_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether this machine itself may be posted to: where a developer tries things out, and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Localhost {
    /// `http://localhost`, `127.0.0.1` and `[::1]` may be named too.
    Allowed,
    /// As any other private address.
    Refused,
}

/// Checks a webhook's address and gives it as the URL standard writes it, without its fragment.
pub fn check(address: &str, localhost: Localhost) -> Result<String, InputError> {
    let refused = || InputError::Field { field: "url".to_owned(), limit: LIMIT.to_owned() };
    let mut url = Url::parse(address).map_err(|_| refused())?;
    url.set_fragment(None);
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    let is_own = localhost == Localhost::Allowed && is_localhost(&url) && matches!(url.scheme(), "http" | "https");
    let may_go = url.scheme() == "https" && url.host().is_some_and(|host| is_public(&host));
    let fits = address.len() <= MAX_URL && url.as_str().len() <= MAX_URL;
    if fits && !has_credentials && (is_own || may_go) { Ok(url.into()) } else { Err(refused()) }
}

fn is_localhost(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        None => false,
    }
}

fn is_public(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            // A name may end in a dot, and means the same; what a resolver makes of more is not for us to guess.
            let name = name.trim_end_matches('.');
            name.rsplit_once('.').is_some_and(|(_, last)| !PRIVATE_NAMES.contains(&last))
        }
        Host::Ipv4(address) => {
            let is_in = |network: [u8; 4], length: u32| {
                (u32::from(*address) ^ u32::from_be_bytes(network)) >> (32 - length) == 0
            };
            !PRIVATE_V4.into_iter().any(|(network, length)| is_in(network, length))
        }
        Host::Ipv6(address) => {
            let is_in =
                |network: Ipv6Addr, length: u32| (u128::from(*address) ^ u128::from(network)) >> (128 - length) == 0;
            is_in(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
                && !PRIVATE_V6.into_iter().any(|(network, length)| is_in(network, length))
        }
    }
}
