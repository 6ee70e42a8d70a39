//! Values that are never anybody's id.

/// The values that never become a node: what bugs and defaults send in the place of an id.
///
/// The union of what PostHog refuses and what Segment suggests to block. An event with a blocked value counts
/// still, under its other id.
#[derive(Clone, Debug, Default)]
pub struct Blocked {
    extra: Vec<String>,
}

/// In any case, bare or in quotes.
const ANY_CASE: [&str; 15] = [
    "anonymous",
    "guest",
    "distinctid",
    "distinct_id",
    "id",
    "not_authenticated",
    "email",
    "undefined",
    "true",
    "false",
    "null",
    "none",
    "nan",
    "[object object]",
    "(not set)",
];

impl Blocked {
    /// The default list, and these values besides, compared in any case.
    pub fn with(extra: impl IntoIterator<Item = String>) -> Self {
        Self { extra: extra.into_iter().collect() }
    }

    /// Whether the value is nobody's id.
    ///
    /// ```
    /// use holloway_rules::identity::Blocked;
    /// let blocked = Blocked::default();
    /// assert!(blocked.blocks("Guest") && blocked.blocks("'null'") && blocked.blocks("0000-0000") && blocked.blocks("  "));
    /// assert!(!blocked.blocks("u1") && !blocked.blocks("guest7") && !blocked.blocks("10"));
    /// ```
    pub fn blocks(&self, value: &str) -> bool {
        let bare = value.trim().trim_matches(['"', '\'', '`']).trim();
        let is_placeholder = bare.bytes().all(|byte| matches!(byte, b'0' | b'-'));
        is_placeholder
            || bare == "-1"
            || ANY_CASE.iter().any(|word| bare.eq_ignore_ascii_case(word))
            || self.extra.iter().any(|word| bare.eq_ignore_ascii_case(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_values_and_their_quoted_forms_are_blocked() {
        let blocked = Blocked::with(["qa-user".to_owned()]);
        for value in
            ["", " ", "0", "-1", "null", "\"undefined\"", "NaN", "None", "[object Object]", "TRUE", "QA-User"]
        {
            assert!(blocked.blocks(value), "{value:?}");
        }
        for value in ["00000000-0000-0000-0000-000000000000", "----"] {
            assert!(blocked.blocks(value), "{value:?}");
        }
        for value in ["u0", "0a", "-2", "anonymous1", "nully", "00000000-0000-0000-0000-000000000001"] {
            assert!(!blocked.blocks(value), "{value:?}");
        }
    }
}
