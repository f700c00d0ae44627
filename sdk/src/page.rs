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
    /// What happened in a page that nobody has seen yet; there while it is prerendered.
    pub held: Option<Vec<String>>,
    found: u32,
    /// Something was recorded since the session was last looked at.
    pub active: bool,
    /// The page was left: nothing may wait for a timer any more.
    pub gone: bool,
    /// Somebody comes back at the end of this turn: what is new can go to storage then.
    pub defers: bool,
    /// The address of this page view.
    pub address: String,
    /// Experiments whose exposure this page view has reported, by their place in the configuration.
    pub exposed: Vec<usize>,
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
            held: None,
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

    /// Starts to measure: from here on there is a visitor.
    pub fn begin(&mut self) {
        self.visitor = Some(visitor::restore());
        self.adopt();
        self.held = self.found(found::PRERENDERED).then(Vec::new);
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
        let Some(visitor) = &self.visitor else { return };
        if let Some(held) = &mut self.held {
            held.push(event.into());
        } else {
            self.queue.push(visitor, at, event);
            self.active = true;
        }
    }

    /// Records the calls of `track` that the script around the wasm has kept, each at its own time.
    pub fn drain(&mut self) {
        let calls = host::take();
        let mut rest = calls.as_str();
        while !rest.is_empty() {
            let (call, after) = cut(rest, b'\n');
            let (at, event) = cut(call, b' ');
            self.record_at(text::number(at), event);
            rest = after;
        }
    }

    /// A prerendered page is shown: what was held happens now.
    pub fn shown(&mut self) {
        self.found &= !found::PRERENDERED;
        for event in self.held.take().unwrap_or_default() {
            self.record(&event);
        }
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

    /// While this page slept or another tab worked, the visitor may have become another, or have withdrawn consent.
    pub fn reconcile(&mut self) {
        if let Some(visitor) = &mut self.visitor {
            let kept = visitor::current();
            if kept.is_empty() {
                self.end();
            } else if kept != *visitor {
                *visitor = kept;
                self.exposed.clear();
            }
        }
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
    pub fn renew(&mut self) {
        if self.visitor.is_some() {
            self.visitor = Some(visitor::fresh());
            self.identified = false;
            self.exposed.clear();
        }
    }
}
