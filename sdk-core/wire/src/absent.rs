//! Texts that stand for an absent id.

/// Returns whether a text is how a language writes an absent value: white space, `null`, `undefined`, `NaN`, `None` or
/// `[object Object]`. Clients refuse it as an id, and the pipeline's identity rules block it.
///
/// ```
/// use holloway_wire::is_absent_id;
/// assert!(is_absent_id("") && is_absent_id(" null\n"));
/// assert!(!is_absent_id("0") && !is_absent_id("nullable"));
/// ```
#[inline(never)] // several callers, and in a browser bytes count more than a call
pub fn is_absent_id(id: &str) -> bool {
    matches!(id.trim_ascii(), "" | "null" | "undefined" | "NaN" | "None" | "[object Object]")
}
