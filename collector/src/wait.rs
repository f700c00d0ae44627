//! How long objects let things wait for company: what is done for many at once costs few rows.
//!
//! An operator may set other times, in ms, as variables of the Worker.

use worker::Env;

/// Facts in a shard wait this long before they are sent (`FLUSH_AFTER_MS`, a minute); a report that is read sends them
/// at once.
pub fn flush_after(env: &Env) -> i64 {
    told(env, "FLUSH_AFTER_MS").unwrap_or(60_000)
}

/// Delivered facts wait this long before they are folded into counters (`FOLD_AFTER_MS`, five minutes).
pub fn fold_after(env: &Env) -> i64 {
    told(env, "FOLD_AFTER_MS").unwrap_or(5 * 60_000)
}

/// Experiments are looked at once in so long a time (`LOOK_EVERY_MS`, an hour).
pub fn look_every(env: &Env) -> i64 {
    told(env, "LOOK_EVERY_MS").unwrap_or(60 * 60_000).max(1)
}

/// A whole number that an operator set.
pub fn told(env: &Env, name: &str) -> Option<i64> {
    env.var(name).ok()?.to_string().parse().ok().filter(|time| *time >= 0)
}
