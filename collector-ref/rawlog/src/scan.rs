//! Walking over the bytes of one chunk: a sliding window, the record at a place, the next valid record after damage.

use std::io;

use crate::record::{self, Head, RECORD_HEADER_BYTES};
use crate::{Offset, Record, StorageFile};

const WINDOW_BYTES: usize = 256 * 1024;
/// A record's first non-zero byte is at most this far behind its start: length and checksum are not both zero.
const LEADING_ZEROS_MAX: u64 = 7;

/// What stands at a position of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A valid record of so many bytes in all.
    Record(usize),
    /// Nothing was written here, or the file ends here.
    Blank,
    /// Something that is no record.
    Invalid,
}

/// One chunk file and the part of it that is in memory.
#[derive(Debug)]
pub(crate) struct Scan<F> {
    file: F,
    base: Offset,
    /// Bytes of the file when it was last asked.
    file_bytes: u64,
    start: u64,
    buffer: Vec<u8>,
}

impl<F: StorageFile> Scan<F> {
    pub(crate) fn new(file: F, base: Offset) -> Self {
        Self { file, base, file_bytes: 0, start: 0, buffer: Vec::new() }
    }

    pub(crate) fn base(&self) -> Offset {
        self.base
    }

    pub(crate) fn file_mut(&mut self) -> &mut F {
        &mut self.file
    }

    /// Asks the file for its length, and drops what is in memory: a writer may have written more meanwhile.
    pub(crate) fn refresh(&mut self) -> io::Result<u64> {
        self.buffer.clear();
        self.file_bytes = self.file.bytes()?;
        Ok(self.file_bytes)
    }

    /// Up to `want` bytes from a position; fewer only where the file ends.
    pub(crate) fn bytes(&mut self, position: u64, want: usize) -> io::Result<&[u8]> {
        let held = position.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        let at = match held {
            Some(at) if at + want <= self.buffer.len() => at,
            _ => {
                self.buffer.resize(want.max(WINDOW_BYTES), 0);
                self.start = position;
                match self.file.read_at(position, &mut self.buffer) {
                    Ok(count) => self.buffer.truncate(count),
                    Err(error) => {
                        self.buffer.clear();
                        return Err(error);
                    }
                }
                0
            }
        };
        let end = self.buffer.len().min(at + want);
        Ok(&self.buffer[at..end])
    }

    /// Looks for a record at a position, by the length of the file at the last [`refresh`](Self::refresh); its bytes
    /// are in memory afterwards.
    pub(crate) fn look(&mut self, position: u64) -> io::Result<Found> {
        let room = self.file_bytes.saturating_sub(position);
        let total = match record::head(self.bytes(position, RECORD_HEADER_BYTES)?, room) {
            Head::Blank => return Ok(Found::Blank),
            Head::Nothing => return Ok(Found::Invalid),
            Head::Maybe(total) => total,
        };
        let offset = self.base.plus(position);
        let bytes = self.bytes(position, total)?;
        let is_valid = bytes.len() == total && record::decode(bytes, offset).is_some();
        Ok(if is_valid { Found::Record(total) } else { Found::Invalid })
    }

    /// The record of `total` bytes that [`look`](Self::look) found just now.
    pub(crate) fn record(&mut self, position: u64, total: usize) -> io::Result<Record<'_>> {
        self.bytes(position, total).map(record::view)
    }

    /// The first valid record that starts at `from` or behind it.
    pub(crate) fn next_valid(&mut self, from: u64) -> io::Result<Option<u64>> {
        let end = self.file_bytes;
        let mut position = from;
        while position + RECORD_HEADER_BYTES as u64 <= end {
            let Some(content) = self.next_content(position, end)? else { return Ok(None) };
            position = position.max(content.saturating_sub(LEADING_ZEROS_MAX));
            // Try each start until the one on the byte that is not zero; the next round goes on behind it.
            while position <= content {
                if let Found::Record(_) = self.look(position)? {
                    return Ok(Some(position));
                }
                position += 1;
            }
        }
        Ok(None)
    }

    /// The position after the last byte that is not zero, at `from` or behind it; `from` when there is none.
    pub(crate) fn content_end(&mut self, from: u64) -> io::Result<u64> {
        let end = self.file_bytes;
        let (mut position, mut last) = (from, from);
        while position < end {
            let want = WINDOW_BYTES.min((end - position) as usize);
            let bytes = self.bytes(position, want)?;
            if let Some(at) = bytes.iter().rposition(|&byte| byte != 0) {
                last = position + at as u64 + 1;
            }
            if bytes.is_empty() {
                break;
            }
            position += bytes.len() as u64;
        }
        Ok(last)
    }

    /// The first byte that is not zero, in `from..end`.
    fn next_content(&mut self, from: u64, end: u64) -> io::Result<Option<u64>> {
        let mut position = from;
        while position < end {
            // Most calls find it at once: ask for little first, so that the window is not moved for nothing.
            let near = self.bytes(position, 1)?.first().is_some_and(|&byte| byte != 0);
            if near {
                return Ok(Some(position));
            }
            let held = self.buffer.len() - (position - self.start) as usize;
            let want = if held > 1 { held } else { WINDOW_BYTES }.min((end - position) as usize);
            let bytes = self.bytes(position, want)?;
            if let Some(at) = bytes.iter().position(|&byte| byte != 0) {
                return Ok(Some(position + at as u64));
            }
            if bytes.is_empty() {
                return Ok(None);
            }
            position += bytes.len() as u64;
        }
        Ok(None)
    }
}
