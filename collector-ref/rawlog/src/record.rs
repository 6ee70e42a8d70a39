//! One record: how it lies in a chunk, and how it is told from anything else.

use crate::Offset;

/// Bytes before the payload.
pub(crate) const RECORD_HEADER_BYTES: usize = 36;

const CRC_AT: usize = 4;
const BODY_AT: usize = 8;
const KEY_AT: usize = 16;
const FLAGS_AT: usize = 32;

/// A record to append, or one that was read; the payload is opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// When it was received, microseconds since 1970; the caller's clock.
    pub received_at_us: i64,
    /// What it is found by without reading its payload; the caller's meaning.
    pub key: [u8; 16],
    /// The bytes to keep.
    pub payload: &'a [u8],
}

impl Record<'_> {
    /// Bytes that this record takes in a chunk.
    pub fn stored_bytes(&self) -> u64 {
        RECORD_HEADER_BYTES as u64 + self.payload.len() as u64
    }

    /// A copy that owns its payload.
    #[expect(
        clippy::wrong_self_convention,
        reason = "a borrowed view turns into what owns its bytes, as `str` does"
    )]
    pub fn to_owned(&self) -> OwnedRecord {
        OwnedRecord { received_at_us: self.received_at_us, key: self.key, payload: self.payload.to_vec() }
    }

    pub(crate) fn encode(&self, offset: Offset, out: &mut Vec<u8>) {
        let start = out.len();
        let len =
            u32::try_from(self.payload.len()).expect("the caller checked the record against the chunk size");
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.received_at_us.to_le_bytes());
        out.extend_from_slice(&self.key);
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(self.payload);
        let crc = checksum(offset, len, &out[start + BODY_AT..]);
        out[start + CRC_AT..start + BODY_AT].copy_from_slice(&crc.to_le_bytes());
    }
}

/// A record with its own copy of the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedRecord {
    /// When it was received, microseconds since 1970.
    pub received_at_us: i64,
    /// What it is found by.
    pub key: [u8; 16],
    /// The bytes kept.
    pub payload: Vec<u8>,
}

/// What the first bytes at some place say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// A record of so many bytes in all may start here; its checksum is not looked at yet.
    Maybe(usize),
    /// All zero: nothing was written here.
    Blank,
    /// No record starts here.
    Nothing,
}

/// Reads a record's length; `room` is how many bytes the chunk has left from here.
pub(crate) fn head(bytes: &[u8], room: u64) -> Head {
    let Some(header) = bytes.get(..RECORD_HEADER_BYTES) else {
        return if bytes.iter().all(|&byte| byte == 0) { Head::Blank } else { Head::Nothing };
    };
    if header.iter().all(|&byte| byte == 0) {
        return Head::Blank;
    }
    let len = u32_at(header, 0);
    let total = RECORD_HEADER_BYTES as u64 + u64::from(len);
    if u32_at(header, FLAGS_AT) != 0 || total > room {
        return Head::Nothing;
    }
    usize::try_from(total).map_or(Head::Nothing, Head::Maybe)
}

/// The record in exactly these bytes, when its checksum holds at this offset.
pub(crate) fn decode(bytes: &[u8], offset: Offset) -> Option<Record<'_>> {
    let len = u32_at(bytes, 0);
    let holds = bytes.len() as u64 == RECORD_HEADER_BYTES as u64 + u64::from(len)
        && u32_at(bytes, CRC_AT) == checksum(offset, len, &bytes[BODY_AT..]);
    holds.then(|| view(bytes))
}

/// The record in exactly these bytes, which [`decode`] found valid.
pub(crate) fn view(bytes: &[u8]) -> Record<'_> {
    Record {
        received_at_us: i64::from_le_bytes(array(bytes, BODY_AT)),
        key: array(bytes, KEY_AT),
        payload: &bytes[RECORD_HEADER_BYTES..],
    }
}

fn checksum(offset: Offset, len: u32, body: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&offset.get().to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &len.to_le_bytes());
    crc32c::crc32c_append(crc, body)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(bytes, at))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the slice has N bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: Record<'static> = Record { received_at_us: 5, key: [9; 16], payload: b"abc" };

    fn encoded(offset: u64) -> Vec<u8> {
        let mut out = Vec::new();
        RECORD.encode(Offset::new(offset), &mut out);
        out
    }

    #[test]
    fn a_record_has_the_documented_layout() {
        let bytes = encoded(64);
        assert_eq!(bytes.len(), 39);
        assert_eq!(bytes[..4], [3, 0, 0, 0]);
        assert_eq!(bytes[8..16], [5, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes[16..32], [9; 16]);
        assert_eq!(bytes[32..36], [0; 4]);
        assert_eq!(&bytes[36..], b"abc");
        assert_eq!(head(&bytes, 39), Head::Maybe(39));
        assert_eq!(decode(&bytes, Offset::new(64)), Some(RECORD));
    }

    #[test]
    fn every_single_bit_matters() {
        let bytes = encoded(64);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&flipped, Offset::new(64)), None, "bit {bit}");
        }
    }

    #[test]
    fn a_record_is_valid_in_its_own_place_only() {
        assert_eq!(decode(&encoded(64), Offset::new(65)), None);
    }

    #[test]
    fn heads_are_told_apart() {
        let cases = [
            ("blank", vec![0; 36], 100, Head::Blank),
            ("blank and short", vec![0; 3], 3, Head::Blank),
            ("short", vec![1, 0, 0], 3, Head::Nothing),
            ("longer than the room", encoded(64)[..36].to_vec(), 38, Head::Nothing),
            ("flags of another version", vec![1; 36], 1 << 40, Head::Nothing),
        ];
        for (name, bytes, room, expected) in cases {
            assert_eq!(head(&bytes, room), expected, "{name}");
        }
    }
}
