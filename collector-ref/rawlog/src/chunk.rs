//! A chunk file: its name and its header.

use std::io;

use crate::{Offset, Storage};

/// Bytes of a chunk before its first record.
pub(crate) const HEADER_BYTES: u64 = 64;
/// The version that this crate writes, and the only one it reads.
pub(crate) const VERSION: u16 = 1;
/// A chunk in the making: renamed when its header is on disk.
pub(crate) const UNFINISHED: &str = ".chunk.new";

const MAGIC: &[u8; 8] = b"HOLLOLOG";
const SUFFIX: &str = ".chunk";
const NO_PREVIOUS: u64 = u64::MAX;

/// What a chunk says about itself and about the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) base: Offset,
    pub(crate) previous: Option<Previous>,
    /// Highest `received_at_us` of all earlier chunks; `i64::MIN` when there is none.
    pub(crate) received_max_us: i64,
    /// Bytes that the writer would let this chunk grow to.
    pub(crate) capacity: u64,
}

/// The chunk before: where it starts and where its last record ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Previous {
    pub(crate) base: Offset,
    pub(crate) end: Offset,
}

/// Why bytes are no header of this chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadHeader {
    Damaged,
    Version(u16),
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES as usize] {
        let (previous_base, previous_end) =
            self.previous.map_or((NO_PREVIOUS, NO_PREVIOUS), |it| (it.base.get(), it.end.get()));
        let mut out = [0; HEADER_BYTES as usize];
        out[..8].copy_from_slice(MAGIC);
        out[8..10].copy_from_slice(&VERSION.to_le_bytes());
        out[10..12].copy_from_slice(&(HEADER_BYTES as u16).to_le_bytes());
        out[16..24].copy_from_slice(&self.base.get().to_le_bytes());
        out[24..32].copy_from_slice(&previous_base.to_le_bytes());
        out[32..40].copy_from_slice(&previous_end.to_le_bytes());
        out[40..48].copy_from_slice(&self.received_max_us.to_le_bytes());
        out[48..56].copy_from_slice(&self.capacity.to_le_bytes());
        let crc = crc32c::crc32c(&out[..60]);
        out[60..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// Reads the header of the chunk that is named by `base`.
    pub(crate) fn decode(bytes: &[u8], base: Offset) -> Result<Self, BadHeader> {
        let bytes = bytes.get(..HEADER_BYTES as usize).ok_or(BadHeader::Damaged)?;
        let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let crc = u32::from_le_bytes(bytes[60..].try_into().expect("four bytes"));
        if bytes[..8] != *MAGIC || crc != crc32c::crc32c(&bytes[..60]) || number(16) != base.get() {
            return Err(BadHeader::Damaged);
        }
        let version = u16::from_le_bytes([bytes[8], bytes[9]]);
        if version != VERSION {
            return Err(BadHeader::Version(version));
        }
        Ok(Self {
            base,
            previous: (number(24) != NO_PREVIOUS)
                .then(|| Previous { base: Offset::new(number(24)), end: Offset::new(number(32)) }),
            received_max_us: i64::from_le_bytes(bytes[40..48].try_into().expect("eight bytes")),
            capacity: number(48),
        })
    }
}

/// `00000000000067108864.chunk`
pub(crate) fn file_name(base: Offset) -> String {
    format!("{base:020}{SUFFIX}")
}

/// The bases of all chunks, ascending; other files are none of ours.
pub(crate) fn list<S: Storage>(storage: &S) -> io::Result<Vec<Offset>> {
    let mut bases: Vec<Offset> = storage.list()?.iter().filter_map(|name| base_of(name)).collect();
    bases.sort_unstable();
    Ok(bases)
}

fn base_of(name: &str) -> Option<Offset> {
    let digits = name.strip_suffix(SUFFIX)?;
    let base = digits.parse().ok().map(Offset::new)?;
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header {
        base: Offset::new(128),
        previous: Some(Previous { base: Offset::START, end: Offset::new(100) }),
        received_max_us: -3,
        capacity: 4096,
    };

    #[test]
    fn a_header_comes_back_as_written() {
        for header in [HEADER, Header { previous: None, ..HEADER }] {
            assert_eq!(Header::decode(&header.encode(), header.base), Ok(header));
        }
    }

    #[test]
    fn a_header_is_refused_when_damaged_misplaced_or_newer() {
        let mut newer = HEADER.encode();
        newer[8] = 2;
        let crc = crc32c::crc32c(&newer[..60]);
        newer[60..].copy_from_slice(&crc.to_le_bytes());
        let mut flipped = HEADER.encode();
        flipped[30] ^= 1;
        let cases = [
            ("newer", newer.to_vec(), 128, BadHeader::Version(2)),
            ("flipped", flipped.to_vec(), 128, BadHeader::Damaged),
            ("short", HEADER.encode()[..63].to_vec(), 128, BadHeader::Damaged),
            ("of another chunk", HEADER.encode().to_vec(), 129, BadHeader::Damaged),
        ];
        for (name, bytes, base, expected) in cases {
            assert_eq!(Header::decode(&bytes, Offset::new(base)), Err(expected), "{name}");
        }
    }

    #[test]
    fn names_carry_the_base_in_twenty_digits() {
        assert_eq!(file_name(Offset::new(67_108_864)), "00000000000067108864.chunk");
        let cases = [
            ("00000000000067108864.chunk", Some(67_108_864)),
            ("00000000000067108864.chunk.new", None),
            ("67108864.chunk", None),
            ("+0000000000067108864.chunk", None),
            ("99999999999999999999.chunk", None),
            ("writer.lock", None),
        ];
        for (name, expected) in cases {
            assert_eq!(base_of(name), expected.map(Offset::new), "{name}");
        }
    }
}
