//! One stable 128-bit hash for every derived id: dedupe keys, person ids, session ids.

use alloc::{string::String, vec::Vec};

/// Hashes parts to 128 bits, the same on every machine, in every language and for ever.
///
/// `MurmurHash3_x64_128` with seed 0 (Austin Appleby, public domain) over each part preceded by its length as
/// eight little-endian bytes, so that `["ab", "c"]` and `["a", "bc"]` differ. Not a cryptographic hash: it
/// makes ids, it protects nothing.
///
/// ```
/// use holloway_wire::{hex, stable_hash128};
/// assert_ne!(stable_hash128(&[b"ab", b"c"]), stable_hash128(&[b"a", b"bc"]));
/// assert_eq!(hex(&stable_hash128(&[b"user", b"u1"])).len(), 32);
/// ```
pub fn stable_hash128(parts: &[&[u8]]) -> [u8; 16] {
    let mut text = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        text.extend_from_slice(&(part.len() as u64).to_le_bytes());
        text.extend_from_slice(part);
    }
    murmur3_x64_128(&text)
}

/// The key by which a collector and a loader recognise the same event again: write key and message id.
pub fn dedupe_key(write_key: &str, message_id: &str) -> [u8; 16] {
    stable_hash128(&[write_key.as_bytes(), message_id.as_bytes()])
}

/// Writes bytes as lowercase hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;

fn murmur3_x64_128(data: &[u8]) -> [u8; 16] {
    let (mut h1, mut h2) = (0_u64, 0_u64);
    let mut blocks = data.chunks_exact(16);
    for block in &mut blocks {
        let (k1, k2) = (word(&block[..8]), word(&block[8..]));
        h1 ^= mix1(k1);
        h1 = h1.rotate_left(27).wrapping_add(h2).wrapping_mul(5).wrapping_add(0x52dc_e729);
        h2 ^= mix2(k2);
        h2 = h2.rotate_left(31).wrapping_add(h1).wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    let tail = blocks.remainder();
    if tail.len() > 8 {
        h2 ^= mix2(word(&tail[8..]));
    }
    if !tail.is_empty() {
        h1 ^= mix1(word(&tail[..tail.len().min(8)]));
    }
    h1 ^= data.len() as u64;
    h2 ^= data.len() as u64;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    h1 = finish(h1);
    h2 = finish(h2);
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    let mut out = [0; 16];
    out[..8].copy_from_slice(&h1.to_be_bytes());
    out[8..].copy_from_slice(&h2.to_be_bytes());
    out
}

fn mix1(k: u64) -> u64 {
    k.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

fn mix2(k: u64) -> u64 {
    k.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

fn finish(mut h: u64) -> u64 {
    h ^= h >> 33;
    h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
    h ^= h >> 33;
    h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

/// Little-endian number of at most eight bytes; missing ones are zero.
fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers of `MurmurHash3_x64_128`, seed 0, as published with the reference implementation's ports
    /// (Guava `murmur3_128` and Cassandra test tables print the same two words).
    #[test]
    fn murmur_answers_as_published() {
        let check =
            |text: &str, answer: &str| assert_eq!(hex(&murmur3_x64_128(text.as_bytes())), answer, "{text}");
        check("", "00000000000000000000000000000000");
        check("hello", "cbd8a7b341bd9b025b1e906a48ae1d19");
        check("hello, world", "342fac623a5ebc8e4cdcbc079642414d");
        check("The quick brown fox jumps over the lazy dog.", "cd99481f9ee902c9695da1a38987b6e7");
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(stable_hash128(&[b"a", b""]), stable_hash128(&[b"", b"a"]));
        assert_ne!(dedupe_key("k", "1"), dedupe_key("k1", ""));
    }
}
