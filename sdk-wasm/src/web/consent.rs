//! The visitor's decision, as the core and the store have it.

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
