//! Super properties, and what is left of a subject after `reset`.

use alloc::string::String;

use holloway_wire::{
    RawJson,
    json::{Sink, roomy, write_layers},
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

/// Two objects as one; what is not an object counts as one without members.
pub(crate) fn merged(under: &str, over: &str) -> String {
    let mut out = roomy(under.len() + over.len());
    write_layers(&mut out, &[RawJson::trusted(under), RawJson::trusted(over)]);
    out
}

/// An object without the members whose raw key is so; empty for no members.
pub(crate) fn without(object: &str, is_gone: impl Fn(&str) -> bool) -> String {
    let mut out = String::new();
    for (name, value) in RawJson::trusted(object).members() {
        if !is_gone(name) {
            out.put(if out.is_empty() { "{\"" } else { ",\"" });
            out.put(name);
            out.put("\":");
            out.put(value.text());
        }
    }
    if !out.is_empty() {
        out.put("}");
    }
    out
}
