//! Histories of visitors whose visit is under way: their next batch comes within seconds, and need not read the table.
//!
//! An object's memory is lost with the object, and nobody else writes its table: what is here is what the table holds. A
//! turn takes a history out and puts the next one in once it stands; after a turn that failed, the table is read.

use std::collections::HashMap;

/// Stored bytes of a generation. An isolate has 128 MB, and may hold many shards.
const GENERATION_BYTES: usize = 512 * 1024;

/// Two generations: when the younger is full, the older is forgotten.
#[derive(Debug, Default)]
pub struct Visiting {
    young: HashMap<String, Vec<u8>>,
    young_bytes: usize,
    old: HashMap<String, Vec<u8>>,
}

impl Visiting {
    /// Takes a history out, if it is here.
    pub fn take(&mut self, visitor: &str) -> Option<Vec<u8>> {
        if let Some(history) = self.young.remove(visitor) {
            self.young_bytes -= visitor.len() + history.len();
            return Some(history);
        }
        self.old.remove(visitor)
    }

    /// Puts in what the table holds.
    pub fn keep(&mut self, visitor: String, history: Vec<u8>) {
        self.take(&visitor);
        let bytes = visitor.len() + history.len();
        if self.young_bytes + bytes > GENERATION_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        if bytes <= GENERATION_BYTES {
            self.young_bytes += bytes;
            self.young.insert(visitor, history);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_taken_once() {
        let mut visiting = Visiting::default();
        visiting.keep("ann".to_owned(), vec![1]);
        assert_eq!(visiting.take("ann"), Some(vec![1]));
        assert_eq!(visiting.take("ann"), None);
    }

    #[test]
    fn the_latest_history_is_the_one_that_is_found() {
        let mut visiting = Visiting::default();
        visiting.keep("ann".to_owned(), vec![1]);
        visiting.keep("bob".to_owned(), vec![0; GENERATION_BYTES - 3]);
        visiting.keep("ann".to_owned(), vec![2]);
        assert_eq!(visiting.take("ann"), Some(vec![2]));
        assert_eq!(visiting.take("ann"), None);
    }

    #[test]
    fn memory_is_bounded_whoever_comes() {
        let mut visiting = Visiting::default();
        for visitor in 0..10_000 {
            visiting.keep(format!("visitor-{visitor}"), vec![0; 1_000]);
        }
        let kept: usize = visiting.young.values().chain(visiting.old.values()).map(Vec::len).sum();
        assert!(kept <= 2 * GENERATION_BYTES, "{kept}");
        assert_eq!(visiting.take("visitor-0"), None);
        assert!(visiting.take("visitor-9999").is_some());
        visiting.keep("large".to_owned(), vec![0; GENERATION_BYTES + 1]);
        assert_eq!(visiting.take("large"), None);
    }
}
