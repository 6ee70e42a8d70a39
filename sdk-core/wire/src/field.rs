//! Texts in one text, a byte between them.

/// Takes the text before the first such ASCII byte, and leaves the one behind it; takes all where there is none.
///
/// ```
/// use holloway_wire::next_field;
/// let mut rest = "a\nb";
/// assert_eq!((next_field(&mut rest, b'\n'), rest), ("a", "b"));
/// assert_eq!((next_field(&mut rest, b'\n'), rest), ("b", ""));
/// ```
#[cfg_attr(target_arch = "wasm32", inline(never))]
pub fn next_field<'a>(rest: &mut &'a str, end: u8) -> &'a str {
    let text = *rest;
    let at = text.bytes().position(|byte| byte == end).unwrap_or(text.len());
    *rest = text.get(at + 1..).unwrap_or_default();
    text.get(..at).unwrap_or_default()
}
