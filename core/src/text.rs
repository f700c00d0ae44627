//! Cutting texts. The standard library's search, which can do far more, would be as many bytes in the page as whole modules.

/// What stands before and after the first such byte (an ASCII character); all and nothing where there is none.
pub fn cut(text: &str, at: u8) -> (&str, &str) {
    let end = text.bytes().position(|byte| byte == at).unwrap_or(text.len());
    let (before, rest) = text.split_at_checked(end).unwrap_or_default();
    (before, rest.get(1..).unwrap_or_default())
}

/// A whole number in decimal; what is none reads as some number.
pub fn number(text: &str) -> i64 {
    let mut number: i64 = 0;
    for byte in text.bytes() {
        if byte != b'-' {
            number = number.wrapping_mul(10).wrapping_add(i64::from(byte & 15));
        }
    }
    if text.as_bytes().first() == Some(&b'-') { number.wrapping_neg() } else { number }
}
