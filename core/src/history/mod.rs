//! A person's events in order: the older ones folded into a checkpoint, the later ones kept.
//!
//! An event that arrives late is put where it belongs and the fold runs again from the checkpoint. So the figures depend
//! on the set of accepted events alone.

mod close;
mod columns;
mod entry;
mod recent;

use serde::{Deserialize, Serialize};

pub use close::{KEEP_EVENTS, KEEP_FOR};
pub use entry::{Entry, Exported};

use crate::facts::Facts;
use crate::fold::{Fold, Happening, Teller};
use crate::judge::{Deed, Rules};
use crate::order::{OrderKey, Verdict};
use crate::pool::Pool;
use crate::seen::Seen;
use crate::time::Millis;
use recent::{Kept, Recent};

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
    checkpoint: Option<Checkpoint>,
    recent: Recent,
}

/// Everything up to a time, that included, folded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Checkpoint {
    at: Millis,
    fold: Fold,
}

impl History {
    /// An empty history.
    pub fn of(owner: Owner) -> Self {
        Self { owner, ..Self::default() }
    }

    /// The end of what is folded into the checkpoint.
    pub fn closed_at(&self) -> Option<Millis> {
        self.checkpoint.as_ref().map(|checkpoint| checkpoint.at)
    }

    /// When the latest event happened, as far as any is kept.
    pub fn latest(&self) -> Option<Millis> {
        self.recent.events.last().map(|kept| kept.at).or(self.closed_at())
    }

    /// When the oldest event happened that is kept in detail.
    pub fn oldest(&self) -> Option<Millis> {
        self.recent.events.first().map(|kept| kept.at)
    }

    /// What happened in pages after a time, and the profile that each event names.
    pub fn page_deeds_since(&self, since: Millis) -> impl Iterator<Item = (&Deed, Option<&str>)> {
        let from = self.recent.events.partition_point(|kept| kept.at <= since);
        let pages = self.recent.events[from..].iter().map(|kept| (self.recent.origin(kept), kept));
        let pages = pages.filter(|(origin, _)| origin.is_page);
        let named = |place| self.recent.texts.text(place);
        pages.map(move |(origin, kept)| (&self.recent.judged(kept).deed, origin.profile.map(named)))
    }

    /// Every figure that follows from it.
    pub fn facts(&self, rules: &Rules) -> Facts {
        self.folded(rules).facts(rules)
    }

    /// The profile that a visitor belongs to by its earliest identify, here.
    pub fn profile_of(&self, visitor: &str) -> Option<&str> {
        let folded = self.checkpoint.as_ref().and_then(|checkpoint| checkpoint.fold.profile_of(visitor));
        folded.or_else(|| {
            if !self.recent.deeds.iter().any(|judged| matches!(judged.deed, Deed::Identify { .. })) {
                return None;
            }
            self.recent.events.iter().find_map(|kept| match &self.recent.judged(kept).deed {
                Deed::Identify { profile } if self.recent.visitor(kept) == visitor => Some(profile.as_str()),
                _ => None,
            })
        })
    }

    /// Takes events of a visitor (of the owner itself where the text is empty), each where it belongs.
    pub fn insert(&mut self, visitor: &str, is_stranger: bool, events: Vec<Entry>) {
        self.recent.insert(visitor, is_stranger, events);
    }

    /// Takes events and gives what changed in the figures.
    pub fn take(&mut self, visitor: &str, is_stranger: bool, events: Vec<Entry>, rules: &Rules) -> Facts {
        let Some(first) = events.iter().map(|event| event.at).min() else { return Facts::default() };
        self.change_from(first, rules, |recent| recent.insert(visitor, is_stranger, events))
    }

    /// Changes events of a time and later, and gives the difference that makes to the figures. What comes before is folded
    /// once: its figures are the same on both sides.
    fn change_from(&mut self, at: Millis, rules: &Rules, change: impl FnOnce(&mut Recent)) -> Facts {
        let known = self.recent.events.partition_point(|kept| kept.at < at);
        let mut fold = self.closed();
        self.step(&mut fold, &self.recent.events[..known], rules);
        fold.close();
        let later = &self.recent.events[known..];
        let before = if later.is_empty() {
            fold.facts(rules)
        } else {
            let mut unchanged = fold.clone();
            self.step(&mut unchanged, later, rules);
            unchanged.facts(rules)
        };
        change(&mut self.recent);
        self.step(&mut fold, &self.recent.events[known..], rules);
        let mut facts = fold.facts(rules);
        facts.subtract(&before);
        facts
    }

    /// All events of a visitor that are kept.
    pub fn entries(&self, visitor: &str) -> Vec<Entry> {
        let of_visitor = self.recent.events.iter().filter(|kept| self.recent.visitor(kept) == visitor);
        of_visitor.map(|kept| self.recent.entry(kept)).collect()
    }

    /// Forgets a visitor that turned out to be somebody else's.
    pub fn release(&mut self, visitor: &str) {
        self.recent.release(visitor);
        if let Some(checkpoint) = &mut self.checkpoint {
            checkpoint.fold.release(visitor);
        }
    }

    /// Writes down what an order came to, and gives the difference that makes to the figures. None where the event is
    /// folded already or was never here.
    pub fn amend(&mut self, key: &OrderKey, verdict: Verdict, rules: &Rules) -> Option<Facts> {
        let place = self.recent.place_of(key)?;
        Some(self.change_from(key.at, rules, |recent| recent.events[place].learn(verdict)))
    }

    /// Writes down what an order came to, where somebody else makes the figures.
    pub fn note(&mut self, key: &OrderKey, verdict: Verdict) {
        if let Some(place) = self.recent.place_of(key) {
            self.recent.events[place].learn(verdict);
        }
    }

    /// Whether anything is known of a visitor.
    pub fn knows(&self, visitor: &str) -> bool {
        self.recent.events.iter().any(|kept| self.recent.visitor(kept) == visitor) || self.has_folded(visitor)
    }

    /// Whether anything of a visitor of the person is folded.
    pub fn has_folded(&self, visitor: &str) -> bool {
        self.checkpoint.iter().any(|checkpoint| checkpoint.fold.visitors().any(|known| known == visitor))
    }

    /// Whether a visitor is the person's, by what is kept.
    pub fn has_member(&self, visitor: &str) -> bool {
        let is_its = |kept: &Kept| !self.recent.origin(kept).is_stranger && self.recent.visitor(kept) == visitor;
        self.has_folded(visitor) || self.recent.events.iter().any(is_its)
    }

    /// The profiles that events name, of what is kept.
    pub fn profiles_named(&self) -> Vec<String> {
        let named = self.recent.events.iter().filter_map(|kept| self.recent.origin(kept).profile);
        let mut named: Vec<&str> = named.map(|place| self.recent.texts.text(place)).collect();
        named.sort_unstable();
        named.dedup();
        named.into_iter().map(str::to_owned).collect()
    }

    /// The profile that an event names.
    pub fn profile_named_by(&self, key: &OrderKey) -> Option<String> {
        let named = self.recent.origin(&self.recent.events[self.recent.place_of(key)?]).profile?;
        Some(self.recent.texts.text(named).to_owned())
    }

    /// The person's visitors, of what is kept.
    pub fn visitors(&self) -> Vec<String> {
        let ours = self.recent.events.iter().filter(|kept| !self.recent.origin(kept).is_stranger);
        let ours = ours.map(|kept| self.recent.visitor(kept));
        let folded = self.checkpoint.iter().flat_map(|checkpoint| checkpoint.fold.visitors());
        let mut visitors: Vec<&str> = ours.chain(folded).filter(|visitor| !visitor.is_empty()).collect();
        visitors.sort_unstable();
        visitors.dedup();
        visitors.into_iter().map(str::to_owned).collect()
    }

    /// Every event that is kept, for whom it is about.
    pub fn export(&self) -> Vec<Exported> {
        self.recent.events.iter().map(|kept| self.recent.exported(kept)).collect()
    }

    /// Page loads and other texts, that what was seen refers to as well.
    pub fn texts(&mut self) -> &mut Pool<String> {
        &mut self.recent.texts
    }

    /// What the kept events tell of what was seen: a profile's own, all of a visitor's.
    pub fn told(&self) -> Seen {
        let is_visitor = self.owner == Owner::Visitor;
        let mut told = Seen::default();
        for run in self.recent.runs() {
            let origin = self.recent.origin(&run[0]);
            if !is_visitor && !self.recent.visitor(&run[0]).is_empty() {
                continue;
            }
            if origin.is_whole {
                for kept in run {
                    told.add_other(self.recent.texts.text(origin.load), kept.at);
                }
            } else {
                let last = &run[run.len() - 1];
                told.add_run(origin.load, (run[0].number, last.number), last.at);
            }
        }
        told
    }

    fn folded(&self, rules: &Rules) -> Fold {
        let mut fold = self.closed();
        self.step(&mut fold, &self.recent.events, rules);
        fold
    }

    /// The fold of what is closed.
    fn closed(&self) -> Fold {
        self.checkpoint.as_ref().map(|checkpoint| checkpoint.fold.clone()).unwrap_or_default()
    }

    fn step(&self, fold: &mut Fold, events: &[Kept], rules: &Rules) {
        let happenings: Vec<Happening<'_>> = events.iter().map(|kept| self.happening(kept)).collect();
        let mut rest = happenings.as_slice();
        for moment in events.chunk_by(|one, next| one.at == next.at) {
            let (happenings, others) = rest.split_at(moment.len());
            fold.step(moment[0].at, happenings, rules);
            rest = others;
        }
    }

    fn happening(&self, kept: &Kept) -> Happening<'_> {
        let (origin, visitor, judged) = (self.recent.origin(kept), self.recent.visitor(kept), self.recent.judged(kept));
        let teller = match &self.owner {
            Owner::Nobody => Teller::Nobody,
            _ if visitor.is_empty() => Teller::Profile,
            _ if origin.is_stranger => Teller::Stranger(visitor),
            _ => Teller::Visitor(visitor),
        };
        let named = origin.profile.map(|place| self.recent.texts.text(place));
        let is_identify = matches!(&judged.deed, Deed::Identify { profile } if self.owner.is(profile));
        let names_profile = is_identify || named.is_some_and(|profile| self.owner.is(profile));
        let (is_page, config, verdict) = (origin.is_page, origin.config, kept.verdict);
        Happening { teller, is_page, names_profile, config, judged, verdict }
    }
}

impl Owner {
    fn is(&self, profile: &str) -> bool {
        matches!(self, Self::Profile(own) if own == profile)
    }
}
