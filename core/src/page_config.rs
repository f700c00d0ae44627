//! What a page needs to know of its site's configuration, in a compact binary form (postcard).
//!
//! It travels in `t.js` as unpadded URL-safe base64. Only running experiments are in it: all else is control.

use serde::{Deserialize, Serialize};

/// The public part of a site's configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageConfig<'a> {
    /// Query parameters that may leave the page; all others are cut from every address.
    #[serde(borrow)]
    pub query_parameters: Vec<&'a str>,
    /// Global Privacy Control and Do Not Track count as refusal.
    pub respect_privacy_signals: bool,
    /// Running experiments.
    pub experiments: Vec<PageExperiment<'a>>,
    /// Goals met by a click.
    pub clicks: Vec<PageGoal<'a>>,
    /// Goals met by a submit.
    pub submits: Vec<PageGoal<'a>>,
}

/// A running experiment, as far as the page computes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageExperiment<'a> {
    /// The name developers use.
    pub key: &'a str,
    /// What the hash starts from.
    pub seed: &'a str,
    /// The version an exposure names.
    pub version: u32,
    /// Share of visitors who take part, in ten-thousandths.
    pub coverage: u16,
    /// Keys and weights in ten-thousandths, the control first.
    pub variants: Vec<(&'a str, u16)>,
}

/// A goal that the page decides: a click or a submit on what the selector matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageGoal<'a> {
    /// Number of the experiment within the site.
    pub experiment: u16,
    /// Place of the goal within the experiment.
    pub goal: u8,
    /// A CSS selector.
    pub selector: &'a str,
}

impl<'a> PageConfig<'a> {
    /// The binary form.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// Reads the binary form; `None` where it is damaged.
    ///
    /// Postcard's own reader does the same in a quarter more bytes of wasm than all of the page's other code together
    /// may have, so the page has this one (`tests/page_config.rs` holds them together).
    pub fn decode(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader { rest: bytes };
        Some(Self {
            query_parameters: reader.list(Reader::text)?,
            respect_privacy_signals: reader.number()? == 1,
            experiments: reader.list(|reader| {
                Some(PageExperiment {
                    key: reader.text()?,
                    seed: reader.text()?,
                    version: reader.number()?,
                    coverage: reader.small()?,
                    variants: reader.list(|reader| Some((reader.text()?, reader.small()?)))?,
                })
            })?,
            clicks: reader.list(Reader::goal)?,
            submits: reader.list(Reader::goal)?,
        })
    }
}

/// Reads what postcard writes: numbers as LEB128, and before a text or a list its length.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<u32> {
        let mut number = 0;
        for shift in [0, 7, 14, 21, 28] {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn small(&mut self) -> Option<u16> {
        self.number()?.try_into().ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?.try_into().ok()?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        core::str::from_utf8(text).ok()
    }

    fn goal(&mut self) -> Option<PageGoal<'a>> {
        let experiment = self.small()?;
        // A byte is written as it is, not as a number.
        let (&goal, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(PageGoal { experiment, goal, selector: self.text()? })
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut list = Vec::new();
        for _ in 0..self.number()? {
            list.push(read(self)?);
        }
        Some(list)
    }
}
