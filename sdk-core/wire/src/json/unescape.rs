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
                let mut code = hex4(text, at);
                at += 4;
                // The first half of a surrogate pair, and the second behind it.
                let low = hex4(text, at + 2);
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

/// The number of four hex digits; of no meaning where there are none.
fn hex4(text: &str, at: usize) -> u32 {
    (at..at + 4).fold(0, |number, at| {
        let digit = byte(text, at);
        number << 4 | u32::from(if digit > b'9' { digit.wrapping_add(9) } else { digit } & 15)
    })
}
