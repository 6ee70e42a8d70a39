//! Where a record is: its byte position in the whole log.

use std::fmt;

/// A byte position in the log: the base of a chunk plus a position in its file. Grows with every record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(u64);

impl Offset {
    /// The beginning: a reader from here starts at the oldest chunk there is.
    pub const START: Self = Self(0);

    /// An offset that was stored as a number.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number to store.
    pub const fn get(self) -> u64 {
        self.0
    }

    pub(crate) const fn plus(self, bytes: u64) -> Self {
        Self(self.0 + bytes)
    }

    /// Bytes from `base` to here; 0 when `base` lies behind.
    pub(crate) const fn since(self, base: Self) -> u64 {
        self.0.saturating_sub(base.0)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
