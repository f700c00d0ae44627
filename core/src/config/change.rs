//! What a variant changes in the page by itself, without a line of the shop's own code.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Address, UrlOperator};
#[cfg(feature = "schema")]
use crate::schema;

/// One change of a variant: of every element that its selector finds, now or later, on the pages that it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Change {
    /// What is done.
    #[serde(flatten)]
    pub kind: ChangeKind,
    /// Only on such pages, compared as a page view goal does; on all unless given. On any other the change is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Address>,
}

/// What is done to an element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChangeKind {
    /// It has this text.
    Text {
        /// CSS selector.
        #[cfg_attr(feature = "schema", schemars(with = "schema::Text"))]
        selector: String,
        /// The text.
        #[cfg_attr(feature = "schema", schemars(length(max = 2000)))]
        value: String,
    },
    /// It has this content. Scripts in it do not run; all else is the merchant's own.
    Html {
        /// CSS selector.
        #[cfg_attr(feature = "schema", schemars(with = "schema::Text"))]
        selector: String,
        /// The HTML.
        #[cfg_attr(feature = "schema", schemars(length(max = 10000)))]
        value: String,
    },
    /// An attribute has this value.
    Attribute {
        /// CSS selector.
        #[cfg_attr(feature = "schema", schemars(with = "schema::Text"))]
        selector: String,
        /// Its name: none of an event's handler, nor `style` or `srcdoc`.
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64)))]
        name: String,
        /// Its value; the attribute is removed where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(length(max = 2000)))]
        value: Option<String>,
    },
    /// It has, and has not, these classes.
    Class {
        /// CSS selector.
        #[cfg_attr(feature = "schema", schemars(with = "schema::Text"))]
        selector: String,
        /// Classes to add.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "schema", schemars(with = "schema::Texts"))]
        add: Vec<String>,
        /// Classes to remove.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "schema", schemars(with = "schema::Texts"))]
        remove: Vec<String>,
    },
    /// A property of its own style has this value; `!important` may follow.
    Style {
        /// CSS selector.
        #[cfg_attr(feature = "schema", schemars(with = "schema::Text"))]
        selector: String,
        /// The property's name, such as `background-color` or `--accent`.
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64)))]
        property: String,
        /// The value.
        #[cfg_attr(feature = "schema", schemars(with = "schema::Text"))]
        value: String,
    },
    /// It stands elsewhere.
    Move {
        /// CSS selector.
        #[cfg_attr(feature = "schema", schemars(with = "schema::Text"))]
        selector: String,
        /// CSS selector of the element it is put to, the first that there is.
        #[cfg_attr(feature = "schema", schemars(with = "schema::Text"))]
        to: String,
        /// Where to.
        position: Position,
    },
    /// The visitor goes to another page, which keeps the query of the first but for what it says itself.
    Redirect {
        /// A path of the shop, or an address that begins with `https://` or `http://`.
        #[cfg_attr(feature = "schema", schemars(with = "schema::Text"))]
        url: String,
    },
}

/// Where an element is put to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// In front of it.
    Before,
    /// Behind it.
    After,
    /// In it, as the first.
    First,
    /// In it, as the last.
    Last,
}

impl Change {
    /// As the script in the page reads it (`www/loader/change.js`): the kind's number there, the selector, the page as the
    /// operator's number and its text, then what the kind needs.
    pub fn in_page(&self) -> Value {
        let (kind, selector, values) = self.kind.in_page();
        let page = self.page.as_ref().map(|page| json!([number(page.operator), page.url]));
        let mut all = vec![json!(kind), json!(selector), json!(page)];
        all.extend(values);
        Value::Array(all)
    }
}

impl ChangeKind {
    fn in_page(&self) -> (u8, &str, Vec<Value>) {
        match self {
            Self::Text { selector, value } => (0, selector, vec![json!(value)]),
            Self::Html { selector, value } => (1, selector, vec![json!(value)]),
            Self::Attribute { selector, name, value } => (2, selector, vec![json!(name), json!(value)]),
            Self::Class { selector, add, remove } => (3, selector, vec![json!(add), json!(remove)]),
            Self::Style { selector, property, value } => (4, selector, vec![json!(property), json!(value)]),
            Self::Move { selector, to, position } => (5, selector, vec![json!(to), json!(position.method())]),
            Self::Redirect { url } => (6, "", vec![json!(url)]),
        }
    }
}

impl Position {
    /// The DOM's name for it.
    fn method(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
            Self::First => "prepend",
            Self::Last => "append",
        }
    }
}

fn number(operator: UrlOperator) -> u8 {
    match operator {
        UrlOperator::Equals => 0,
        UrlOperator::Contains => 1,
        UrlOperator::StartsWith => 2,
        UrlOperator::Regex => 3,
    }
}
