//! May anything be kept or sent? Without consent no id is made, nothing is stored, nothing is sent.

use crate::host;
use crate::page::{Page, found};
use crate::visitor;

/// Kept once the visitor agreed, so that the next page need not ask before it shows a variant. A refusal is not kept:
/// nothing is, without consent.
const NAME: &str = "consent";

/// There for a moment while all is erased.
const WITHDRAWN: &str = "withdrawn";

/// Did the visitor say yes to this site, in this page or an earlier one?
pub fn has_consent() -> bool {
    !host::get(NAME).is_empty()
}

impl Page {
    /// Starts measuring if that is allowed at load. An explicit word, also one to an earlier page, outranks the browser's
    /// signals; without one, the site's default holds. A signal that is new since the visitor was measured is a withdrawal.
    pub fn begin_if_consented(&mut self) {
        self.address = self.here();
        let refuses = self.config.respect_privacy_signals && self.found(found::REFUSED);
        if has_consent() || !(refuses || self.found(found::MUST_ASK)) {
            self.begin();
        } else if refuses && !visitor::known().is_empty() {
            self.end();
        }
    }

    /// The page says what the visitor decided. True where that begins the measuring.
    pub fn consent(&mut self, given: bool) -> bool {
        if !given {
            self.end();
            return false;
        }
        host::set(NAME, "1");
        let begins = self.visitor.is_none();
        if begins {
            self.begin();
        }
        begins
    }

    /// Erases id, events, variants and whatever else was kept, and measures no more.
    pub fn end(&mut self) {
        self.stop();
        host::set_cookie("");
        // Other tabs hear of this, and need not look for a cookie that a browser of many processes may show for a while yet.
        host::set(WITHDRAWN, "1");
        host::remove("");
    }

    /// Measures no more: the visitor withdrew, here or in another tab. What the script remembers of it goes too.
    pub fn stop(&mut self) {
        host::measure(false);
        self.visitor = None;
        self.held = false;
        self.queue.clear();
        self.active = false;
        self.transport.stop();
    }
}
