//! Text that few bytes of code read: a line for each value, in the order of the fields.
//!
//! Texts stand as they are, numbers in decimal, before a list stands its length. What must keep its line breaks is escaped.

use crate::text::{cut, number};

/// The last line of whatever is whole.
pub(crate) const END: &str = ".";

/// Lines that are written.
#[derive(Default)]
pub(crate) struct Lines(pub(crate) String);

impl Lines {
    /// A text that loses nothing when its line breaks become spaces.
    pub(crate) fn text(&mut self, text: &str) {
        self.0.extend(text.chars().map(|letter| if matches!(letter, '\n' | '\r') { ' ' } else { letter }));
        self.0.push('\n');
    }

    /// A text to the letter.
    pub(crate) fn escaped(&mut self, text: &str) {
        self.text(&text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r"));
    }

    pub(crate) fn number(&mut self, number: impl TryInto<u64>) {
        let number = number.try_into().unwrap_or_default();
        self.text(&number.to_string());
    }

    /// A number to the bit, as the whole number that its bits are.
    pub(crate) fn float(&mut self, number: f64) {
        self.text(&number.to_bits().cast_signed().to_string());
    }
}

/// Lines that are read.
pub(crate) struct Reader<'a> {
    /// What is still to be read.
    pub(crate) rest: &'a str,
}

/// Nothing here fails: what is missing reads as nothing, and the end tells.
impl<'a> Reader<'a> {
    pub(crate) fn text(&mut self) -> &'a str {
        let (text, rest) = cut(self.rest, b'\n');
        self.rest = rest;
        text
    }

    pub(crate) fn escaped(&mut self) -> String {
        let mut text = String::new();
        let mut letters = self.text().chars();
        while let Some(letter) = letters.next() {
            text.push(match letter {
                '\\' => match letters.next() {
                    Some('n') => '\n',
                    Some('r') => '\r',
                    _ => '\\',
                },
                letter => letter,
            });
        }
        text
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(crate) fn number(&mut self) -> u32 {
        number(self.text()) as u32
    }

    #[allow(clippy::cast_possible_truncation)]
    pub(crate) fn share(&mut self) -> u16 {
        self.number() as u16
    }

    pub(crate) fn float(&mut self) -> f64 {
        f64::from_bits(number(self.text()).cast_unsigned())
    }

    pub(crate) fn list<T>(&mut self, read: &dyn Fn(&mut Self) -> T) -> Vec<T> {
        let mut list = Vec::new();
        for _ in 0..self.number() {
            if self.rest.is_empty() {
                break;
            }
            list.push(read(self));
        }
        list
    }
}
