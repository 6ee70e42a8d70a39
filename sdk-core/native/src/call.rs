//! One call of the app, as the record in which it travels from the caller to the worker.
//!
//! ```text
//! kind u8 | detail u8 | present u8 | unix_ms u64 | random [u8; 10] | [timestamp_unix_ms u64] | parts
//! part: bytes u32 | text      only those that `present` names, in the order of their bits below
//! ```
//!
//! Numbers are little-endian. Time and randomness are the caller's, so that a replay after a kill is the same event
//! under the same id.

use std::borrow::Cow;

use holloway_core::{
    Client, EventIds, EventOptions, Now, Registration, ResetOptions, Tracked,
    wire::{EventKind, LossReason, MessageId},
};
use serde::Serialize;
use smallvec::SmallVec;

/// Buffer for a call's record: on the caller's stack, unless the call is a large one.
pub(crate) type Scratch = SmallVec<[u8; 1024]>;

const NAME: u8 = 1;
const OBJECT: u8 = 2;
const CONTEXT: u8 = 4;
const MESSAGE_ID: u8 = 8;
const TIMESTAMP: u8 = 16;
const USER_ID: u8 = 32;
const ANONYMOUS_ID: u8 = 64;
const PREVIOUS: u8 = 128;

/// Stands for an object that could not be written as JSON, with the reason behind it.
const NOT_JSON: &str = "not JSON: ";

/// Calls of which an event comes have the first codes.
const LAST_EVENT: u8 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Event(EventKind),
    Reset(ResetOptions),
    Register(Registration),
    Unregister,
    Context,
    StartSession,
}

/// What a call says besides its objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words<'a> {
    /// Event, page, user, group or key.
    pub(crate) name: Option<&'a str>,
    /// The former id of an alias; without it, the id of the client's own visitor.
    pub(crate) previous: Option<&'a str>,
    /// The ids of the event's visitor; without them, those of the client's own visitor.
    pub(crate) ids: EventIds<'a>,
    pub(crate) message_id: Option<&'a str>,
    pub(crate) timestamp_unix_ms: Option<u64>,
}

/// When it was called, and what makes its id unlike any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) unix_ms: u64,
    pub(crate) random: [u8; 10],
}

/// A call, as the worker reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    pub(crate) kind: Kind,
    pub(crate) stamp: Stamp,
    pub(crate) words: Words<'a>,
    /// Properties or traits, a JSON object's text.
    pub(crate) object: Option<&'a str>,
    pub(crate) context: Option<&'a str>,
}

/// Writes a call's record. Objects are serialised straight into it.
pub(crate) fn write(
    out: &mut Scratch,
    kind: Kind,
    stamp: Stamp,
    words: &Words<'_>,
    object: Option<&impl Serialize>,
    context: Option<&impl Serialize>,
) {
    let (kind, detail) = kind.code();
    out.extend_from_slice(&[kind, detail]);
    let present_at = out.len();
    out.push(0);
    out.extend_from_slice(&stamp.unix_ms.to_le_bytes());
    out.extend_from_slice(&stamp.random);
    let mut present = 0;
    if let Some(timestamp) = words.timestamp_unix_ms {
        present |= TIMESTAMP;
        out.extend_from_slice(&timestamp.to_le_bytes());
    }
    present |= text(out, NAME, words.name);
    present |= json(out, OBJECT, object);
    present |= json(out, CONTEXT, context);
    present |= text(out, MESSAGE_ID, words.message_id);
    present |= text(out, USER_ID, words.ids.user_id);
    present |= text(out, ANONYMOUS_ID, words.ids.anonymous_id);
    present |= text(out, PREVIOUS, words.previous);
    out[present_at] = present;
}

fn text(out: &mut Scratch, flag: u8, text: Option<&str>) -> u8 {
    let Some(text) = text else { return 0 };
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    flag
}

/// Writes an object. A value that JSON cannot carry is written as invalid text, which the core counts as a loss.
fn json(out: &mut Scratch, flag: u8, value: Option<&impl Serialize>) -> u8 {
    let Some(value) = value else { return 0 };
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    if let Err(error) = serde_json::to_writer(&mut *out, value) {
        out.truncate(start + 4);
        out.extend_from_slice(NOT_JSON.as_bytes());
        out.extend_from_slice(error.to_string().as_bytes());
    }
    if &out[start + 4..] == b"null" {
        out.truncate(start);
        return 0;
    }
    let bytes = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&bytes.to_le_bytes());
    flag
}

impl<'a> Call<'a> {
    /// Reads a record; `None` when it was not written by [`write`].
    pub(crate) fn read(record: &'a [u8]) -> Option<Self> {
        let mut rest = record;
        let [kind, detail, present] = take::<3>(&mut rest)?;
        let unix_ms = u64::from_le_bytes(take(&mut rest)?);
        let random = take(&mut rest)?;
        let has = |flag: u8| present & flag != 0;
        let timestamp_unix_ms =
            if has(TIMESTAMP) { Some(u64::from_le_bytes(take(&mut rest)?)) } else { None };
        let mut part = |flag: u8| -> Option<Option<&'a str>> {
            if !has(flag) {
                return Some(None);
            }
            let bytes = u32::from_le_bytes(take(&mut rest)?) as usize;
            let (part, after) = rest.split_at_checked(bytes)?;
            rest = after;
            Some(Some(std::str::from_utf8(part).ok()?))
        };
        let name = part(NAME)?;
        let object = part(OBJECT)?;
        let context = part(CONTEXT)?;
        let message_id = part(MESSAGE_ID)?;
        let ids = EventIds { user_id: part(USER_ID)?, anonymous_id: part(ANONYMOUS_ID)? };
        let previous = part(PREVIOUS)?;
        Some(Self {
            kind: Kind::read(kind, detail)?,
            stamp: Stamp { unix_ms, random },
            words: Words { name, previous, ids, message_id, timestamp_unix_ms },
            object,
            context,
        })
    }

    /// The id of the event that comes of it: the app's own, or one that the call was stamped with.
    pub(crate) fn message_id(&self) -> Cow<'a, str> {
        let made = || MessageId::v7(self.stamp.unix_ms, self.stamp.random).to_text();
        self.words.message_id.map_or_else(|| made().into(), Cow::from)
    }

    /// Applies the call to the core, at the time at which the app made it; the reason when its event is lost.
    pub(crate) fn apply(&self, core: &mut Client, now: Now) -> Option<LossReason> {
        let now = Now { unix_ms: self.stamp.unix_ms, ..now };
        let Words { previous, ids, .. } = self.words;
        let name = self.words.name.unwrap_or_default();
        let object = self.object.unwrap_or("{}");
        match self.kind {
            Kind::Event(kind) => {
                let message_id = self.message_id();
                let options = EventOptions {
                    message_id: Some(&message_id),
                    timestamp_unix_ms: self.words.timestamp_unix_ms,
                    context: self.context,
                    integrations: None,
                };
                let body = if kind == EventKind::Alias { previous } else { self.object };
                let tracked = if self.is_for_another() {
                    core.event_for(ids, kind, name, body, &options, now)
                } else {
                    core.event(kind, name, body, &options, now)
                };
                if let Tracked::Dropped(reason) = tracked {
                    return Some(reason);
                }
            }
            Kind::Reset(keep) => core.reset(keep, now),
            Kind::Register(registration) => core.register(object, registration, now),
            Kind::Unregister => core.unregister(name, now),
            Kind::StartSession => core.start_session(now),
            Kind::Context => core.set_context(object),
        }
        None
    }

    /// The call in a few words for the log, such as `event "Signed Up"`; ids of users are left out.
    pub(crate) fn label(&self) -> String {
        let name = self.words.name.unwrap_or_default();
        match self.kind {
            Kind::Event(EventKind::Track) => format!("event {name:?}"),
            Kind::Event(kind @ (EventKind::Page | EventKind::Screen)) => {
                format!("{} {name:?}", kind.as_str())
            }
            Kind::Event(kind) => kind.as_str().to_owned(),
            Kind::Register(_) => "super properties".to_owned(),
            Kind::Context => "context".to_owned(),
            Kind::Reset(_) | Kind::Unregister | Kind::StartSession => "call".to_owned(),
        }
    }

    /// Why an object could not be written as JSON, when that is so.
    pub(crate) fn json_error(&self) -> Option<&'a str> {
        let mut objects = [self.object, self.context].into_iter().flatten();
        objects.find_map(|text| text.strip_prefix(NOT_JSON))
    }

    /// Whether the call names another visitor than the client's own.
    pub(crate) fn is_for_another(&self) -> bool {
        self.words.ids != EventIds::default()
    }
}

impl Kind {
    /// Whether an event comes of it.
    pub(crate) fn is_event(self) -> bool {
        matches!(self, Self::Event(_))
    }

    const KEEP_ANONYMOUS_ID: u8 = 1;
    const KEEP_REGISTERED: u8 = 2;
    const KEEP_SESSION: u8 = 4;

    fn code(self) -> (u8, u8) {
        match self {
            Self::Event(kind) => (kind as u8, 0),
            Self::Reset(keep) => {
                let flags = [
                    (keep.keep_anonymous_id, Self::KEEP_ANONYMOUS_ID),
                    (keep.keep_registered, Self::KEEP_REGISTERED),
                    (keep.keep_session, Self::KEEP_SESSION),
                ];
                (6, flags.iter().filter(|(keep, _)| *keep).map(|(_, flag)| flag).sum())
            }
            Self::Register(registration) => (7, registration as u8),
            Self::StartSession => (11, 0),
            Self::Unregister => (8, 0),
            Self::Context => (9, 0),
        }
    }

    fn read(kind: u8, detail: u8) -> Option<Self> {
        Some(match (kind, detail) {
            (0..=LAST_EVENT, _) => Self::Event(EventKind::ALL[usize::from(kind)]),
            (6, keep) => Self::Reset(ResetOptions {
                keep_anonymous_id: keep & Self::KEEP_ANONYMOUS_ID != 0,
                keep_registered: keep & Self::KEEP_REGISTERED != 0,
                keep_session: keep & Self::KEEP_SESSION != 0,
            }),
            (7, 0) => Self::Register(Registration::Always),
            (7, 1) => Self::Register(Registration::Once),
            (7, 2) => Self::Register(Registration::Session),
            (11, _) => Self::StartSession,
            (8, _) => Self::Unregister,
            (9, _) => Self::Context,
            _ => return None,
        })
    }
}

/// Whether an event comes of a record that [`write`] made.
pub(crate) fn is_event(record: &[u8]) -> bool {
    record.first().is_some_and(|kind| *kind <= LAST_EVENT)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const STAMP: Stamp = Stamp { unix_ms: 1_780_000_000_000, random: [9; 10] };

    fn record(kind: Kind, words: &Words<'_>, object: Option<&Value>, context: Option<&Value>) -> Scratch {
        let mut out = Scratch::new();
        write(&mut out, kind, STAMP, words, object, context);
        out
    }

    #[test]
    fn every_call_comes_back_as_written() {
        let keep = |keep_anonymous_id, keep_registered| {
            Kind::Reset(ResetOptions { keep_anonymous_id, keep_registered, keep_session: keep_registered })
        };
        let kinds = [
            Kind::Event(EventKind::Track),
            Kind::Event(EventKind::Page),
            Kind::Event(EventKind::Screen),
            Kind::Event(EventKind::Identify),
            Kind::Event(EventKind::Group),
            Kind::Event(EventKind::Alias),
            keep(false, false),
            keep(true, false),
            keep(false, true),
            keep(true, true),
            Kind::Register(Registration::Always),
            Kind::Register(Registration::Once),
            Kind::Register(Registration::Session),
            Kind::StartSession,
            Kind::Unregister,
            Kind::Context,
        ];
        let full = Words {
            name: Some("ü"),
            previous: Some("before"),
            ids: EventIds { user_id: Some("ada"), anonymous_id: Some("a1") },
            message_id: Some("order-17"),
            timestamp_unix_ms: Some(5),
        };
        // An empty id is not an absent one: it must be refused, not taken for the client's own.
        let blank = EventIds { user_id: Some(""), anonymous_id: None };
        let blank = Words { name: Some(""), ids: blank, ..Words::default() };
        for kind in kinds {
            for words in [full, Words::default(), blank] {
                let bytes = record(kind, &words, Some(&json!({ "a": 1 })), Some(&json!({})));
                let call = Call::read(&bytes);
                let expected =
                    Call { kind, stamp: STAMP, words, object: Some(r#"{"a":1}"#), context: Some("{}") };
                assert_eq!(call, Some(expected));
                assert_eq!(is_event(&bytes), kind.is_event());
            }
        }
    }

    #[test]
    fn null_is_no_object_and_what_is_no_json_is_kept_for_the_core_to_count() {
        let bytes = record(Kind::Event(EventKind::Track), &Words::default(), Some(&Value::Null), None);
        assert_eq!(Call::read(&bytes).map(|call| call.object), Some(None));
        let odd = std::collections::HashMap::from([((1, 2), 3)]);
        let mut out = Scratch::new();
        write(&mut out, Kind::Event(EventKind::Track), STAMP, &Words::default(), Some(&odd), None::<&Value>);
        let call = Call::read(&out).expect("was written");
        assert_eq!(call.object, Some("not JSON: key must be a string"));
        assert_eq!(call.json_error(), Some("key must be a string"));
    }

    #[test]
    fn no_cut_record_is_read_as_a_call() {
        let ids = EventIds { user_id: Some("ada"), anonymous_id: Some("a1") };
        let words = Words {
            name: Some("E"),
            previous: Some("p"),
            ids,
            message_id: Some("m"),
            timestamp_unix_ms: Some(1),
        };
        let bytes =
            record(Kind::Event(EventKind::Track), &words, Some(&json!({ "a": 1 })), Some(&json!({ "b": 2 })));
        for length in 0..bytes.len() {
            assert_eq!(Call::read(&bytes[..length]), None, "{length} bytes");
        }
        assert_eq!(Call::read(&[99; 40]), None);
    }
}
