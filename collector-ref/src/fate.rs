//! What becomes of an event, exactly one of these.

use std::ops::{Add, AddAssign};

/// The final fate of an event that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// In the log.
    Stored,
    /// In the log already, or in the quarantine already.
    Duplicate,
    /// In the quarantine, with its payload.
    Quarantined {
        /// The broken rule, a stable word.
        reason: &'static str,
        /// What was expected and what was found.
        detail: String,
    },
    /// Dropped on purpose: its user asked not to be recorded.
    Suppressed,
    /// Not taken; the sender has it still and was told so.
    Rejected,
}

/// A [`Fate`] without its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Stored,
    Duplicate,
    Quarantined,
}

/// Counts of fates. `received` is always the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Ledger {
    /// Events that came in. A body that cannot be taken apart counts as one.
    pub received: u64,
    /// Events in the log.
    pub stored: u64,
    /// Events in the quarantine.
    pub quarantined: u64,
    /// Events dropped on purpose.
    pub suppressed: u64,
    /// Events that were there already.
    pub duplicate: u64,
    /// Events that the sender has still.
    pub rejected: u64,
}

impl Ledger {
    /// Counts one event.
    pub(crate) fn count(&mut self, mark: Mark) {
        self.received += 1;
        *match mark {
            Mark::Stored => &mut self.stored,
            Mark::Duplicate => &mut self.duplicate,
            Mark::Quarantined => &mut self.quarantined,
        } += 1;
    }

    /// Counts events that nobody looked at: their sender has them still.
    pub(crate) fn reject(&mut self, events: u64) {
        self.received += events;
        self.rejected += events;
    }

    /// Whether every event has a fate.
    pub const fn adds_up(&self) -> bool {
        self.received == self.stored + self.quarantined + self.suppressed + self.duplicate + self.rejected
    }

    /// All of these events went back to their senders after all.
    #[must_use]
    pub const fn turned_away(self) -> Self {
        Self {
            received: self.received,
            rejected: self.received,
            stored: 0,
            quarantined: 0,
            suppressed: 0,
            duplicate: 0,
        }
    }
}

impl Add for Ledger {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            received: self.received + other.received,
            stored: self.stored + other.stored,
            quarantined: self.quarantined + other.quarantined,
            suppressed: self.suppressed + other.suppressed,
            duplicate: self.duplicate + other.duplicate,
            rejected: self.rejected + other.rejected,
        }
    }
}

impl AddAssign for Ledger {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
