//! Where the parts of a well-formed text lie.

/// The text up to the next colon, comma or closing bracket that is neither within a string nor within brackets, without
/// the white space around it; `from` moves behind that byte. Nothing at the end, and where brackets do not close.
///
/// It is for texts that were checked: of any other the parts are of no meaning.
pub(super) fn token<'a>(text: &'a str, from: &mut usize) -> &'a str {
    let mut at = *from;
    let (mut start, mut end, mut depth) = (at, at, 0);
    loop {
        let byte = byte(text, at);
        at += 1;
        // Both opening brackets differ from one another in one bit, and both closing ones.
        let bracket = byte | 0x20;
        if byte == b'"' {
            at = string_end(text, at);
        } else if bracket == b'{' {
            depth += 1;
        } else if byte == 0 || bracket == b'}' {
            if depth == 0 {
                break;
            }
            depth -= 1;
        } else if depth == 0 {
            if byte == b',' || byte == b':' {
                break;
            }
            if cfg!(feature = "any-json") && byte <= b' ' {
                if start == end {
                    (start, end) = (at, at);
                }
                continue;
            }
        }
        if byte == 0 {
            return "";
        }
        end = at;
    }
    *from = at;
    cut(text, start, end)
}

/// Behind the quote that closes a string.
#[cfg_attr(target_arch = "wasm32", inline(never))]
pub(crate) fn string_end(text: &str, mut at: usize) -> usize {
    loop {
        let byte = byte(text, at);
        at += 1;
        if byte == b'\\' {
            at += 1;
        } else if byte == b'"' || byte == 0 {
            return at;
        }
    }
}

/// The byte at a position; behind the end 0, which no JSON text has.
pub(crate) fn byte(text: &str, at: usize) -> u8 {
    text.as_bytes().get(at).copied().unwrap_or(0)
}

/// A part of a text, between two positions where characters begin.
#[cfg_attr(target_arch = "wasm32", inline(never))]
pub(crate) fn cut(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}
