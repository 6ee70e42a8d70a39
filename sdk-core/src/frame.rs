//! Records in a chunk file, for hosts with files.
//!
//! ```text
//! chunk:  header (12 bytes: "HOLLOWAY", version u32) | record | record | ...
//! record: payload bytes u32 | crc32c u32 of flags and payload | flags u8 (zero) | payload
//! ```
//!
//! Numbers are little-endian. A process that is killed in the middle of a write leaves a torn tail; [`scan`] gives
//! every record before it and says that something was cut off.
//!
//! ```
//! use holloway_core::frame;
//! let mut file = frame::HEADER.to_vec();
//! frame::write(b"one", &mut file);
//! frame::write(b"two", &mut file);
//! let whole = frame::scan(&file);
//! assert_eq!((whole.payloads.len(), whole.torn), (2, 0));
//!
//! file.truncate(file.len() - 1);
//! let torn = frame::scan(&file);
//! assert_eq!((torn.payloads, torn.torn), (["one"].iter().collect(), 1));
//! ```

use alloc::vec::Vec;

use crate::Records;

/// What a chunk file begins with.
pub const HEADER: [u8; 12] = *b"HOLLOWAY\x01\0\0\0";
const RECORD_HEADER_BYTES: usize = 9;
/// A longer record than any event can be: such a length is damage.
const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;

/// What a chunk file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The records, in order.
    pub payloads: Records,
    /// Bytes up to the end of the last whole record; a file is cut to this before it is appended to.
    pub valid_bytes: usize,
    /// 1 when something follows that is no whole record, else 0.
    pub torn: u32,
}

/// Appends one record.
pub fn write(payload: &[u8], out: &mut Vec<u8>) {
    write_with(crc32c, payload, out);
}

/// The same with the host's own CRC-32C, where the processor has one: the core's is made small, not fast.
pub fn write_with(crc32c: impl Fn(&[u8]) -> u32, payload: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    // Checksum, then flags.
    out.extend_from_slice(&[0; RECORD_HEADER_BYTES - 4]);
    out.extend_from_slice(payload);
    let crc = crc32c(&out[start + RECORD_HEADER_BYTES - 1..]);
    out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
}

/// Reads a chunk file up to the first record that is not whole. Zeros at the end are room that was not used.
pub fn scan(file: &[u8]) -> Scan {
    let mut scan = Scan::default();
    let Some(mut rest) = file.strip_prefix(&HEADER) else {
        scan.torn = u32::from(file.iter().any(|byte| *byte != 0));
        return scan;
    };
    scan.valid_bytes = HEADER.len();
    while let Some((payload, after)) = record(rest) {
        scan.payloads.push(payload);
        scan.valid_bytes += RECORD_HEADER_BYTES + payload.len();
        rest = after;
    }
    scan.torn = u32::from(rest.iter().any(|byte| *byte != 0));
    scan
}

fn record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let header = bytes.get(..RECORD_HEADER_BYTES)?;
    let number = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let length = number(0) as usize;
    if length == 0 || length > PAYLOAD_BYTES_MAX {
        return None;
    }
    let payload = bytes.get(RECORD_HEADER_BYTES..RECORD_HEADER_BYTES + length)?;
    (number(4) == crc32c(&bytes[RECORD_HEADER_BYTES - 1..RECORD_HEADER_BYTES + length]))
        .then(|| (payload, &bytes[RECORD_HEADER_BYTES + length..]))
}

/// CRC-32C (Castagnoli) of some bytes.
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| after_byte(crc ^ u32::from(*byte)))
}

/// Four bits at a time: sixteen table entries are quick enough for one event.
#[cfg(feature = "fast")]
const fn after_byte(crc: u32) -> u32 {
    const TABLE: [u32; 16] = {
        let mut table = [0; 16];
        let mut index = 0;
        while index < 16 {
            table[index] = after_bits(index as u32, 4);
            index += 1;
        }
        table
    };
    let crc = (crc >> 4) ^ TABLE[(crc & 15) as usize];
    (crc >> 4) ^ TABLE[(crc & 15) as usize]
}

/// A browser has nothing but its small state to check, and would download the table.
#[cfg(not(feature = "fast"))]
const fn after_byte(crc: u32) -> u32 {
    after_bits(crc, 8)
}

const fn after_bits(mut crc: u32, bits: u32) -> u32 {
    let mut bit = 0;
    while bit < bits {
        crc = (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg());
        bit += 1;
    }
    crc
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Check values of RFC 3720, appendix B.4, and of the CRC catalogue.
    #[test]
    fn crc32c_answers_as_published() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        let by_bits = b"123456789".iter().fold(!0, |crc, byte| after_bits(crc ^ u32::from(*byte), 8));
        assert_eq!(!by_bits, 0xe306_9283, "as a browser counts");
    }

    proptest! {
        #[test]
        fn a_cut_file_gives_a_prefix_of_its_records(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut file = HEADER.to_vec();
            for payload in &payloads {
                write(payload, &mut file);
            }
            let at = cut.index(file.len() + 1);
            let scan = scan(&file[..at]);
            prop_assert!(scan.payloads.iter().zip(&payloads).all(|(found, written)| found == written));
            prop_assert!(scan.payloads.len() <= payloads.len());
            prop_assert!(scan.valid_bytes <= at);
            if at == file.len() {
                prop_assert_eq!((scan.payloads.len(), scan.torn), (payloads.len(), 0));
            }
        }

        #[test]
        fn a_flipped_bit_never_gives_a_changed_record(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 1..5),
            bit in any::<prop::sample::Index>(),
        ) {
            let mut file = HEADER.to_vec();
            for payload in &payloads {
                write(payload, &mut file);
            }
            let bit = bit.index(file.len() * 8);
            file[bit / 8] ^= 1 << (bit % 8);
            let scan = scan(&file);
            prop_assert!(scan.payloads.iter().zip(&payloads).all(|(found, written)| found == written));
            prop_assert!(scan.payloads.len() <= payloads.len());
            prop_assert_eq!(scan.torn, 1);
        }
    }
}
