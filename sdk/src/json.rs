//! The few pieces of JSON that the page's wasm writes itself, without the formatting machinery.

/// Appends a text as a JSON string.
pub fn string(out: &mut String, text: &str) {
    out.push('"');
    let mut start = 0;
    for (index, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(text.get(start..index).unwrap_or_default());
        start = index + 1;
        out.push_str("\\u00");
        for digit in [byte >> 4, byte & 15] {
            out.push(self::digit(digit));
        }
    }
    out.push_str(text.get(start..).unwrap_or_default());
    out.push('"');
}

/// Appends a whole number.
#[allow(clippy::cast_possible_truncation)]
pub fn number(out: &mut String, number: i64) {
    if number < 0 {
        out.push('-');
    }
    let mut rest = number.unsigned_abs();
    let mut power = 1;
    while rest / power > 9 {
        power *= 10;
    }
    while power > 0 {
        out.push(digit((rest / power) as u8));
        rest %= power;
        power /= 10;
    }
}

fn digit(value: u8) -> char {
    char::from(if value < 10 { b'0' + value } else { b'a' - 10 + value })
}

#[cfg(test)]
mod tests {
    use super::{number, string};

    #[test]
    fn numbers_are_written_in_decimal() {
        for value in [0, 7, 10, 99, 100, -1, -1_020, 1_760_000_000_000, i64::MAX, i64::MIN] {
            let mut out = String::new();
            number(&mut out, value);
            assert_eq!(out, value.to_string());
        }
    }

    #[test]
    fn strings_escape_what_json_does_not_take_raw() {
        for (text, json) in [
            ("plain", r#""plain""#),
            ("a\"b\\c", r#""a\u0022b\u005cc""#),
            ("tab\tnew\nline\x1f", r#""tab\u0009new\u000aline\u001f""#),
            ("né 💧", "\"né 💧\""),
        ] {
            let mut out = String::new();
            string(&mut out, text);
            assert_eq!(out, json, "{text:?}");
        }
    }
}
