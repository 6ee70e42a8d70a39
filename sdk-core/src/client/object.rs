//! Objects that a host hands in as text.

use holloway_wire::{RawJson, limits::EVENT_BYTES_MAX};

use super::Client;
use crate::Diagnostic;

impl Client {
    /// The object that a text is; a diagnostic where it is none, or larger than any event.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    pub(super) fn object<'a>(&mut self, text: &'a str) -> Option<RawJson<'a>> {
        if text.len() > EVENT_BYTES_MAX {
            self.diagnose(Diagnostic::BadJson { at: EVENT_BYTES_MAX });
            return None;
        }
        let checked = if cfg!(feature = "any-json") {
            RawJson::part(text).map_err(|error| error.at)
        } else if text.starts_with('{') {
            Ok(RawJson::trusted(text))
        } else {
            Err(0)
        };
        checked.map_err(|at| self.diagnose(Diagnostic::BadJson { at })).ok()
    }
}
