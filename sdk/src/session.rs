//! The visitor's session as far as the browser can tell, so that a sequence or a campaign starts once in it.
//!
//! The collector's own sessions are made of all events; this one only decides what is sent. It is kept for all tabs.

use crate::host;
use crate::json;
use tributary_core::text::{cut, number};

/// `first last`; below it, under the key of what has started, the `first` of the session in which it did.
pub const NAME: &str = "session";
/// Another session begins after a longer silence.
const SILENCE_MS: i64 = 30 * 60_000;
/// No session is longer.
const LONGEST_MS: i64 = 24 * 3_600_000;
/// It is kept anew after so much, not at each event.
const PRECISION_MS: i64 = 60_000;

/// When the session began that goes on at this time, and until when that is kept. A clock that was set back says nothing
/// about silence.
pub fn at(now: i64) -> (i64, i64) {
    let kept = host::get(NAME);
    let (began, last) = cut(&kept, b' ');
    let (began, last) = (number(began), number(last));
    let is_over = now - last >= PRECISION_MS && (now - last > SILENCE_MS || now - began >= LONGEST_MS);
    (if is_over { now } else { began }, last)
}

/// When the session began that goes on now; that it does is kept.
pub fn first() -> i64 {
    let now = host::clock();
    let (began, last) = at(now);
    if now - last >= PRECISION_MS {
        let mut text = String::new();
        json::number(&mut text, began);
        text.push(' ');
        json::number(&mut text, now);
        host::set(NAME, &text);
    }
    began
}

/// Whether a sequence (`0`) or a campaign (`1`) of this key starts only now.
pub fn starts(kind: &str, key: &str) -> bool {
    let mut name = String::from(NAME);
    name.push_str(kind);
    name.push_str(key);
    let began = first();
    let is_new = number(&host::get(&name)) != began;
    if is_new {
        let mut text = String::new();
        json::number(&mut text, began);
        host::set(&name, &text);
    }
    is_new
}
