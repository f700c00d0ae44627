//! What of an address may leave the page.

/// The address without fragment and with only the allowed query parameters, in their order.
///
/// A parameter is allowed when its name, as written before `=`, stands in `allowed`. The page applies it before it
/// sends, the collector again to whatever arrives.
pub fn public(address: &str, allowed: &[&str]) -> String {
    let address = address.split_once('#').map_or(address, |(before, _)| before);
    let Some((base, query)) = address.split_once('?') else {
        return address.to_owned();
    };
    let mut kept = base.to_owned();
    let mut separator = '?';
    for parameter in query.split('&') {
        let name = parameter.split_once('=').map_or(parameter, |(name, _)| name);
        if allowed.contains(&name) {
            kept.push(separator);
            kept.push_str(parameter);
            separator = '&';
        }
    }
    kept
}
