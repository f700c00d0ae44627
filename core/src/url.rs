//! What of an address may leave the page.

use crate::text::cut;

/// The address with only the allowed query parameters, in their order, and without fragment, unless that is a route:
/// `#/path` or `#!/path`, of which the path alone stays.
///
/// A parameter is allowed when its name, as written before `=`, stands in `allowed`. The page applies it before it
/// sends (and sends routes only where it was asked to), the collector again to whatever arrives.
pub fn public(address: &str, allowed: &[&str]) -> String {
    let (address, fragment) = cut(address, b'#');
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
    let (route, _) = cut(fragment, b'?');
    if route.starts_with('/') || route.starts_with("!/") {
        kept.push('#');
        kept.push_str(route);
    }
    kept
}
