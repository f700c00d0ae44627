//! The syntax that regular expressions of Rust's `regex` and of JavaScript have in common.

/// Whether JavaScript reads a pattern that Rust takes, and means the same by it.
///
/// It does not read flags and names that only Rust writes (`(?i)`, `(?P<name>)`). It takes some of Rust's escapes for plain
/// letters (`\A`, `\z`, `\a`, `\<`, `\>`, `\U`, and `\x`, `\u` and `\b` before a brace), `[` within a class for a letter
/// of it, where Rust nests or means `[:alpha:]`, and `[]` for the class of nothing.
pub(super) fn is_common(pattern: &str) -> bool {
    let mut is_class = false;
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        let mut taken = first.len_utf8();
        match first {
            '\\' => {
                let escaped = after.chars().next();
                let has_brace = after.get(1..).is_some_and(|after| after.starts_with('{'));
                match escaped {
                    Some('A' | 'z' | 'a' | '<' | '>' | 'U') => return false,
                    Some('x' | 'u' | 'b') if has_brace => return false,
                    _ => taken += escaped.map_or(0, char::len_utf8),
                }
            }
            '[' if is_class || after.strip_prefix('^').unwrap_or(after).starts_with(']') => return false,
            '[' => is_class = true,
            ']' => is_class = false,
            '(' if !is_class && after.starts_with('?') && !after.starts_with("?:") && !after.starts_with("?<") => {
                return false;
            }
            _ => {}
        }
        rest = &rest[taken..];
    }
    true
}
