//! What the script around the wasm does for it (`www/loader/host.js`): the calls it keeps, the clock, storage, the network.
//!
//! These are not taken from web-sys: the page may put its own `fetch` or `localStorage` in their place, and the script took
//! the browser's when it loaded. None of them throws: that would cross our frames without undoing anything, and `PAGE` would
//! stay borrowed for good.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "tributary-host")]
extern "C" {
    /// The page's clock, ms since the epoch.
    pub fn now() -> f64;

    /// A random number from 0 to below 1.
    pub fn chance() -> f64;

    /// Random characters of the wire's alphabet for ids, 6 bits each.
    pub fn random(length: u32) -> String;

    /// The page's address.
    pub fn address() -> String;

    /// Where the page says that the visitor came from.
    pub fn referrer() -> String;

    /// The calls of `track` since the last time, one a line: time, a space, `"name",{…}`.
    pub fn take() -> String;

    /// What is kept under a name (in storage, or where that is forbidden or full in memory), or nothing.
    pub fn get(name: &str) -> String;

    /// Keeps a text.
    pub fn set(name: &str, text: &str);

    /// Forgets every name that begins so.
    pub fn remove(start: &str);

    /// The names in storage that begin so, one a line, sorted.
    pub fn names(start: &str) -> String;

    /// The site's cookie, or nothing.
    pub fn cookie() -> String;

    /// Sets the site's cookie for this host; removes it where the value is empty.
    #[wasm_bindgen(js_name = setCookie)]
    pub fn set_cookie(value: &str);

    /// Posts a batch; `answered` is called with what comes of it. `keepalive` lets it outlive the page.
    pub fn post(body: &str, keepalive: bool);

    /// Ends the request that is under way, which is then answered with 0.
    pub fn cancel();

    /// From here on something is measured, or nothing any more: then the request that is under way ends, and what was
    /// remembered for the page's listeners and the inspector is forgotten.
    pub fn measure(is: bool);

    /// Hands a batch to the browser to send after the page is gone; false where it will not.
    pub fn beacon(body: &str) -> bool;

    /// Sends when so many ms are over, and not at any time that was said before; 0 is never.
    pub fn wait(ms: u32);

    /// The number of a selector, from 1; 0 where the browser does not understand it.
    pub fn understood(selector: &str) -> u32;

    /// Does this node of the click's path, or the form that is submitted, match the selector of that number?
    pub fn matches(node: u32, selector: u32) -> bool;

    /// An exposure, for whoever listens.
    pub fn exposed(event: &str);

    /// The answer of a function to the page. A returned text would need a good deal of glue.
    pub fn say(text: &str);

    /// What is known of the visitor: an object, in the form that core's conditions read.
    #[cfg(feature = "targeting")]
    pub fn attributes() -> String;

    /// `Number(text)`.
    #[cfg(feature = "targeting")]
    #[wasm_bindgen(js_name = numberOf)]
    pub fn number_of(text: &str) -> f64;

    /// `String(number)`.
    #[cfg(feature = "targeting")]
    #[wasm_bindgen(js_name = textOf)]
    pub fn text_of(number: f64) -> String;

    /// `text.toLowerCase()`.
    #[cfg(feature = "targeting")]
    pub fn lower(text: &str) -> String;

    /// The number of a regular expression. One that the browser does not understand has one too, and no match.
    #[cfg(feature = "targeting")]
    pub fn learn(pattern: &str, ignores_case: bool) -> u32;

    /// Whether the regular expression of that number has a match.
    #[cfg(feature = "targeting")]
    #[wasm_bindgen(js_name = hasMatch)]
    pub fn has_match(pattern: u32, text: &str) -> bool;

    /// Nothing is under way: settles what `flush` promised.
    pub fn idle();
}

/// The page's clock in whole milliseconds.
#[allow(clippy::cast_possible_truncation)]
pub fn clock() -> i64 {
    now() as i64
}
