//! What an app may do to its events on their way.

use alloc::{borrow::ToOwned, boxed::Box, string::String, vec::Vec};
use core::fmt;

use holloway_wire::{
    Event, EventKind, RawJson,
    json::{Sink, unescaped, write_layers, write_string},
};

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
        let text = |layers: &[RawJson<'_>]| match layers {
            [] => String::new(),
            [only] => only.text().to_owned(),
            layers => {
                let mut out = String::new();
                write_layers(&mut out, layers);
                out
            }
        };
        let (said, is_action) = (text(event.properties), event.kind.is_action());
        let (properties, traits) = if is_action { (said, String::new()) } else { (String::new(), said) };
        Self {
            kind: event.kind,
            name: event.name.filter(|_| is_action).map(str::to_owned),
            properties,
            traits,
            context: text(event.context),
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

    /// Gives a member a value, a JSON text; false when that is none, or nested too deep, and nothing is changed.
    pub fn set(&mut self, part: Part, key: &str, json: &str) -> bool {
        let Ok(value) = RawJson::parse(json) else { return false };
        let mut member = String::from("{");
        write_string(&mut member, key);
        member.put(":");
        member.put(value.text());
        member.put("}");
        let Ok(member) = RawJson::part(&member) else { return false };
        let whole = merged(self.part(part), member.text());
        *self.part_mut(part) = whole;
        true
    }

    /// Takes a member away.
    pub fn remove(&mut self, part: Part, key: &str) {
        let rest = without(self.part(part), |name| unescaped(name) == key);
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

    /// Writes the event with what plugins made of it; ids and times are as they were, and a name or part that its kind
    /// has not is not written.
    pub(crate) fn write(&self, event: &Event<'_>, out: &mut String) {
        let (name, said) = if event.kind.is_action() {
            (self.name.as_deref(), &self.properties)
        } else {
            (event.name, &self.traits)
        };
        let [said, context] = [said, &self.context].map(|object| RawJson::object(object).ok());
        let changed = Event { name, properties: said.as_slice(), context: context.as_slice(), ..*event };
        changed.write(out);
    }
}

type Process = Box<dyn FnMut(&mut Outgoing) -> Keep + Send>;

/// The plugins of a client, in order.
#[derive(Default)]
pub(crate) struct Plugins(Vec<Process>);

impl Plugins {
    pub(crate) const NONE: Self = Self(Vec::new());

    pub(crate) fn push(&mut self, plugin: impl FnMut(&mut Outgoing) -> Keep + Send + 'static) {
        self.0.push(Box::new(plugin));
    }

    /// Writes an event as the plugins want it; false when one of them drops it.
    pub(crate) fn write(&mut self, event: &Event<'_>, out: &mut String) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Client, Config, Effect, EventOptions, Now, Restored};

    /// The record of one event that went through the plugins; `None` when it was dropped, and then counted.
    fn recorded(plugins: Vec<fn(&mut Outgoing) -> Keep>) -> Option<String> {
        let now = Now { unix_ms: 1_780_000_000_000, mono_ms: 0 };
        let mut client = Client::new(Config::new("KEY"), [1; 32], &Restored::default(), now);
        for plugin in plugins {
            client.add_plugin(plugin);
        }
        client.register(r#"{"app":1.50}"#, crate::Registration::Always, now);
        let _ =
            client.track("Viewed", Some(r#"{"big":123456789012345678901}"#), &EventOptions::default(), now);
        let mut record = None;
        while let Some(effect) = client.poll_effect() {
            if let Effect::Append { payload, .. } = effect {
                record = Some(String::from_utf8(payload).expect("UTF-8"));
            }
        }
        let losses: Vec<_> = client.losses().collect();
        let expected =
            if record.is_some() { vec![] } else { vec![(holloway_wire::LossReason::BeforeSend, 1)] };
        assert_eq!(losses, expected);
        record
    }

    #[test]
    fn plugins_see_one_after_another_what_would_be_written() {
        let record = recorded(vec![
            |event| {
                assert_eq!(
                    (event.kind(), event.get(Part::Properties, "app")),
                    (EventKind::Track, Some("1.50"))
                );
                assert!(event.set(Part::Properties, "ti\"er", "\"gold\""));
                event.remove(Part::Properties, "app");
                Keep::Yes
            },
            |event| {
                assert_eq!(event.get(Part::Properties, "ti\\\"er"), Some("\"gold\""));
                assert!(!event.set(Part::Context, "broken", "{"), "no JSON, no change");
                let deep = "[".repeat(97) + &"]".repeat(97);
                assert!(!event.set(Part::Context, "broken", &deep), "more than a batch may have");
                assert!(event.set(Part::Context, "app", r#"{"version":"2"}"#));
                event.name = Some("Seen".into());
                Keep::Yes
            },
        ]);
        let record = record.expect("is kept");
        assert!(
            record.contains(r#""event":"Seen","properties":{"big":123456789012345678901,"ti\"er":"gold"}"#),
            "{record}"
        );
        assert!(record.contains(r#""app":{"version":"2"}"#) && !record.contains("broken"), "{record}");
    }

    #[test]
    fn who_says_no_drops_it_and_no_later_plugin_sees_it() {
        assert_eq!(recorded(vec![|_| Keep::No, |_| unreachable!("dropped before")]), None);
    }
}
