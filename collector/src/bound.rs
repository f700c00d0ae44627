//! How much is kept of what only servers can send.

use tributary_core::admission::MAX_NOBODIES;
use worker::Env;

use crate::wait::told;

/// Events of nobody's that a shard keeps (`MAX_NOBODIES`, 500,000): an operator may set another number.
pub fn nobodies(env: &Env) -> u32 {
    told(env, "MAX_NOBODIES").and_then(|limit| u32::try_from(limit).ok()).unwrap_or(MAX_NOBODIES)
}
