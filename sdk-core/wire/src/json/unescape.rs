//! The characters behind the escapes of a JSON string.

use alloc::string::String;

use super::{
    token::{byte, cut},
    write::{Sink, put_char, roomy},
};

/// Resolves the escapes of a well-formed string's inner text.
pub(super) fn unescape(text: &str) -> String {
    let mut out = roomy(text.len());
    let (mut at, mut clean) = (0, 0);
    while at < text.len() {
        if byte(text, at) != b'\\' {
            at += 1;
            continue;
        }
        out.put(cut(text, clean, at));
        let escape = byte(text, at + 1);
        at += 2;
        let found = match escape {
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let mut code = hex(text, at, 4);
                at += 4;
                // The first half of a surrogate pair, and the second behind it.
                let low = hex(text, at + 2, 4);
                if code >> 10 == 0xd800 >> 10 && low >> 10 == 0xdc00 >> 10 && cut(text, at, at + 2) == "\\u" {
                    code = 0x1_0000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
                    at += 6;
                }
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            other => char::from(other),
        };
        put_char(&mut out, found);
        clean = at;
    }
    out.put(cut(text, clean, at));
    out
}

/// No number of so few digits.
pub(crate) const NO_HEX: u32 = 0x1_0000;

/// The number of so many hex digits; `NO_HEX` where there are others.
pub(crate) fn hex(text: &str, at: usize, digits: usize) -> u32 {
    let mut number = 0;
    for at in at..at + digits {
        let Some(digit) = char::from(byte(text, at)).to_digit(16) else { return NO_HEX };
        number = number << 4 | digit;
    }
    number
}
