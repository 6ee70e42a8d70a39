//! The characters behind the escapes of a JSON string.

use alloc::string::String;

/// Resolves the escapes of a well-formed string's inner text.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(slash) = rest.find('\\') {
        out.push_str(&rest[..slash]);
        let escape = rest.as_bytes()[slash + 1];
        rest = &rest[slash + 2..];
        match escape {
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'u' => {
                let (character, used) = unicode(rest);
                out.push(character);
                rest = &rest[used..];
            }
            other => out.push(other as char),
        }
    }
    out.push_str(rest);
    out
}

/// The character of the four hex digits at the start, with a second half when it is a surrogate pair.
fn unicode(rest: &str) -> (char, usize) {
    let high = hex4(rest.as_bytes());
    if (0xd800..0xdc00).contains(&high) && rest[4..].starts_with("\\u") {
        let low = hex4(&rest.as_bytes()[6..]);
        if (0xdc00..0xe000).contains(&low) {
            let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            return (char::from_u32(code).unwrap_or('\u{fffd}'), 10);
        }
    }
    (char::from_u32(high).unwrap_or('\u{fffd}'), 4)
}

fn hex4(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            _ => (byte | 0x20).wrapping_sub(b'a').wrapping_add(10),
        };
        (number << 4) | u32::from(digit & 15)
    })
}
