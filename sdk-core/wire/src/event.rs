//! One event as a client writes it.

use alloc::vec::Vec;

use crate::{EventKind, RawJson, Timestamp, json::write_string};

/// An event about to be written: borrowed parts, one [`Event::write`].
///
/// ```
/// use holloway_wire::{Event, EventKind, RawJson, Timestamp};
/// let mut event = Event::new(EventKind::Track, "m-1", "device-1", Timestamp::from_millis(0));
/// event.name = Some("Signed Up");
/// event.properties = Some(RawJson::object(r#"{"plan":"pro"}"#)?);
/// let mut out = Vec::new();
/// event.write(&mut out);
/// assert_eq!(
///     String::from_utf8_lossy(&out),
///     r#"{"type":"track","messageId":"m-1","timestamp":"1970-01-01T00:00:00.000Z","anonymousId":"device-1","event":"Signed Up","properties":{"plan":"pro"},"context":{}}"#,
/// );
/// # Ok::<(), holloway_wire::JsonError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// What it reports.
    pub kind: EventKind,
    /// The id that makes a resend harmless.
    pub message_id: &'a str,
    /// When it happened, by the device's clock.
    pub timestamp: Timestamp,
    /// Who this device is; left out when empty.
    pub anonymous_id: &'a str,
    /// Who its user said to be.
    pub user_id: Option<&'a str>,
    /// The group, of a group event.
    pub group_id: Option<&'a str>,
    /// The former id, of an alias event.
    pub previous_id: Option<&'a str>,
    /// The event's name (track) or the page's or screen's.
    pub name: Option<&'a str>,
    /// What the app says about a track, page or screen.
    pub properties: Option<RawJson<'a>>,
    /// What the app says about a user or a group.
    pub traits: Option<RawJson<'a>>,
    /// Where it happened.
    pub context: RawJson<'a>,
    /// Which destinations may have it.
    pub integrations: Option<RawJson<'a>>,
}

impl<'a> Event<'a> {
    /// An event with the fields that every event has; the others are filled in after.
    pub const fn new(
        kind: EventKind,
        message_id: &'a str,
        anonymous_id: &'a str,
        timestamp: Timestamp,
    ) -> Self {
        Self {
            kind,
            message_id,
            timestamp,
            anonymous_id,
            user_id: None,
            group_id: None,
            previous_id: None,
            name: None,
            properties: None,
            traits: None,
            context: RawJson::EMPTY,
            integrations: None,
        }
    }

    /// Appends the event as one JSON object, in a fixed order of fields.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"type\":\"");
        out.extend_from_slice(self.kind.as_str().as_bytes());
        out.extend_from_slice(b"\",\"messageId\":");
        write_string(out, self.message_id);
        out.extend_from_slice(b",\"timestamp\":\"");
        self.timestamp.write(out);
        out.push(b'"');
        let name_field = if self.kind == EventKind::Track { "event" } else { "name" };
        let anonymous_id = Some(self.anonymous_id).filter(|id| !id.is_empty());
        for (field, text) in [
            ("anonymousId", anonymous_id),
            ("userId", self.user_id),
            ("groupId", self.group_id),
            ("previousId", self.previous_id),
            (name_field, self.name),
        ] {
            if let Some(text) = text {
                write_field(out, field);
                write_string(out, text);
            }
        }
        for (field, value) in [
            ("properties", self.properties),
            ("traits", self.traits),
            ("context", Some(self.context)),
            ("integrations", self.integrations),
        ] {
            if let Some(value) = value {
                write_field(out, field);
                out.extend_from_slice(value.text().as_bytes());
            }
        }
        out.push(b'}');
    }
}

fn write_field(out: &mut Vec<u8>, field: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(field.as_bytes());
    out.extend_from_slice(b"\":");
}
