//! Who this device says it is.

use alloc::{string::String, vec::Vec};

use holloway_wire::{
    RawJson,
    json::{unescaped, write_merged},
};

/// What `reset` keeps. The default keeps nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResetOptions {
    /// Keep the anonymous id.
    pub keep_anonymous_id: bool,
    /// Keep the super properties.
    pub keep_registered: bool,
    /// Keep the session.
    pub keep_session: bool,
}

/// The subject of the events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) anonymous_id: String,
    pub(crate) user_id: Option<String>,
    /// Super properties, a JSON object's text; empty for none.
    pub(crate) registered: String,
    /// Those that end with the session.
    pub(crate) registered_for_session: String,
}

/// How long a super property lies under the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Until it is unregistered or reset; another value of the same key takes its place.
    Always,
    /// The same, but a key that has a value keeps it.
    Once,
    /// Until the session ends; over the lasting ones.
    Session,
}

impl Identity {
    /// All super properties as one object's text.
    pub(crate) fn super_properties(&self) -> String {
        merged(&self.registered, &self.registered_for_session)
    }

    pub(crate) fn register(&mut self, properties: RawJson<'_>, registration: Registration) {
        match registration {
            Registration::Always => self.registered = merged(&self.registered, properties.text()),
            Registration::Once => self.registered = merged(properties.text(), &self.registered),
            Registration::Session => {
                self.registered_for_session = merged(&self.registered_for_session, properties.text());
            }
        }
    }

    pub(crate) fn unregister(&mut self, key: &str) {
        self.registered = without(&self.registered, key);
        self.registered_for_session = without(&self.registered_for_session, key);
    }
}

/// Two objects as one; what is not an object counts as one without members.
pub(crate) fn merged(under: &str, over: &str) -> String {
    let mut out = Vec::with_capacity(under.len() + over.len());
    let object = |text| RawJson::object(text).unwrap_or(RawJson::EMPTY);
    write_merged(&mut out, object(under), object(over));
    String::from_utf8(out).expect("merged JSON texts are UTF-8")
}

/// An object without one of its members; empty for no members.
pub(crate) fn without(object: &str, key: &str) -> String {
    let object = RawJson::object(object).unwrap_or(RawJson::EMPTY);
    let mut kept = String::new();
    for (name, value) in object.members().filter(|(name, _)| unescaped(name) != key) {
        kept.push_str(if kept.is_empty() { "{\"" } else { ",\"" });
        kept.push_str(name);
        kept.push_str("\":");
        kept.push_str(value.text());
    }
    if !kept.is_empty() {
        kept.push('}');
    }
    kept
}
