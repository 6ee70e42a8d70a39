//! Who this device says it is.

use alloc::{string::String, vec::Vec};

use holloway_wire::{RawJson, json::write_merged};

/// What `reset` keeps. The default keeps nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResetOptions {
    /// Keep the anonymous id.
    pub keep_anonymous_id: bool,
    /// Keep the super properties.
    pub keep_registered: bool,
}

/// The subject of the events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) anonymous_id: String,
    pub(crate) user_id: Option<String>,
    /// Super properties, a JSON object's text; empty for none.
    pub(crate) registered: String,
}

impl Identity {
    pub(crate) fn registered(&self) -> RawJson<'_> {
        RawJson::object(&self.registered).unwrap_or(RawJson::EMPTY)
    }

    pub(crate) fn register(&mut self, properties: RawJson<'_>) {
        let mut merged = Vec::new();
        write_merged(&mut merged, self.registered(), properties);
        self.registered = String::from_utf8(merged).expect("merged JSON texts are UTF-8");
    }

    pub(crate) fn unregister(&mut self, key: &str) {
        let mut kept = String::from("{");
        for (name, value) in self.registered().members().filter(|(name, _)| *name != key) {
            if kept.len() > 1 {
                kept.push(',');
            }
            kept.push('"');
            kept.push_str(name);
            kept.push_str("\":");
            kept.push_str(value.text());
        }
        kept.push('}');
        self.registered = kept;
    }
}
