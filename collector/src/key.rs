//! Keys: who a site is, and who may see it.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// Bytes of a site key: number of shards, random, signature.
const SITE: (usize, usize, usize) = (1, 6, 5);
/// How long a merchant stays signed in, ms.
pub const SIGNED_IN_FOR: i64 = 12 * 60 * 60 * 1000;

/// A site key that this collector issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteKey {
    text: String,
    shards: u8,
}

impl SiteKey {
    /// Makes the key of a new site.
    pub fn issue(signing_key: &str, shards: u8, random: [u8; SITE.1]) -> Self {
        let mut bytes = vec![shards];
        bytes.extend(random);
        let signature = sign(signing_key, "site", &bytes);
        bytes.extend(&signature[..SITE.2]);
        Self { text: hex::encode(bytes), shards }
    }

    /// Reads a key; `None` where this collector did not issue it.
    pub fn verify(signing_key: &str, text: &str) -> Option<Self> {
        let bytes = hex::decode(text).ok()?;
        let is_canonical = bytes.len() == SITE.0 + SITE.1 + SITE.2 && !text.bytes().any(|b| b.is_ascii_uppercase());
        if !is_canonical {
            return None;
        }
        let (signed, signature) = bytes.split_at(SITE.0 + SITE.1);
        let is_ours = same(&sign(signing_key, "site", signed)[..SITE.2], signature);
        is_ours.then(|| Self { text: text.to_owned(), shards: bytes[0] })
    }

    /// The key as it stands in the tag.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How many shards the site has.
    pub fn shards(&self) -> u8 {
        self.shards
    }
}

/// A new secret key.
pub fn secret_key(random: [u8; 24]) -> String {
    format!("sk_{}", hex::encode(random))
}

/// What is stored of a secret key. The key has 192 random bits, so that a plain hash is enough.
pub fn fingerprint(secret_key: &str) -> String {
    hex::encode(Sha256::digest(secret_key.as_bytes()))
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// The value of the cookie that says who is signed in.
pub fn ticket(signing_key: &str, site: &str, now: i64) -> String {
    let claim = format!("{site}.{}", now + SIGNED_IN_FOR);
    let signature = hex::encode(sign(signing_key, "ticket", claim.as_bytes()));
    format!("{claim}.{signature}")
}

/// The site that a cookie's value signs in to.
pub fn signed_in(signing_key: &str, ticket: &str, now: i64) -> Option<String> {
    let (claim, signature) = ticket.rsplit_once('.')?;
    let (site, expires) = claim.split_once('.')?;
    let expected = hex::encode(sign(signing_key, "ticket", claim.as_bytes()));
    let holds = same(expected.as_bytes(), signature.as_bytes()) && expires.parse::<i64>().ok()? > now;
    holds.then(|| site.to_owned())
}

fn sign(signing_key: &str, purpose: &str, message: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(signing_key.as_bytes()) else { return Vec::new() };
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_key_tells_its_shards() {
        let key = SiteKey::issue("signing", 8, [1, 2, 3, 4, 5, 6]);
        assert_eq!(SiteKey::verify("signing", key.as_str()), Some(key.clone()));
        assert_eq!(key.shards(), 8);
        assert_eq!(key.as_str().len(), 24);
    }

    #[test]
    fn a_site_key_that_was_changed_or_signed_by_another_is_unknown() {
        let key = SiteKey::issue("signing", 8, [1, 2, 3, 4, 5, 6]);
        for place in 0..key.as_str().len() {
            let mut changed = key.as_str().to_owned();
            let other = if &changed[place..=place] == "0" { "1" } else { "0" };
            changed.replace_range(place..=place, other);
            assert_eq!(SiteKey::verify("signing", &changed), None, "{changed}");
        }
        assert_eq!(SiteKey::verify("other", key.as_str()), None);
        assert_eq!(SiteKey::verify("signing", &key.as_str().to_uppercase()), None);
        assert_eq!(SiteKey::verify("signing", ""), None);
    }

    #[test]
    fn a_ticket_holds_for_its_site_until_it_expires() {
        let ticket = ticket("signing", "abc", 1_000);
        assert_eq!(signed_in("signing", &ticket, 1_000), Some("abc".to_owned()));
        assert_eq!(signed_in("signing", &ticket, 1_000 + SIGNED_IN_FOR), None);
        assert_eq!(signed_in("other", &ticket, 1_000), None);
        assert_eq!(signed_in("signing", &ticket.replace("abc", "abd"), 1_000), None);
    }
}
