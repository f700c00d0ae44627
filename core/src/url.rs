//! What of an address may leave the page.

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

/// What stands before and after the first such byte (an ASCII character). The standard library's search, which can do far
/// more, would be as many bytes in the page as all of this.
fn cut(text: &str, at: u8) -> (&str, &str) {
    text.bytes()
        .position(|byte| byte == at)
        .and_then(|index| Some((text.get(..index)?, text.get(index + 1..)?)))
        .unwrap_or((text, ""))
}
