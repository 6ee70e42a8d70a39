//! The visitor's decision, as the core and the store have it.

use holloway_core::wire::RawJson;

use super::{Consent, storage::Store};

pub(super) fn word(consent: Consent) -> &'static str {
    match consent {
        Consent::Unknown => "unknown",
        Consent::Granted => "granted",
        Consent::Denied => "denied",
    }
}

/// What the visitor decided, on this page or before.
pub(super) fn decided(store: &Store) -> Option<Consent> {
    match store.get("c").as_str() {
        "unknown" => Some(Consent::Unknown),
        "granted" => Some(Consent::Granted),
        "denied" => Some(Consent::Denied),
        _ => None,
    }
}

/// What purposes, as a JSON object, say of the one that recording needs, if they speak of it.
pub(super) fn decided_by(purposes: &str) -> Option<Consent> {
    match RawJson::object(purposes).ok()?.get("analytics")?.text() {
        "true" => Some(Consent::Granted),
        "false" => Some(Consent::Denied),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_decide_when_they_speak_of_analytics() {
        for (purposes, expected) in [
            (r#"{"analytics":true}"#, Some(Consent::Granted)),
            (r#"{"ads":true,"analytics":false}"#, Some(Consent::Denied)),
            (r#"{"ads":false}"#, None),
            (r#"{"analytics":"false"}"#, None),
            ("", None),
            ("[true]", None),
        ] {
            assert_eq!(decided_by(purposes), expected, "{purposes}");
        }
    }
}
