//! What of an address may leave the page.

use crate::text::cut;

/// The address without fragment and with only the allowed query parameters, in their order.
///
/// A parameter is allowed when its name, as written before `=`, stands in `allowed`. The page applies it before it
/// sends, the collector again to whatever arrives.
pub fn public(address: &str, allowed: &[&str]) -> String {
    let (address, _) = cut(address, b'#');
    let (base, mut query) = cut(address, b'?');
    let mut kept = String::from(base);
    let mut separator = '?';
    while !query.is_empty() {
        let (parameter, rest) = cut(query, b'&');
        let (name, _) = cut(parameter, b'=');
        if !parameter.is_empty() && allowed.contains(&name) {
            kept.push(separator);
            kept.push_str(parameter);
            separator = '&';
        }
        query = rest;
    }
    kept
}
