//! JSON text, written by hand.

use alloc::{string::String, vec::Vec};

use super::{RawJson, token::cut};

/// What JSON is written to: a server's bytes, or a client's text.
pub trait Sink {
    /// Appends a text as it is.
    fn put(&mut self, text: &str);
    /// Appends ASCII characters.
    fn put_ascii(&mut self, text: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }

    fn put_ascii(&mut self, text: &[u8]) {
        self.extend_from_slice(text);
    }
}

impl Sink for String {
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    fn put(&mut self, text: &str) {
        self.push_str(text);
    }

    #[cfg_attr(target_arch = "wasm32", inline(never))]
    fn put_ascii(&mut self, text: &[u8]) {
        self.reserve(text.len());
        for byte in text {
            put_char(self, char::from(byte & 0x7f));
        }
    }
}

/// An empty text with room for so many bytes. Where bytes of code count it grows instead: to make room at once is code
/// that nothing else in a browser needs, and each visitor would download it.
pub fn roomy(bytes: usize) -> String {
    if cfg!(feature = "fast") { String::with_capacity(bytes) } else { String::new() }
}

/// `String::push`, but one for all crates: each has its own copy of that.
#[cfg_attr(target_arch = "wasm32", inline(never))]
pub fn put_char(out: &mut String, char: char) {
    out.put(char.encode_utf8(&mut [0; 4]));
}

/// Appends a JSON string, quotes included.
pub fn write_string(out: &mut impl Sink, text: &str) {
    out.put("\"");
    let mut clean = 0;
    for (index, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..=0x1f => "\\u00",
            b'"' | b'\\' => "\\",
            _ => continue,
        };
        out.put(cut(text, clean, index));
        out.put(escape);
        // A quote or backslash follows as it is.
        clean = index + usize::from(byte < b' ');
        if escape.len() > 2 {
            out.put_ascii(&hex_digits(byte));
        }
    }
    out.put(cut(text, clean, text.len()));
    out.put("\"");
}

/// Two lowercase hex digits.
pub const fn hex_digits(byte: u8) -> [u8; 2] {
    const fn digit(nibble: u8) -> u8 {
        if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
    }
    [digit(byte >> 4), digit(byte & 15)]
}

/// Appends a text as it is, and a JSON string behind it.
#[cfg_attr(target_arch = "wasm32", inline(never))]
pub fn write_member(out: &mut impl Sink, before: &str, text: &str) {
    out.put(before);
    write_string(out, text);
}

/// Appends a whole number.
pub fn write_number(out: &mut impl Sink, number: u64) {
    if number > 9 {
        write_number(out, number / 10);
    }
    out.put_ascii(&[b'0' + (number % 10) as u8]);
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
pub fn write_merged(out: &mut impl Sink, under: RawJson<'_>, over: RawJson<'_>) {
    write_layers(out, &[under, over]);
}

/// The same of any number of objects, each laid over those before it.
pub fn write_layers(out: &mut impl Sink, layers: &[RawJson<'_>]) {
    let mut before = "{\"";
    let mut rest = layers;
    while let [layer, over @ ..] = rest {
        before = write_left(out, before, *layer, over);
        rest = over;
    }
    out.put(if before.starts_with('{') { "{}" } else { "}" });
}

/// Appends an object of the members of `object` whose key `keys` has not.
pub fn write_without(out: &mut impl Sink, object: RawJson<'_>, keys: RawJson<'_>) {
    let before = write_left(out, "{\"", object, &[keys]);
    out.put(if before.starts_with('{') { "{}" } else { "}" });
}

/// Appends the members of an object that none of those over it has, and before each what is to stand there; returns that of
/// the next one.
#[cfg_attr(target_arch = "wasm32", inline(never))]
fn write_left<'a>(
    out: &mut impl Sink,
    mut before: &'a str,
    object: RawJson<'_>,
    over: &[RawJson<'_>],
) -> &'a str {
    for (key, value) in object.members() {
        if over.iter().all(|over| over.get(key).is_none()) {
            out.put(before);
            out.put(key);
            out.put("\":");
            out.put(value.text());
            before = ",\"";
        }
    }
    before
}
