//! One at a time: an object's alarm and a call may want the same thing done at once.

use std::cell::Cell;

/// Held while something is under way; let go even by a panic.
pub struct Alone<'a>(&'a Cell<bool>);

impl<'a> Alone<'a> {
    /// Begins, unless it is under way already.
    pub fn begin(is_under_way: &'a Cell<bool>) -> Option<Self> {
        (!is_under_way.replace(true)).then_some(Self(is_under_way))
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
