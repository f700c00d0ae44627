//! Page views: the first, those of history navigation, and those of a page that comes back from the browser's cache.

use crate::host;
use crate::json;
use crate::page::{Page, found};
use tributary_core::{text::cut, url};

/// The collector takes no longer address.
const URL_BYTES: usize = 2048;

impl Page {
    /// The page was loaded or came back: it counts, and came from where the browser says.
    pub fn viewed(&mut self) {
        self.record_view(&host::referrer());
    }

    /// History moved: a page view begins when the address is another, but for a fragment that is no route. True where one does,
    /// also without consent: what everybody gets of an experiment that is over depends on the page.
    pub fn moved(&mut self) -> bool {
        let address = self.here();
        let begins = address != self.address;
        if begins {
            let before = core::mem::replace(&mut self.address, address);
            self.record_view(&before);
        }
        begins
    }

    /// What of the page's address may leave it.
    pub fn public_address(&self) -> String {
        sendable(&self.here(), &self.config.query_parameters)
    }

    /// The page's address; with its fragment only where the page's routes are there.
    pub fn here(&self) -> String {
        let address = host::address();
        if self.found(found::HASH_ROUTES) { address } else { cut(&address, b'#').0.into() }
    }

    fn record_view(&mut self, referrer: &str) {
        // However often history moves before the page is shown, it is viewed once, and what was given by then is given then.
        if self.held {
            return;
        }
        self.exposed.clear();
        let mut event = String::from("\"$page_view\",{\"url\":");
        json::string(&mut event, &self.public_address());
        if !referrer.is_empty() {
            // Origin and path only: another site's query is none of ours.
            event.push_str(",\"referrer\":");
            json::string(&mut event, &sendable(referrer, &[]));
        }
        event.push('}');
        self.record(&event);
    }
}

/// What of an address leaves the page: where it is too long, nothing of its query, and the beginning of its path.
fn sendable(address: &str, allowed: &[&str]) -> String {
    let mut sent = url::public(address, allowed);
    if sent.len() > URL_BYTES {
        sent = url::public(address, &[]);
        // An address is ASCII, so this cuts no character.
        sent.truncate(URL_BYTES);
    }
    sent
}
