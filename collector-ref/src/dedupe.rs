//! Which events are in the log already.

use rustc_hash::FxHashMap;

/// How far back a repeated event is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// This many hours at least, by the time of receipt.
    Hours(u32),
    /// For ever: every key of the log is in memory (about 32 bytes each). For imports.
    All,
}

/// Keys of recent events and when they came. Exact: a key is a 128-bit hash of write key and message id.
#[derive(Debug)]
pub(crate) struct Recent {
    window_us: Option<i64>,
    seen: FxHashMap<[u8; 16], i64>,
    forget_at: usize,
}

/// Old keys are looked for when so many are held, and again each time that number doubles.
const FORGET_AT: usize = 1 << 20;

impl Recent {
    pub(crate) fn new(window: Window) -> Self {
        let window_us = match window {
            Window::Hours(hours) => Some(i64::from(hours) * 3_600_000_000),
            Window::All => None,
        };
        Self { window_us, seen: FxHashMap::default(), forget_at: FORGET_AT }
    }

    /// The earliest time of receipt that matters.
    pub(crate) fn horizon_us(&self, now_us: i64) -> i64 {
        self.window_us.map_or(i64::MIN, |window| now_us.saturating_sub(window))
    }

    /// Adds a key; whether it is new.
    pub(crate) fn insert(&mut self, key: [u8; 16], at_us: i64) -> bool {
        if self.seen.len() >= self.forget_at {
            let horizon = self.horizon_us(at_us);
            self.seen.retain(|_, seen_us| *seen_us >= horizon);
            self.forget_at = (self.seen.len() * 2).max(FORGET_AT);
        }
        match self.seen.entry(key) {
            std::collections::hash_map::Entry::Occupied(_) => false,
            std::collections::hash_map::Entry::Vacant(slot) => {
                slot.insert(at_us);
                true
            }
        }
    }

    /// Takes a key back whose event did not reach the disk.
    pub(crate) fn remove(&mut self, key: &[u8; 16]) {
        self.seen.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_for_the_window_at_least() {
        let mut recent = Recent::new(Window::Hours(1));
        recent.forget_at = 3;
        let hour = 3_600_000_000;
        assert!(recent.insert([1; 16], 0));
        assert!(recent.insert([2; 16], hour / 2));
        assert!(!recent.insert([1; 16], hour));
        assert!(recent.insert([3; 16], hour));
        assert!(recent.insert([4; 16], hour + 1), "the first is older than an hour and goes");
        assert!(recent.insert([1; 16], hour + 1));
        assert!(!recent.insert([2; 16], hour + 1));
    }
}
