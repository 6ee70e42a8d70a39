//! What the raw log stores for one admitted event.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{ClockSource, EventKind, Timestamp, json::write_string};

/// An event as it was sent, and beside it what the collector knew when it admitted it.
///
/// The event's own text is kept as it came, so that a field which an old collector does not know survives to a
/// newer pipeline. What the collector decided (kind, message id, corrected time) stands beside it and wins.
///
/// ```
/// use holloway_wire::{ClockSource, Envelope, EventKind, Timestamp};
/// let envelope = Envelope {
///     write_key: "KEY".into(),
///     received_at: Timestamp::from_millis(5_000),
///     sent_at: None,
///     message_id: "m-1".into(),
///     kind: EventKind::Track,
///     timestamp: Timestamp::from_millis(4_000),
///     clock: ClockSource::Original,
///     ip: None,
///     user_agent: None,
///     context: None,
///     event: r#"{"event":"Signed Up","userId":"u1"}"#,
/// };
/// let mut out = Vec::new();
/// envelope.write(&mut out);
/// assert_eq!(Envelope::parse(&out)?, envelope);
/// assert!(Envelope::parse(b"{}").unwrap_err().to_string().starts_with("expected an envelope"));
/// # Ok::<(), holloway_wire::EnvelopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// Whose event it is.
    pub write_key: Cow<'a, str>,
    /// When the collector got it.
    pub received_at: Timestamp,
    /// When the client sent it, by the client's clock.
    pub sent_at: Option<Timestamp>,
    /// Its id, as sent or as assigned.
    pub message_id: Cow<'a, str>,
    /// What it reports, by `type` or by route.
    pub kind: EventKind,
    /// When it happened, corrected.
    pub timestamp: Timestamp,
    /// Which input won the correction.
    pub clock: ClockSource,
    /// The sender's address, as the collector may keep it.
    pub ip: Option<Cow<'a, str>>,
    /// The sender's `User-Agent` header.
    pub user_agent: Option<Cow<'a, str>>,
    /// The batch's context, an object that the event's own context overrides.
    pub context: Option<&'a str>,
    /// The event's JSON text as it was sent.
    pub event: &'a str,
}

/// Why a record of the log is not an envelope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an envelope of one event, found {detail}")]
pub struct EnvelopeError {
    /// What the parser met.
    pub detail: String,
}

impl<'a> Envelope<'a> {
    /// Appends the envelope as one JSON object.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"receivedAt\":\"");
        self.received_at.write(out);
        out.extend_from_slice(b"\",\"timestamp\":\"");
        self.timestamp.write(out);
        out.push(b'"');
        let sent_at = self.sent_at.map(|time| time.to_string());
        for (field, text) in [
            ("clock", Some(self.clock.as_str())),
            ("sentAt", sent_at.as_deref()),
            ("writeKey", Some(self.write_key.as_ref())),
            ("messageId", Some(self.message_id.as_ref())),
            ("type", Some(self.kind.as_str())),
            ("ip", self.ip.as_deref()),
            ("userAgent", self.user_agent.as_deref()),
        ] {
            if let Some(text) = text {
                out.push(b',');
                write_string(out, field);
                out.push(b':');
                write_string(out, text);
            }
        }
        if let Some(context) = self.context {
            out.extend_from_slice(b",\"context\":");
            out.extend_from_slice(context.as_bytes());
        }
        out.extend_from_slice(b",\"event\":");
        out.extend_from_slice(self.event.as_bytes());
        out.push(b'}');
    }

    /// Reads a log record.
    pub fn parse(payload: &'a [u8]) -> Result<Self, EnvelopeError> {
        if payload.first() != Some(&b'{') {
            return Err(EnvelopeError { detail: "a record that does not start with a brace".to_owned() });
        }
        let fields: Fields<'a> =
            serde_json::from_slice(payload).map_err(|error| EnvelopeError { detail: error.to_string() })?;
        let time =
            |text: &str| Timestamp::parse(text).map_err(|error| EnvelopeError { detail: error.to_string() });
        let unknown =
            |what: &str, word: &str| EnvelopeError { detail: format!("an unknown {what} {word:?}") };
        Ok(Self {
            received_at: time(&fields.received_at)?,
            timestamp: time(&fields.timestamp)?,
            sent_at: fields.sent_at.as_deref().map(time).transpose()?,
            clock: ClockSource::parse(&fields.clock).ok_or_else(|| unknown("clock", &fields.clock))?,
            kind: EventKind::parse(&fields.kind).ok_or_else(|| unknown("type", &fields.kind))?,
            write_key: fields.write_key,
            message_id: fields.message_id,
            ip: fields.ip,
            user_agent: fields.user_agent,
            context: fields.context.map(RawValue::get),
            event: fields.event.get(),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(borrow)]
    received_at: Cow<'a, str>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    #[serde(borrow)]
    clock: Cow<'a, str>,
    #[serde(borrow, default)]
    sent_at: Option<Cow<'a, str>>,
    #[serde(borrow)]
    write_key: Cow<'a, str>,
    #[serde(borrow)]
    message_id: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    ip: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    user_agent: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    context: Option<&'a RawValue>,
    #[serde(borrow)]
    event: &'a RawValue,
}
