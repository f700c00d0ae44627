//! What the script around the wasm calls (`www/loader/tributary.js`, which is also where the public functions are).

use crate::host;
use crate::page::Page;
use core::cell::RefCell;
use tributary_core::page_config::PageConfig;
use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    /// It is there until the browser drops it all.
    static PAGE: RefCell<Option<&'static mut Page>> = const { RefCell::new(None) };
}

/// Everything that happens in the page comes through here.
///
/// First the calls of `track` are taken in, so that events have the order in which they happened; at the end what is new
/// goes to storage. Nothing happens before [`start`], nor within itself (the page may have put its own `localStorage` there before we came).
pub fn enter(act: &mut dyn FnMut(&mut Page)) {
    PAGE.with(|page| {
        if let Ok(mut page) = page.try_borrow_mut()
            && let Some(page) = page.as_mut()
        {
            page.drain(0);
            act(page);
            if core::mem::take(&mut page.defers) {
                return;
            }
            page.save();
            if page.gone {
                page.leave();
            }
        }
    });
}

/// Starts in this page: 0 where it cannot, and then all is control; 1 where nothing need be looked for in the page, 2 where
/// communications are, or forms in shadow roots.
///
/// `config` is [`PageConfig`]'s form, `found` the sum of what [`found`](crate::page::found) lists.
#[wasm_bindgen]
#[cfg(not(feature = "targeting"))]
pub fn start(config: String, found: u32) -> u32 {
    begin(config, |config| Page::new(config, found))
}

/// The same, with the experiments that are not for everybody.
#[wasm_bindgen]
#[cfg(feature = "targeting")]
pub fn start(config: String, found: u32, targeting: String) -> u32 {
    begin(config, |config| {
        let mut page = Page::new(config, found);
        page.target(targeting.leak());
        page
    })
}

fn begin(config: String, page: impl FnOnce(PageConfig<'static>) -> Page) -> u32 {
    // It lives as long as the page, so its texts are borrowed and never copied.
    let Some(config) = PageConfig::decode(config.leak()) else { return 0 };
    let looks = config.has_communications || !config.submits.is_empty();
    let page = page(config);
    PAGE.with(|place| place.replace(Some(Box::leak(Box::new(page)))));
    enter(&mut Page::begin_if_consented);
    1 + u32::from(looks)
}

/// Whether the visitor was here before this session.
#[cfg(feature = "targeting")]
#[wasm_bindgen]
pub fn is_returning() -> bool {
    crate::visitor::is_returning()
}

/// Something happened in the page: its place in the list of `www/loader/tributary.js`. True where a move began another page
/// view, or where the visitor is another one by now, or nobody. The last in the list asks for the page's address as goals
/// see it, and is told.
#[wasm_bindgen]
pub fn happened(what: u32) -> bool {
    let mut is_other = false;
    enter(&mut |page| match what {
        0 => is_other = page.moved(),
        1 => page.send(),
        2 => is_other = page.reconcile(),
        3 => page.restored(),
        4 => page.left(),
        5 => page.leave(),
        6 => {
            is_other = page.reconcile();
            page.come_back();
        }
        7 => {
            page.stop();
            is_other = true;
        }
        8 => page.shown(),
        _ => host::say(&page.public_address()),
    });
    is_other
}

/// A click on so many nodes from the innermost to the outermost (and so in the communication of that key, unless it is
/// empty), or a submit of a form. What it met goes to storage with the [`drain`] at the end of the turn, so that the page's
/// own handlers do not wait for that.
#[wasm_bindgen]
pub fn interacted(submit: bool, nodes: u32, communication: &str) {
    enter(&mut |page| page.interacted(submit, nodes, communication));
}

/// Something happened to a communication: its place in the list of `www/loader/communication.js`.
#[wasm_bindgen]
pub fn communicated(what: usize, key: &str) {
    enter(&mut |page| page.communicated(what, key));
}

/// Takes in the calls of `track`.
#[wasm_bindgen]
pub fn drain() {
    enter(&mut |_| ());
}

/// Says the variant, whose being given is an exposure; nothing where there is none.
#[wasm_bindgen]
pub fn variant(key: &str) {
    enter(&mut |page| {
        if let Some(variant) = page.give_variant(key) {
            host::say(variant);
        }
    });
}

/// Says all assignments as JSON; exposes nobody.
#[wasm_bindgen]
pub fn assignments() {
    enter(&mut |page| host::say(&page.assignments()));
}

/// Names the profile.
#[wasm_bindgen]
pub fn identify(profile: &str) {
    enter(&mut |page| page.identify(profile));
}

/// What the visitor decided; true where that begins the measuring.
#[wasm_bindgen]
pub fn consent(given: bool) -> bool {
    let mut begins = false;
    enter(&mut |page| begins = page.consent(given));
    begins
}

/// Makes the visitor another one.
#[wasm_bindgen]
pub fn clear() {
    enter(&mut Page::renew);
}

/// Sends what waits, now.
#[wasm_bindgen]
pub fn flush() {
    enter(&mut Page::send);
}

/// What came of a request: the status (0: none) and the shift (or not a number).
#[wasm_bindgen]
#[allow(clippy::cast_possible_truncation)]
pub fn answered(status: u16, shift: f64) {
    enter(&mut |page| page.answered(status, shift.is_finite().then_some(shift as i64)));
}
