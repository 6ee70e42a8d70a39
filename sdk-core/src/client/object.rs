//! Objects that a host hands in as text.

use holloway_wire::RawJson;

use super::Client;
use crate::Diagnostic;

impl Client {
    /// The object that a text is; a diagnostic where it is none.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    pub(super) fn object<'a>(&mut self, text: &'a str) -> Option<RawJson<'a>> {
        let checked =
            if cfg!(feature = "any-json") { RawJson::object(text) } else { RawJson::whole_object(text) };
        match checked {
            Ok(object) => Some(object),
            Err(error) => {
                self.diagnose(Diagnostic::BadJson { at: error.at });
                None
            }
        }
    }
}
