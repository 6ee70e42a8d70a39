//! One event as a client writes it.

use crate::{
    EventKind, RawJson, Timestamp,
    json::{Sink, write_layers, write_member},
};

/// The name of the track event by which a client asks a collector to delete what it has of a visitor who said no.
pub const DELETION_EVENT: &str = "Deletion Requested";

/// An event about to be written: borrowed parts, one [`Event::write`].
///
/// ```
/// use holloway_wire::{Event, EventKind, RawJson, Timestamp};
/// let properties = [RawJson::object(r#"{"plan":"pro"}"#)?];
/// let mut event = Event::new(EventKind::Track, "m-1", "device-1", Timestamp::from_millis(0));
/// event.name = Some("Signed Up");
/// event.properties = &properties;
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
    /// What its kind names: the event (track), the page or screen, the group's id, or the former id (alias).
    pub name: Option<&'a str>,
    /// What the app says about a track, page or screen, or the traits of a user or a group: no object, one that is written
    /// as it is, or several, each laid over those before it.
    pub properties: &'a [RawJson<'a>],
    /// Where it happened: objects, each laid over those before it.
    pub context: &'a [RawJson<'a>],
    /// Which destinations may have it; left out when there is none.
    pub integrations: RawJson<'a>,
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
            name: None,
            properties: &[],
            context: &[],
            integrations: RawJson::NONE,
        }
    }

    /// Appends the event as one JSON object, in a fixed order of fields.
    pub fn write(&self, out: &mut impl Sink) {
        write_member(out, "{\"type\":", self.kind.as_str());
        write_member(out, ",\"messageId\":", self.message_id);
        out.put(",\"timestamp\":\"");
        self.timestamp.write(out);
        out.put("\"");
        if !self.anonymous_id.is_empty() {
            write_member(out, ",\"anonymousId\":", self.anonymous_id);
        }
        if let Some(id) = self.user_id {
            write_member(out, ",\"userId\":", id);
        }
        if let Some(name) = self.name {
            let field = match self.kind {
                EventKind::Track => ",\"event\":",
                EventKind::Group => ",\"groupId\":",
                EventKind::Alias => ",\"previousId\":",
                _ => ",\"name\":",
            };
            write_member(out, field, name);
        }
        if !self.properties.is_empty() {
            out.put(if self.kind.is_action() { ",\"properties\":" } else { ",\"traits\":" });
            match self.properties {
                [only] => out.put(only.text()),
                layers => write_layers(out, layers),
            }
        }
        out.put(",\"context\":");
        write_layers(out, self.context);
        if !self.integrations.text().is_empty() {
            out.put(",\"integrations\":");
            out.put(self.integrations.text());
        }
        out.put("}");
    }
}
