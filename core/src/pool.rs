//! What many entries of a list have in common, kept once: they refer to it by its place.

use serde::{Deserialize, Serialize};

/// So many of the latest are looked through for one that is alike: who adds many different ones does not wait.
const ALIKE_AMONG: usize = 32;

/// Things by place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pool<T>(Vec<T>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Pool<T> {
    /// What is at a place.
    pub fn get(&self, place: u32) -> Option<&T> {
        self.0.get(place as usize)
    }

    /// Whether something is at a place.
    pub fn has(&self, place: u32) -> bool {
        (place as usize) < self.0.len()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// All of them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut()
    }

    /// The place of the latest of which this holds, among the last so many.
    pub fn find(&self, among: usize, is_it: impl Fn(&T) -> bool) -> Option<u32> {
        let place = self.0.iter().rev().take(among).position(is_it)?;
        u32::try_from(self.0.len() - 1 - place).ok()
    }

    fn add(&mut self, item: T) -> u32 {
        self.0.push(item);
        u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX)
    }

    /// Forgets what none of these places refers to, and makes them refer to where the rest is now.
    pub fn keep<'a>(&mut self, places: impl Iterator<Item = &'a mut u32>) {
        let mut before: Vec<Option<T>> = std::mem::take(&mut self.0).into_iter().map(Some).collect();
        let mut moved = vec![0; before.len()];
        for place in places {
            let Some(item) = before.get_mut(*place as usize) else { continue };
            if let Some(item) = item.take() {
                moved[*place as usize] = self.add(item);
            }
            *place = moved[*place as usize];
        }
    }
}

impl<T: PartialEq> Pool<T> {
    /// The place of one that is alike, among the latest; else it is added.
    pub fn place_alike(&mut self, item: T) -> u32 {
        self.find(ALIKE_AMONG, |known| *known == item).unwrap_or_else(|| self.add(item))
    }
}

impl Pool<String> {
    /// The place of a text, new or known.
    pub fn place(&mut self, text: &str) -> u32 {
        self.known(text).unwrap_or_else(|| self.add(text.to_owned()))
    }

    /// The place of a text that is known.
    pub fn known(&self, text: &str) -> Option<u32> {
        self.find(usize::MAX, |known| known == text)
    }

    /// The text at a place.
    pub fn text(&self, place: u32) -> &str {
        self.get(place).map_or("", String::as_str)
    }
}
