//! One event, read by the wire's rules.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::field::{depth, id, object, text, time};
use crate::{
    EventKind, RawJson, Timestamp,
    limits::{DEPTH_MAX, EVENT_BYTES_MAX, NAME_BYTES_MAX},
};

/// An event whose fields have the right types and whose kind has what it needs.
#[derive(Clone, Debug)]
pub struct Decoded<'a> {
    /// What it reports.
    pub kind: EventKind,
    /// Its id; a server assigns one when it is absent.
    pub message_id: Option<Cow<'a, str>>,
    /// The device's id; at least one of this and `user_id` is there.
    pub anonymous_id: Option<Cow<'a, str>>,
    /// The user's id.
    pub user_id: Option<Cow<'a, str>>,
    /// The group's id, always there on a group event.
    pub group_id: Option<Cow<'a, str>>,
    /// The former id, always there on an alias event.
    pub previous_id: Option<Cow<'a, str>>,
    /// `event` of a track (always there), `name` of a page or screen.
    pub name: Option<Cow<'a, str>>,
    /// When it happened by the device's clock: `originalTimestamp`, else `timestamp`.
    pub original_timestamp: Option<Timestamp>,
    /// When it was sent by the device's clock, where the event itself says so.
    pub sent_at: Option<Timestamp>,
    /// The properties, an object.
    pub properties: Option<RawJson<'a>>,
    /// The traits, an object.
    pub traits: Option<RawJson<'a>>,
    /// The context, an object.
    pub context: Option<RawJson<'a>>,
    /// The integrations, an object.
    pub integrations: Option<RawJson<'a>>,
}

/// Why an event is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {detail}")]
pub struct Invalid {
    /// The rule that it breaks, a stable word.
    pub reason: InvalidReason,
    /// The field at fault; `event` for the whole.
    pub field: &'static str,
    /// What was expected and what was found.
    pub detail: String,
}

/// The rules that an event can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InvalidReason {
    /// Not a JSON object, or a field occurs twice.
    Malformed,
    /// More bytes than [`EVENT_BYTES_MAX`].
    TooLarge,
    /// Nested deeper than [`DEPTH_MAX`].
    TooDeep,
    /// `type` is missing or none of the six kinds.
    UnknownType,
    /// Neither `anonymousId` nor `userId`.
    MissingId,
    /// A track without `event`.
    MissingEvent,
    /// A group without `groupId`.
    MissingGroupId,
    /// An alias without both `previousId` and `userId`.
    MissingPreviousId,
    /// A field of another JSON type.
    WrongType,
    /// A time that is not RFC 3339 or outside of the years 1 to 9999.
    BadTimestamp,
    /// An id over its limit.
    IdTooLong,
    /// A name over its limit.
    NameTooLong,
}

impl InvalidReason {
    /// Every rule.
    pub const ALL: [Self; 12] = [
        Self::Malformed,
        Self::TooLarge,
        Self::TooDeep,
        Self::UnknownType,
        Self::MissingId,
        Self::MissingEvent,
        Self::MissingGroupId,
        Self::MissingPreviousId,
        Self::WrongType,
        Self::BadTimestamp,
        Self::IdTooLong,
        Self::NameTooLong,
    ];

    /// The word that receipts and the quarantine carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::TooDeep => "too_deep",
            Self::UnknownType => "unknown_type",
            Self::MissingId => "missing_id",
            Self::MissingEvent => "missing_event",
            Self::MissingGroupId => "missing_group_id",
            Self::MissingPreviousId => "missing_previous_id",
            Self::WrongType => "wrong_type",
            Self::BadTimestamp => "bad_timestamp",
            Self::IdTooLong => "id_too_long",
            Self::NameTooLong => "name_too_long",
        }
    }
}

/// Reads one event. `default_kind` is what the route says when the event has no `type`.
///
/// ```
/// use holloway_wire::decode::{InvalidReason, event};
/// let decoded = event(r#"{"type":"identify","userId":42,"anonymousId":null}"#, None)?;
/// assert_eq!(decoded.user_id.as_deref(), Some("42"));
/// assert_eq!(decoded.anonymous_id, None);
///
/// let invalid = event(r#"{"type":"track","userId":"u1"}"#, None).unwrap_err();
/// assert_eq!(invalid.reason, InvalidReason::MissingEvent);
/// assert_eq!(invalid.to_string(), "event: expected the name of what happened, found nothing");
/// # Ok::<(), holloway_wire::decode::Invalid>(())
/// ```
pub fn event(raw: &str, default_kind: Option<EventKind>) -> Result<Decoded<'_>, Invalid> {
    if raw.len() > EVENT_BYTES_MAX {
        let detail = format!("expected at most {EVENT_BYTES_MAX} bytes, found {}", raw.len());
        return Err(Invalid { reason: InvalidReason::TooLarge, field: "event", detail });
    }
    if depth(raw) > DEPTH_MAX {
        let detail = format!("expected at most {DEPTH_MAX} levels of nesting, found more");
        return Err(Invalid { reason: InvalidReason::TooDeep, field: "event", detail });
    }
    let malformed = |found: String| Invalid {
        reason: InvalidReason::Malformed,
        field: "event",
        detail: format!("expected a JSON object, found {found}"),
    };
    // A derived reader would take an array for the fields in their order.
    if !raw.trim_ascii_start().starts_with('{') {
        return Err(malformed("another value".to_owned()));
    }
    let fields: Fields<'_> = serde_json::from_str(raw).map_err(|error| malformed(error.to_string()))?;
    let kind = kind(text(fields.kind, "type")?, default_kind)?;
    let name =
        if kind == EventKind::Track { text(fields.event, "event") } else { text(fields.name, "name") }?;
    let original = time(fields.original_timestamp, "originalTimestamp")?;
    let decoded = Decoded {
        kind,
        message_id: id(fields.message_id, "messageId")?,
        anonymous_id: id(fields.anonymous_id, "anonymousId")?,
        user_id: id(fields.user_id, "userId")?,
        group_id: id(fields.group_id, "groupId")?,
        previous_id: id(fields.previous_id, "previousId")?,
        name,
        original_timestamp: original.or(time(fields.timestamp, "timestamp")?),
        sent_at: time(fields.sent_at, "sentAt").unwrap_or_default(),
        properties: object(fields.properties, "properties")?,
        traits: object(fields.traits, "traits")?,
        context: object(fields.context, "context")?,
        integrations: object(fields.integrations, "integrations").unwrap_or_default(),
    };
    complete(decoded)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    anonymous_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    user_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    group_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    previous_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    event: Option<&'a RawValue>,
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow, default)]
    original_timestamp: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sent_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    properties: Option<&'a RawValue>,
    #[serde(borrow, default)]
    traits: Option<&'a RawValue>,
    #[serde(borrow, default)]
    context: Option<&'a RawValue>,
    #[serde(borrow, default)]
    integrations: Option<&'a RawValue>,
}

fn kind(word: Option<Cow<'_, str>>, default_kind: Option<EventKind>) -> Result<EventKind, Invalid> {
    let found = match (word, default_kind) {
        (None, Some(kind)) => return Ok(kind),
        (None, None) => "nothing".to_owned(),
        (Some(word), _) => match EventKind::parse(&word) {
            Some(kind) => return Ok(kind),
            None => format!("{:?}", word.chars().take(40).collect::<String>()),
        },
    };
    let detail = format!("expected track, page, screen, identify, group or alias, found {found}");
    Err(Invalid { reason: InvalidReason::UnknownType, field: "type", detail })
}

/// What the kind needs beyond types.
fn complete(decoded: Decoded<'_>) -> Result<Decoded<'_>, Invalid> {
    let missing = |reason, field, what: &str| {
        Err(Invalid { reason, field, detail: format!("expected {what}, found nothing") })
    };
    if let Some(name) = decoded.name.as_ref().filter(|name| name.len() > NAME_BYTES_MAX) {
        let detail = format!("expected at most {NAME_BYTES_MAX} bytes, found {}", name.len());
        return Err(Invalid { reason: InvalidReason::NameTooLong, field: "event", detail });
    }
    match decoded.kind {
        EventKind::Alias if decoded.previous_id.is_none() || decoded.user_id.is_none() => {
            missing(InvalidReason::MissingPreviousId, "previousId", "both previousId and userId")
        }
        _ if decoded.anonymous_id.is_none() && decoded.user_id.is_none() => {
            missing(InvalidReason::MissingId, "anonymousId", "an anonymousId or a userId")
        }
        EventKind::Track if decoded.name.is_none() => {
            missing(InvalidReason::MissingEvent, "event", "the name of what happened")
        }
        EventKind::Group if decoded.group_id.is_none() => {
            missing(InvalidReason::MissingGroupId, "groupId", "the group's id")
        }
        _ => Ok(decoded),
    }
}
