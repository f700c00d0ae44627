//! A page load: what it knows, and the way of everything that is recorded in it.

use crate::host;
use crate::interaction::Goals;
use crate::json;
use crate::queue::Queue;
use crate::transport::Transport;
use crate::visitor;
use tributary_core::page_config::PageConfig;
#[cfg(feature = "targeting")]
use tributary_core::page_targeting::Audience;
use tributary_core::text::{self, cut};

/// Unique within one visitor's history: 72 bits.
const LOAD_LENGTH: u32 = 12;

/// What the script found out about browser and tag, as the bits of one number.
pub mod found {
    /// `consent(true)` must come first.
    pub const MUST_ASK: u32 = 1;
    /// Global Privacy Control or Do Not Track.
    pub const REFUSED: u32 = 2;
    /// A program drives the browser.
    pub const AUTOMATED: u32 = 4;
    /// Nobody has seen the page yet.
    pub const PRERENDERED: u32 = 8;
    /// Fragments are routes.
    pub const HASH_ROUTES: u32 = 16;
    /// Nothing is kept beyond the page load, and so no variant given.
    pub const COOKIELESS: u32 = 32;
    /// The collector is on the page's own origin, and its answers set the visitor's cookie anew.
    pub const OWN: u32 = 64;
}

/// All state of the page.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Page {
    /// The site's public configuration.
    pub config: PageConfig<'static>,
    /// There while the page may measure; without one, nothing is recorded and all is control.
    pub visitor: Option<String>,
    /// Events on their way.
    pub queue: Queue,
    /// The request on its way.
    pub transport: Transport,
    /// Nobody has seen the page yet: variants are known, and else nothing happens before it is shown.
    pub held: bool,
    found: u32,
    /// Something was recorded since the session was last looked at.
    pub active: bool,
    /// The page was left: nothing may wait for a timer any more.
    pub gone: bool,
    /// Somebody comes back at the end of this turn: what is new can go to storage then.
    pub defers: bool,
    /// The address of this page view.
    pub address: String,
    /// Experiments that this page view has exposed, by their place in the configuration, and with which variant.
    pub exposed: Vec<(usize, &'static str)>,
    /// Goals met by clicks.
    pub clicks: Goals,
    /// Goals met by submits.
    pub submits: Goals,
    identified: bool,
    /// Whom the last experiments of the configuration are for.
    #[cfg(feature = "targeting")]
    pub audiences: Vec<Audience>,
}

impl Page {
    /// A page of a site, before anything is recorded.
    pub fn new(config: PageConfig<'static>, found: u32) -> Self {
        Self {
            clicks: Goals::new(&config.clicks),
            submits: Goals::new(&config.submits),
            config,
            visitor: None,
            queue: Queue::new(host::random(LOAD_LENGTH)),
            transport: Transport::default(),
            held: false,
            found,
            active: false,
            gone: false,
            defers: false,
            address: String::new(),
            exposed: Vec::new(),
            identified: false,
            #[cfg(feature = "targeting")]
            audiences: Vec::new(),
        }
    }

    /// Was this [found] out?
    pub fn found(&self, what: u32) -> bool {
        self.found & what != 0
    }

    /// Starts to measure: from here on there is a visitor. Of a prerendered page nothing is kept yet, not even a new id: one
    /// that is never shown leaves nothing behind.
    pub fn begin(&mut self) {
        self.held = self.found(found::PRERENDERED);
        if self.held {
            let known = visitor::known();
            self.visitor = Some(if visitor::is_id(&known) { known } else { visitor::random() });
        } else {
            self.measure(String::new());
        }
    }

    /// The visitor is kept from here on (the one that is known, or else this one), and the page is viewed.
    fn measure(&mut self, otherwise: String) {
        host::measure(true);
        self.visitor = Some(visitor::restore(otherwise));
        self.adopt();
        self.viewed();
    }

    /// Records what happens now: `"name",{…}`.
    pub fn record(&mut self, event: &str) {
        self.record_at(host::clock(), event);
    }

    fn record_at(&mut self, at: i64, event: &str) {
        #[cfg(feature = "targeting")]
        if self.audiences.iter().any(|audience| audience.is_of_profiles) {
            self.queue.speak_of(visitor::profile());
        }
        if self.held {
            return;
        }
        let Some(visitor) = &self.visitor else { return };
        self.queue.push(visitor, at, event);
        self.active = true;
    }

    /// Records the calls of `track` that the script around the wasm has kept, each at its own time; those of a prerendered page
    /// no earlier than it is shown.
    pub fn drain(&mut self, since: i64) {
        if self.held {
            return;
        }
        let calls = host::take();
        let mut rest = calls.as_str();
        while !rest.is_empty() {
            let (call, after) = cut(rest, b'\n');
            let (at, event) = cut(call, b' ');
            self.record_at(text::number(at).max(since), event);
            rest = after;
        }
    }

    /// A prerendered page is shown: what waited for that happens now, to whoever is the visitor by now.
    pub fn shown(&mut self) {
        self.found &= !found::PRERENDERED;
        if !core::mem::take(&mut self.held) {
            return;
        }
        let given = core::mem::take(&mut self.exposed);
        let visitor = self.visitor.take().unwrap_or_default();
        self.measure(visitor);
        for (index, variant) in given {
            // Where another page made the visitor another one, what was given here may be nobody's assignment.
            if self.assigned(index).is_some_and(|(_, assigned)| assigned == variant) {
                self.give(index);
            }
        }
        self.drain(host::clock());
    }

    /// The page was left, perhaps for good.
    pub fn left(&mut self) {
        self.gone = true;
        self.leave();
    }

    /// The page came back out of the back/forward cache: a page view of its own.
    pub fn restored(&mut self) {
        self.gone = false;
        self.reconcile();
        self.come_back();
        if self.visitor.is_some() {
            self.viewed();
        }
    }

    /// While this page slept or another tab worked, the visitor may have become another, or have withdrawn consent: true
    /// where it did.
    pub fn reconcile(&mut self) -> bool {
        // A page that nobody has seen has kept nothing, and so misses nothing.
        let Some(visitor) = self.visitor.as_mut().filter(|_| !self.held) else { return false };
        let kept = visitor::current();
        if kept == *visitor {
            return false;
        }
        if kept.is_empty() {
            self.end();
        } else {
            *visitor = kept;
            self.exposed.clear();
        }
        true
    }

    /// The visitor is this person. Another one than before gets a new visitor id: a shared computer merges nobody.
    pub fn identify(&mut self, profile: &str) {
        let known = visitor::profile();
        let same = known == profile;
        if self.visitor.is_none() || profile.is_empty() || (same && self.identified) {
            return;
        }
        if !known.is_empty() && !same {
            self.renew();
        }
        visitor::name(profile);
        self.identified = true;
        let mut event = String::from("\"$identify\",{\"profile\":");
        json::string(&mut event, profile);
        event.push('}');
        self.record(&event);
    }

    /// Whoever comes now is somebody else: a new id, no profile, no variants.
    ///
    /// A request that is under way is of the one before: its answer must not put that one back into the cookie, so it ends
    /// here, and what it told is sent again at once.
    pub fn renew(&mut self) {
        if self.visitor.is_some() {
            self.resend();
            self.visitor = Some(visitor::fresh(String::new()));
            self.identified = false;
            self.exposed.clear();
        }
    }
}
