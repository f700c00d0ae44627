//! Signatures: HMAC-SHA-256 over `id.timestamp.body`, as Standard Webhooks has it ("Signature scheme").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::time::{DAY, Millis};

const PREFIX: &str = "whsec_";
/// Random bytes of a secret: the specification wants 24 to 64.
pub const SECRET_BYTES: usize = 32;
/// After a rotation what is sent is signed with the previous secret too, for so long, ms.
pub const ROTATED_FOR: Millis = DAY;

/// A new secret: `whsec_` and base64.
pub fn secret(random: [u8; SECRET_BYTES]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(random))
}

/// One signature of a request, `v1,` and base64; none where the secret is no base64 (with or without its prefix).
///
/// `timestamp` is the attempt's, in whole seconds.
pub fn sign(secret: &str, id: &str, timestamp: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX).unwrap_or(secret)).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body.as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}
