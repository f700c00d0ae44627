//! When a notice is tried again.

use crate::time::{HOUR, MINUTE, Millis};

/// Waits between one attempt and the next, ms. The first attempt is made at once.
pub const RETRIES: [Millis; 5] = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR];
/// A receiver may ask for more patience (`Retry-After`), but for no more than this, ms.
pub const MAX_PATIENCE: Millis = 6 * HOUR;

/// How long to wait after the attempt of this number (1 is the first), ms; none when it was the last.
///
/// `random` spreads what failed together over up to a fifth of the wait more, so that it does not all come back at once.
pub fn wait_after(attempts: u32, random: u32) -> Option<Millis> {
    let place = usize::try_from(attempts).ok()?.checked_sub(1)?;
    let wait = *RETRIES.get(place)?;
    Some(wait + wait / 5 * i64::from(random) / i64::from(u32::MAX))
}
