//! JSON text, written by hand.

use alloc::vec::Vec;

use super::RawJson;

/// Appends a JSON string, quotes included.
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut clean = 0;
    for (index, byte) in bytes.iter().enumerate() {
        let escape = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..=0x1f => b'u',
            _ => continue,
        };
        out.extend_from_slice(&bytes[clean..index]);
        out.extend_from_slice(&[b'\\', escape]);
        if escape == b'u' {
            let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
            out.extend_from_slice(&[b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
        }
        clean = index + 1;
    }
    out.extend_from_slice(&bytes[clean..]);
    out.push(b'"');
}

/// Appends a whole number.
pub fn write_number(out: &mut Vec<u8>, number: u64) {
    let mut buffer = [0; 20];
    let mut at = buffer.len();
    let mut rest = number;
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&buffer[at..]);
}

/// Appends an object of the members of `under` and `over`; where both have a key, `over` wins.
///
/// Keys are compared as their raw text. What is not an object counts as one without members.
///
/// ```
/// use holloway_wire::{RawJson, json::write_merged};
/// let mut out = Vec::new();
/// write_merged(&mut out, RawJson::object(r#"{"a":1,"b":2}"#)?, RawJson::object(r#"{"b":3}"#)?);
/// assert_eq!(out, br#"{"a":1,"b":3}"#);
/// # Ok::<(), holloway_wire::JsonError>(())
/// ```
pub fn write_merged(out: &mut Vec<u8>, under: RawJson<'_>, over: RawJson<'_>) {
    out.push(b'{');
    let start = out.len();
    let kept = under.members().filter(|(key, _)| over.members().all(|(winner, _)| winner != *key));
    for (key, value) in kept.chain(over.members()) {
        if out.len() > start {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(b"\":");
        out.extend_from_slice(value.text().as_bytes());
    }
    out.push(b'}');
}
