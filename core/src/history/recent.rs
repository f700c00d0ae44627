//! The events that are kept in detail, by order key. What they have in common is kept once.

use std::cmp::Ordering;

use crate::config::Version;
use crate::event::EventId;
use crate::judge::{Deed, Judged};
use crate::order::{OrderKey, Verdict};
use crate::pool::Pool;
use crate::time::Millis;

use super::entry::{Entry, Exported};

/// Events, and the pools that they refer to.
#[derive(Debug, Clone, Default)]
pub(super) struct Recent {
    /// Visitors, page loads and profiles.
    pub(super) texts: Pool<String>,
    pub(super) origins: Pool<Origin>,
    pub(super) deeds: Pool<Judged>,
    pub(super) events: Vec<Kept>,
}

/// Where an event is from. Texts by place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Origin {
    /// Whose: empty for the owner's own.
    pub(super) visitor: u32,
    /// That visitor is somebody else's.
    pub(super) is_stranger: bool,
    /// Its page load, or all of its id.
    pub(super) load: u32,
    /// The load is all of its id.
    pub(super) is_whole: bool,
    pub(super) is_page: bool,
    /// The profile it names.
    pub(super) profile: Option<u32>,
    pub(super) config: Version,
}

/// An event as it is kept. Origin and deed by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) at: Millis,
    pub(super) origin: u32,
    pub(super) number: u32,
    pub(super) deed: u32,
    pub(super) verdict: Option<Verdict>,
}

impl Kept {
    /// Takes what its order says of it, by whichever way that comes first.
    pub(super) fn learn(&mut self, verdict: Verdict) {
        self.verdict = Some(self.verdict.map_or(verdict, |known| known.and(verdict)));
    }
}

/// What stands for a deed that is not there: every place is checked when a row is read.
const NOTHING: &Judged = &Judged { deed: Deed::Presence, meets: Vec::new(), receipts: Vec::new(), values: Vec::new() };

/// The same events, wherever in the pools what they have in common is.
impl PartialEq for Recent {
    fn eq(&self, other: &Self) -> bool {
        let entries = |recent: &Self| recent.events.iter().map(|kept| recent.entry(kept)).collect::<Vec<_>>();
        entries(self) == entries(other)
    }
}

impl Eq for Recent {}

impl Recent {
    /// Takes events of a visitor, each where it belongs.
    pub(super) fn insert(&mut self, visitor: &str, is_stranger: bool, events: Vec<Entry>) {
        if events.is_empty() {
            return;
        }
        let visitor = self.texts.place(visitor);
        for event in events {
            let origin = Origin {
                visitor,
                is_stranger,
                load: self.texts.place(&event.id.load),
                is_whole: event.id.is_whole,
                is_page: event.is_page,
                profile: event.profile.map(|profile| self.texts.place(&profile)),
                config: event.config,
            };
            let origin = self.origins.place_alike(origin);
            let deed = self.deeds.place_alike(event.judged);
            let kept = Kept { at: event.at, origin, number: event.id.number, deed, verdict: event.verdict };
            let place = self.events.partition_point(|other| self.compare(other, &kept).is_lt());
            self.events.insert(place, kept);
        }
    }

    /// Events of one origin that stand beside each other, with numbers in a row.
    pub(super) fn runs(&self) -> impl Iterator<Item = &[Kept]> {
        self.events.chunk_by(|one, next| one.origin == next.origin && Some(next.number) == one.number.checked_add(1))
    }

    pub(super) fn origin(&self, kept: &Kept) -> Origin {
        self.origins.get(kept.origin).copied().unwrap_or_default()
    }

    pub(super) fn judged(&self, kept: &Kept) -> &Judged {
        self.deeds.get(kept.deed).unwrap_or(NOTHING)
    }

    pub(super) fn visitor(&self, kept: &Kept) -> &str {
        self.texts.text(self.origin(kept).visitor)
    }

    pub(super) fn id(&self, kept: &Kept) -> EventId {
        let origin = self.origin(kept);
        EventId { load: self.texts.text(origin.load).to_owned(), number: kept.number, is_whole: origin.is_whole }
    }

    pub(super) fn key(&self, kept: &Kept) -> OrderKey {
        let is_page = self.origin(kept).is_page;
        OrderKey { at: kept.at, is_page, id: self.id(kept), visitor: self.visitor(kept).to_owned() }
    }

    pub(super) fn entry(&self, kept: &Kept) -> Entry {
        let origin = self.origin(kept);
        Entry {
            at: kept.at,
            id: self.id(kept),
            is_page: origin.is_page,
            profile: origin.profile.map(|place| self.texts.text(place).to_owned()),
            config: origin.config,
            judged: self.judged(kept).clone(),
            verdict: kept.verdict,
        }
    }

    pub(super) fn exported(&self, kept: &Kept) -> Exported {
        Exported {
            id: self.id(kept).to_string(),
            at: kept.at,
            visitor: Some(self.visitor(kept).to_owned()).filter(|visitor| !visitor.is_empty()),
            in_page: self.origin(kept).is_page,
            was: self.judged(kept).deed.clone(),
        }
    }

    /// The place of the event of this key.
    pub(super) fn place_of(&self, key: &OrderKey) -> Option<usize> {
        let from = self.events.partition_point(|kept| kept.at < key.at);
        let same_time = self.events[from..].iter().take_while(|kept| kept.at == key.at);
        same_time.enumerate().find(|(_, kept)| self.key(kept) == *key).map(|(place, _)| from + place)
    }

    /// Forgets a visitor's events.
    pub(super) fn release(&mut self, visitor: &str) {
        let mut events = std::mem::take(&mut self.events);
        events.retain(|kept| self.visitor(kept) != visitor);
        self.events = events;
    }

    /// Forgets what no kept event refers to any more. `others` are further places of texts, which are kept too.
    pub(super) fn forget(&mut self, others: &mut [u32]) {
        self.deeds.keep(self.events.iter_mut().map(|kept| &mut kept.deed));
        self.origins.keep(self.events.iter_mut().map(|kept| &mut kept.origin));
        let mut places = Vec::new();
        for origin in self.origins.iter_mut() {
            places.extend([&mut origin.visitor, &mut origin.load]);
            places.extend(&mut origin.profile);
        }
        self.texts.keep(places.into_iter().chain(others.iter_mut()));
    }

    fn compare(&self, one: &Kept, other: &Kept) -> Ordering {
        one.at.cmp(&other.at).then_with(|| self.key(one).compare(&self.key(other)))
    }
}
