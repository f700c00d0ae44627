//! Who this browser is to the site: a random id, the profile it was identified as, the variants it was given.

use crate::host;
use crate::json;
use crate::session;

const ID: &str = "visitor";
const PROFILE: &str = "profile";
const VARIANT: &str = "variant.";
/// When the visitor's first session began.
#[cfg(feature = "targeting")]
const FIRST: &str = "first";
/// The visitor before, whom an answer that was under way may bring back into the cookie.
const FORMER: &str = "former";
/// 22 characters of 6 bits: 132 bits, of which 128 were asked for.
const ID_LENGTH: u32 = 22;

/// The visitor that cookie or storage know, or nothing.
pub fn known() -> String {
    // The cookie first: it is the one that the collector can keep alive on the shop's own origin.
    let id = host::cookie();
    let stored = kept();
    if is_id(&id) && (id != host::get(FORMER) || stored.is_empty()) { id } else { stored }
}

/// The visitor that is known, or else one of this id ([`fresh`]). Cookie and storage are written anew, so that they live on.
pub fn restore(otherwise: String) -> String {
    let id = known();
    if !is_id(&id) {
        return fresh(otherwise);
    }
    // What is stored was of the visitor that is stored.
    if id != kept() {
        forget();
    }
    keep(id)
}

/// An id that nobody has.
pub fn random() -> String {
    host::random(ID_LENGTH)
}

/// A new visitor, of this id unless it is empty; what the one before was called and given is forgotten.
pub fn fresh(id: String) -> String {
    forget();
    #[cfg(feature = "targeting")]
    note_first();
    host::set(FORMER, &kept());
    keep(if id.is_empty() { random() } else { id })
}

fn forget() {
    host::remove(PROFILE);
    host::remove(VARIANT);
    host::remove(session::NAME);
    #[cfg(feature = "targeting")]
    host::remove(FIRST);
}

/// Remembers the session that the visitor was new in.
#[cfg(feature = "targeting")]
fn note_first() {
    let mut text = String::new();
    json::number(&mut text, session::first());
    host::set(FIRST, &text);
}

/// Whether the visitor was here before this session. Of one that is older than what is stored nobody knows a first session.
/// It is asked without consent too, of who gets an experiment that is over: then there is no visitor, and nothing is kept.
#[cfg(feature = "targeting")]
pub fn is_returning() -> bool {
    let (session, _) = session::at(host::clock());
    !kept().is_empty() && tributary_core::text::number(&host::get(FIRST)) != session
}

fn keep(id: String) -> String {
    host::set_cookie(&id);
    host::set(ID, &id);
    id
}

/// The id in storage, or nothing. Another page of the site may have put another there, or erased it.
fn kept() -> String {
    host::get(ID)
}

/// Who the visitor is now, in all tabs; nobody where consent was withdrawn.
///
/// That erases the cookie too, and stops other tabs by itself. A shop that empties the storage has withdrawn nothing: the id is put back.
pub fn current() -> String {
    let stored = kept();
    if !stored.is_empty() {
        return stored;
    }
    let id = host::cookie();
    if is_id(&id) { keep(id) } else { String::new() }
}

/// The profile that the visitor was last identified as, or nothing.
pub fn profile() -> String {
    host::get(PROFILE)
}

/// Remembers the profile.
pub fn name(profile: &str) {
    host::set(PROFILE, profile);
}

/// The experiment's version and its variant that the visitor was exposed to; nothing where there is none.
pub fn given(experiment: &str) -> String {
    host::get(&kept_as(experiment))
}

/// Remembers a variant: from now on it stays, whatever happens to weights.
pub fn give(experiment: &str, version: i64, variant: &str) {
    let mut text = String::new();
    json::number(&mut text, version);
    text.push(' ');
    text.push_str(variant);
    host::set(&kept_as(experiment), &text);
}

fn kept_as(experiment: &str) -> String {
    let mut name = String::from(VARIANT);
    name.push_str(experiment);
    name
}

/// The wire's rule for ids. A cookie is anybody's to write, and this one is put into JSON as it is.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::is_id;

    #[test]
    fn an_id_has_only_what_the_wire_takes() {
        let longest = "x".repeat(64);
        for good in ["a", "9f1c", "-_", &longest] {
            assert!(is_id(good), "{good}");
        }
        let too_long = "x".repeat(65);
        for bad in ["", "a b", "a\"", "é", "a;b", &too_long] {
            assert!(!is_id(bad), "{bad}");
        }
    }
}
