//! Bytes inside the log that are no record and should be one.

use std::fmt;

use crate::Offset;

/// A byte range that should hold records and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The chunk file, by name.
    pub file: String,
    /// Where the damage starts, in the log.
    pub offset: Offset,
    /// Where it starts in the file, bytes.
    pub position: u64,
    /// How many bytes are damaged.
    pub bytes: u64,
    /// What comes after them.
    pub resume: Resume,
}

/// What a reader finds behind a damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// A valid record of the same chunk, at this offset.
    Record(Offset),
    /// Nothing more in this chunk; the next chunk, when there is one.
    Chunk,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, offset, position, bytes, resume } = self;
        write!(f, "{bytes} damaged bytes in {file} at byte {position} (offset {offset}), ")?;
        match resume {
            Resume::Record(next) => write!(f, "the next valid record is at offset {next}"),
            Resume::Chunk => write!(f, "nothing valid follows in this chunk"),
        }
    }
}
