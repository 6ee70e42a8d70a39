//! What an app may do to its events on their way.

use alloc::{borrow::ToOwned, boxed::Box, string::String, vec::Vec};
use core::fmt;

use holloway_wire::{Event, EventKind, RawJson, json::write_string};

use crate::identity::{merged, without};

/// An event as it would be written: with super properties and context.
///
/// Members are JSON texts, and those that nobody touches stay as they are, to the last digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    kind: EventKind,
    /// The event's, page's or screen's name.
    pub name: Option<String>,
    properties: String,
    traits: String,
    context: String,
}

/// One of an event's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Of track, page and screen.
    Properties,
    /// Of identify and group.
    Traits,
    /// Of every event.
    Context,
}

/// What a plugin says about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Goes on, to the next plugin.
    Yes,
    /// Is dropped; counted as `before_send`.
    No,
}

impl Outgoing {
    fn of(event: &Event<'_>) -> Self {
        let text = |object: Option<RawJson<'_>>| object.map_or("", RawJson::text).to_owned();
        Self {
            kind: event.kind,
            name: event.name.map(str::to_owned),
            properties: text(event.properties),
            traits: text(event.traits),
            context: text(Some(event.context)),
        }
    }

    /// What was called.
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// A member's JSON text.
    pub fn get(&self, part: Part, key: &str) -> Option<&str> {
        RawJson::object(self.part(part)).ok()?.get(key).map(RawJson::text)
    }

    /// Gives a member a value, a JSON text; false when that is none, and nothing is changed.
    pub fn set(&mut self, part: Part, key: &str, json: &str) -> bool {
        let Ok(value) = RawJson::parse(json) else { return false };
        let mut member = b"{".to_vec();
        write_string(&mut member, key);
        member.push(b':');
        member.extend_from_slice(value.text().as_bytes());
        member.push(b'}');
        let member = String::from_utf8(member).expect("written as UTF-8");
        let whole = merged(self.part(part), &member);
        *self.part_mut(part) = whole;
        true
    }

    /// Takes a member away.
    pub fn remove(&mut self, part: Part, key: &str) {
        let rest = without(self.part(part), key);
        *self.part_mut(part) = rest;
    }

    /// The whole object's text; empty when the event has none.
    pub fn part(&self, part: Part) -> &str {
        match part {
            Part::Properties => &self.properties,
            Part::Traits => &self.traits,
            Part::Context => &self.context,
        }
    }

    fn part_mut(&mut self, part: Part) -> &mut String {
        match part {
            Part::Properties => &mut self.properties,
            Part::Traits => &mut self.traits,
            Part::Context => &mut self.context,
        }
    }

    /// Writes the event with what plugins made of it; ids and times are as they were.
    pub(crate) fn write(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        let object = |text| RawJson::object(text).ok();
        let changed = Event {
            name: self.name.as_deref(),
            properties: object(&self.properties),
            traits: object(&self.traits),
            context: object(&self.context).unwrap_or(RawJson::EMPTY),
            ..*event
        };
        changed.write(out);
    }
}

type Process = Box<dyn FnMut(&mut Outgoing) -> Keep + Send>;

/// The plugins of a client, in order.
#[derive(Default)]
pub(crate) struct Plugins(Vec<Process>);

impl Plugins {
    pub(crate) fn push(&mut self, plugin: impl FnMut(&mut Outgoing) -> Keep + Send + 'static) {
        self.0.push(Box::new(plugin));
    }

    /// Writes an event as the plugins want it; false when one of them drops it.
    pub(crate) fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) -> bool {
        if self.0.is_empty() {
            event.write(out);
            return true;
        }
        let mut outgoing = Outgoing::of(event);
        let is_kept = self.0.iter_mut().all(|plugin| plugin(&mut outgoing) == Keep::Yes);
        if is_kept {
            outgoing.write(event, out);
        }
        is_kept
    }
}

impl fmt::Debug for Plugins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} plugins", self.0.len())
    }
}
