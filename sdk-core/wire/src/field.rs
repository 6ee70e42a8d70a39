//! Texts in one text, a byte between them.

/// The text before the first such ASCII byte, and the one behind it; all and nothing where there is none.
///
/// ```
/// use holloway_wire::first_field;
/// assert_eq!(first_field("a\nb\nc", b'\n'), ("a", "b\nc"));
/// assert_eq!(first_field("a", b'\n'), ("a", ""));
/// ```
#[cfg_attr(target_arch = "wasm32", inline(never))]
pub fn first_field(text: &str, end: u8) -> (&str, &str) {
    let at = text.bytes().position(|byte| byte == end).unwrap_or(text.len());
    (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default())
}
