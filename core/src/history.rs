//! A person's events in order: the older ones folded into a checkpoint, the later ones kept.
//!
//! An event that arrives late is put where it belongs and the fold runs again from the checkpoint. So the figures depend
//! on the set of accepted events alone.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::Version;
use crate::event::EventId;
use crate::facts::{Entity, Facts, Metric};
use crate::fold::{Fold, Happening, Teller};
use crate::judge::{Deed, Judged, OrderId, Rules};
use crate::message::{Address, Envelope, Message};
use crate::order::{OrderKey, Place, Verdict};
use crate::time::{DAY, Millis};
use crate::wire::Reason;

/// Detail is kept this far behind a person's latest event.
pub const KEEP_FOR: Millis = 60 * DAY;
/// At most this many events are kept in detail.
pub const KEEP_EVENTS: usize = 10_000;

/// Events that are folded into the checkpoint at once, about.
const PIECE: usize = 100;

/// An accepted event as it travels between actors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Millis,
    /// Its id.
    pub id: EventId,
    /// It happened in a page.
    pub is_page: bool,
    /// The profile it names.
    pub profile: Option<String>,
    /// The configuration it was accepted under.
    pub config: Version,
    /// What it was.
    pub judged: Judged,
    /// What its order came to.
    pub verdict: Option<Verdict>,
}

/// An event as it is given out to whom it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Its id.
    pub id: String,
    /// When, ms.
    pub at: Millis,
    /// Whose, if not the profile's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor: Option<String>,
    /// It happened in a page.
    pub in_page: bool,
    /// What it was: numbers are those of the configuration.
    pub was: Deed,
}

/// Whose history it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owner {
    /// An anonymous visitor's: it alone tells.
    #[default]
    Visitor,
    /// A profile's.
    Profile(String),
    /// Nobody's: the site's totals only.
    Nobody,
}

/// A person's history, as stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    owner: Owner,
    /// Visitors, page loads and profiles, that the events refer to by place.
    texts: Vec<String>,
    /// Everything up to `closed_at`, folded.
    checkpoint: Fold,
    closed_at: Option<Millis>,
    /// Events after the checkpoint, by order key.
    recent: Vec<Kept>,
}

/// An event as it is kept. Whose it is: 0 the owner's own, else a visitor's text, and whether that is a stranger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    at: Millis,
    visitor: u32,
    is_stranger: bool,
    load: u32,
    number: u32,
    is_whole: bool,
    is_page: bool,
    profile: Option<u32>,
    config: Version,
    judged: Judged,
    verdict: Option<Verdict>,
}

impl History {
    /// An empty history.
    pub fn of(owner: Owner) -> Self {
        Self { owner, texts: vec![String::new()], ..Self::default() }
    }

    /// The end of what is folded into the checkpoint.
    pub fn closed_at(&self) -> Option<Millis> {
        self.closed_at
    }

    /// When the latest event happened, as far as any is kept.
    pub fn latest(&self) -> Option<Millis> {
        self.recent.last().map(|kept| kept.at).or(self.closed_at)
    }

    /// Whether an event that is kept in detail is an order of the person's own.
    pub fn has_orders(&self) -> bool {
        self.recent.iter().any(|kept| !kept.is_stranger && kept.judged.is_order())
    }

    /// Every figure that follows from it.
    pub fn facts(&self, rules: &Rules) -> Facts {
        self.folded(rules).facts(rules)
    }

    /// The profile that a visitor belongs to by its earliest identify, here.
    pub fn profile_of(&self, visitor: &str) -> Option<&str> {
        self.checkpoint.profile_of(visitor).or_else(|| {
            self.recent.iter().find_map(|kept| match &kept.judged.deed {
                Deed::Identify { profile } if self.text(kept.visitor) == visitor => Some(profile.as_str()),
                _ => None,
            })
        })
    }

    /// Takes events of a visitor (of the owner itself where the text is empty), each where it belongs.
    pub fn insert(&mut self, visitor: &str, is_stranger: bool, events: Vec<Entry>) {
        let visitor = self.intern(visitor);
        for event in events {
            let kept = Kept {
                at: event.at,
                visitor,
                is_stranger,
                load: self.intern(&event.id.load),
                number: event.id.number,
                is_whole: event.id.is_whole,
                is_page: event.is_page,
                profile: event.profile.map(|profile| self.intern(&profile)),
                config: event.config,
                judged: event.judged,
                verdict: event.verdict,
            };
            let place = self.recent.partition_point(|other| self.compare(other, &kept).is_lt());
            self.recent.insert(place, kept);
        }
    }

    /// Takes events and gives what changed in the figures. What comes after everything known goes on from there; anything
    /// else is folded in its place.
    pub fn take(&mut self, visitor: &str, is_stranger: bool, events: Vec<Entry>, rules: &Rules) -> Facts {
        if events.is_empty() {
            return Facts::default();
        }
        let mut fold = self.folded(rules);
        let before = fold.facts(rules);
        let known = self.recent.len();
        let latest = self.recent.last().map(|kept| kept.at);
        let is_later = latest.is_none_or(|latest| events.iter().all(|event| event.at > latest));
        self.insert(visitor, is_stranger, events);
        if is_later {
            self.step(&mut fold, &self.recent[known..], rules);
        } else {
            fold = self.folded(rules);
        }
        let mut facts = fold.facts(rules);
        facts.subtract(&before);
        facts
    }

    /// All events of a visitor that are kept.
    pub fn entries(&self, visitor: &str) -> Vec<Entry> {
        self.recent.iter().filter(|kept| self.text(kept.visitor) == visitor).map(|kept| self.entry(kept)).collect()
    }

    /// What was folded, and until when.
    pub fn checkpoint(&self) -> Option<(Box<Fold>, Millis)> {
        Some((Box::new(self.checkpoint.clone()), self.closed_at?))
    }

    /// Folds what is not later than a time. The figures stay with whoever counts them: those of what is folded have left.
    pub fn close_until(&mut self, until: Millis, rules: &Rules) -> Vec<Envelope> {
        self.close_first(self.recent.partition_point(|kept| kept.at <= until), rules)
    }

    /// Takes in the closed part of a visitor that joins, after what is as old here was closed.
    pub fn absorb(&mut self, fold: Fold, closed_at: Millis) {
        self.checkpoint.absorb(fold);
        self.closed_at = self.closed_at.max(Some(closed_at));
    }

    /// Events from before the checkpoint, which joined too late to change any credit: their sessions, orders and net
    /// values count. Gives the figures they bring, and what their orders need to know.
    pub fn add_late(&mut self, visitor: &str, events: &[Entry], rules: &Rules) -> (Facts, Vec<Envelope>) {
        let mut late = Self::of(self.owner.clone());
        late.insert(visitor, false, events.to_vec());
        for kept in &mut late.recent {
            kept.judged.receipts.clear();
            if matches!(kept.judged.deed, Deed::Click(_) | Deed::Hover { .. } | Deed::Execution { .. }) {
                kept.judged.deed = Deed::Presence;
            }
        }
        let messages = late.orders_of(&late.recent, rules);
        let mut fold = late.folded(rules);
        let mut facts = fold.facts(rules);
        fold.close();
        facts.subtract(&fold.facts(rules));
        if self.visitors().iter().any(|known| known == visitor) {
            for figures in facts.0.values_mut() {
                figures.remove(&Metric::Visitors);
            }
            facts.0.retain(|_, figures| !figures.is_empty());
        }
        self.checkpoint.absorb(fold);
        if let Some(first) = events.first() {
            let metric = Metric::Diagnostic(Reason::LateCredit);
            facts.add(rules.zone().day(first.at), Entity::Site, metric, i128::try_from(events.len()).unwrap_or(0));
        }
        (facts, messages)
    }

    /// Forgets a visitor that turned out to be somebody else's.
    pub fn release(&mut self, visitor: &str) {
        let texts = &self.texts;
        let text = |place: u32| texts.get(place as usize).map_or("", String::as_str);
        self.recent.retain(|kept| text(kept.visitor) != visitor);
        self.checkpoint.release(visitor);
    }

    /// Writes down what an order came to. False where the event is folded already or was never here.
    pub fn amend(&mut self, key: &OrderKey, verdict: Verdict) -> bool {
        let place = self.place_of(key);
        if let Some(place) = place {
            self.recent[place].verdict = Some(verdict);
        }
        place.is_some()
    }

    /// What happened in pages after a time, and the profile that each event names.
    pub fn page_deeds_since(&self, since: Millis) -> impl Iterator<Item = (&Deed, Option<&str>)> {
        let from = self.recent.partition_point(|kept| kept.at <= since);
        let pages = self.recent[from..].iter().filter(|kept| kept.is_page);
        pages.map(|kept| (&kept.judged.deed, kept.profile.map(|place| self.text(place))))
    }

    /// The profile that an event names.
    pub fn profile_named_by(&self, key: &OrderKey) -> Option<String> {
        let named = self.recent[self.place_of(key)?].profile?;
        Some(self.text(named).to_owned())
    }

    fn place_of(&self, key: &OrderKey) -> Option<usize> {
        let from = self.recent.partition_point(|kept| kept.at < key.at);
        let same_time = self.recent[from..].iter().take_while(|kept| kept.at == key.at);
        same_time.enumerate().find(|(_, kept)| self.key(kept) == *key).map(|(place, _)| from + place)
    }

    /// Folds what is old into the checkpoint, never parting events of one millisecond. Gives what orders need to know
    /// about it, if `governs`: the figures are made here.
    pub fn close(&mut self, governs: bool, rules: &Rules) -> Vec<Envelope> {
        let Some(latest) = self.recent.last() else { return Vec::new() };
        let by_age = self.recent.partition_point(|kept| kept.at < latest.at - KEEP_FOR);
        let by_number = self.recent.len().saturating_sub(KEEP_EVENTS);
        let Some(last) = by_age.max(by_number).checked_sub(1) else { return Vec::new() };
        let closed_at = self.recent[last].at;
        let messages = self.close_first(self.recent.partition_point(|kept| kept.at <= closed_at), rules);
        if governs { messages } else { Vec::new() }
    }

    /// Folds everything into the checkpoint. Gives what orders need to know about it.
    pub fn close_all(&mut self, rules: &Rules) -> Vec<Envelope> {
        self.close_first(self.recent.len(), rules)
    }

    /// Folds the older half into the checkpoint, never parting events of one millisecond.
    pub fn close_half(&mut self, rules: &Rules) -> Vec<Envelope> {
        let Some(middle) = self.recent.get(self.recent.len() / 2).map(|kept| kept.at) else { return Vec::new() };
        self.close_first(self.recent.partition_point(|kept| kept.at <= middle), rules)
    }

    /// The person's visitors, of what is kept.
    pub fn visitors(&self) -> Vec<String> {
        let ours = self.recent.iter().filter(|kept| !kept.is_stranger).map(|kept| self.text(kept.visitor).to_owned());
        let mut visitors: Vec<String> = ours.chain(self.checkpoint.visitors().map(str::to_owned)).collect();
        visitors.sort_unstable();
        visitors.dedup();
        visitors.retain(|visitor| !visitor.is_empty());
        visitors
    }

    /// Every event that is kept, for whom it is about.
    pub fn export(&self) -> Vec<Exported> {
        let exported = |kept: &Kept| Exported {
            id: self.id(kept).to_string(),
            at: kept.at,
            visitor: Some(self.text(kept.visitor).to_owned()).filter(|visitor| !visitor.is_empty()),
            in_page: kept.is_page,
            was: kept.judged.deed.clone(),
        };
        self.recent.iter().map(exported).collect()
    }

    /// Piece by piece, since where an order has its net value is found by folding its piece again.
    fn close_first(&mut self, count: usize, rules: &Rules) -> Vec<Envelope> {
        let mut messages = Vec::new();
        let mut left = count;
        while left > 0 {
            let Some(last) = self.recent.get(left.min(PIECE) - 1) else { break };
            let closed_at = last.at;
            let piece = self.recent.partition_point(|kept| kept.at <= closed_at);
            let closed: Vec<Kept> = self.recent.drain(..piece).collect();
            messages.extend(self.orders_of(&closed, rules));
            let mut checkpoint = std::mem::take(&mut self.checkpoint);
            self.step(&mut checkpoint, &closed, rules);
            checkpoint.close();
            self.checkpoint = checkpoint;
            self.closed_at = Some(closed_at);
            left = left.saturating_sub(piece);
        }
        self.forget_texts();
        messages
    }

    /// Where each named order among these events has its net value: the figures that change when one unit is refunded.
    fn orders_of(&self, closed: &[Kept], rules: &Rules) -> Vec<Envelope> {
        let counted = |events: &[Kept]| {
            let mut fold = self.checkpoint.clone();
            self.step(&mut fold, events, rules);
            fold.facts(rules)
        };
        let mut messages = Vec::new();
        let mut usual = None;
        for (place, kept) in closed.iter().enumerate() {
            let Deed::Custom { order: Some(OrderId::Named(hash)), .. } = kept.judged.deed else { continue };
            let verdict = kept.verdict.unwrap_or(Verdict { stands: true, refunded: 0 });
            if !verdict.stands {
                continue;
            }
            let mut changed = closed.to_vec();
            changed[place].verdict = Some(Verdict { refunded: verdict.refunded + 1, ..verdict });
            let mut difference = counted(&changed);
            difference.subtract(usual.get_or_insert_with(|| counted(closed)));
            let places: Vec<Place> = difference
                .0
                .iter()
                .flat_map(|((day, entity), figures)| figures.keys().map(|metric| (*day, *entity, *metric)))
                .collect();
            let message = Message::Closed { key: self.key(kept), places, refunded: verdict.refunded };
            messages.push(Envelope { to: Address::Order(hash), message });
        }
        messages
    }

    fn folded(&self, rules: &Rules) -> Fold {
        let mut fold = self.checkpoint.clone();
        self.step(&mut fold, &self.recent, rules);
        fold
    }

    fn step(&self, fold: &mut Fold, events: &[Kept], rules: &Rules) {
        for moment in events.chunk_by(|one, next| one.at == next.at) {
            let happenings: Vec<Happening<'_>> = moment.iter().map(|kept| self.happening(kept)).collect();
            fold.step(moment[0].at, &happenings, rules);
        }
    }

    fn happening<'a>(&'a self, kept: &'a Kept) -> Happening<'a> {
        let visitor = self.text(kept.visitor);
        let teller = match &self.owner {
            Owner::Nobody => Teller::Nobody,
            _ if visitor.is_empty() => Teller::Profile,
            _ if kept.is_stranger => Teller::Stranger(visitor),
            _ => Teller::Visitor(visitor),
        };
        let named = kept.profile.map(|place| self.text(place));
        let is_identify = matches!(&kept.judged.deed, Deed::Identify { profile } if self.owner.is(profile));
        let names_profile = is_identify || named.is_some_and(|profile| self.owner.is(profile));
        let Kept { is_page, config, ref judged, verdict, .. } = *kept;
        Happening { teller, is_page, names_profile, config, judged, verdict }
    }

    fn entry(&self, kept: &Kept) -> Entry {
        Entry {
            at: kept.at,
            id: self.id(kept),
            is_page: kept.is_page,
            profile: kept.profile.map(|place| self.text(place).to_owned()),
            config: kept.config,
            judged: kept.judged.clone(),
            verdict: kept.verdict,
        }
    }

    fn id(&self, kept: &Kept) -> EventId {
        EventId { load: self.text(kept.load).to_owned(), number: kept.number, is_whole: kept.is_whole }
    }

    fn key(&self, kept: &Kept) -> OrderKey {
        let (id, visitor) = (self.id(kept), self.text(kept.visitor).to_owned());
        OrderKey { at: kept.at, is_page: kept.is_page, id, visitor }
    }

    fn compare(&self, one: &Kept, other: &Kept) -> Ordering {
        one.at.cmp(&other.at).then_with(|| self.key(one).compare(&self.key(other)))
    }

    fn text(&self, place: u32) -> &str {
        self.texts.get(place as usize).map_or("", String::as_str)
    }

    fn intern(&mut self, text: &str) -> u32 {
        let place = self.texts.iter().rposition(|known| known == text).unwrap_or_else(|| {
            self.texts.push(text.to_owned());
            self.texts.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// Forgets texts that no kept event refers to.
    fn forget_texts(&mut self) {
        let mut places = BTreeMap::from([(0, 0)]);
        let mut texts = vec![String::new()];
        for kept in &mut self.recent {
            let mut moved = |place: &mut u32| {
                let known = &self.texts;
                *place = *places.entry(*place).or_insert_with(|| {
                    texts.push(known.get(*place as usize).cloned().unwrap_or_default());
                    u32::try_from(texts.len() - 1).unwrap_or(u32::MAX)
                });
            };
            moved(&mut kept.visitor);
            moved(&mut kept.load);
            if let Some(profile) = &mut kept.profile {
                moved(profile);
            }
        }
        self.texts = texts;
    }
}

impl Owner {
    fn is(&self, profile: &str) -> bool {
        matches!(self, Self::Profile(own) if own == profile)
    }
}
