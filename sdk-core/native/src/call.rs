//! One call of the app, as the record in which it travels from the caller to the worker.
//!
//! ```text
//! kind u8 | detail u8 | present u8 | unix_ms u64 | random [u8; 10] | [timestamp_unix_ms u64] | parts
//! part: bytes u32 | text      in the order name, object, context, message id; only those that `present` names
//! ```
//!
//! Numbers are little-endian. Time and randomness are the caller's, so that a replay after a kill is the same event
//! under the same id.

use std::borrow::Cow;

use holloway_core::{Client, EventOptions, Now, Registration, ResetOptions, wire::MessageId};
use serde::Serialize;
use smallvec::SmallVec;

/// Where a call is written down on its way: on the caller's stack, unless it is a large one.
pub(crate) type Scratch = SmallVec<[u8; 1024]>;

const NAME: u8 = 1;
const OBJECT: u8 = 2;
const CONTEXT: u8 = 4;
const MESSAGE_ID: u8 = 8;
const TIMESTAMP: u8 = 16;

/// Calls of which an event comes have the first codes.
const LAST_EVENT: u8 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Track,
    Page,
    Screen,
    Identify,
    Group,
    Alias,
    Reset(ResetOptions),
    Register(Registration),
    Unregister,
    Context,
    StartSession,
}

/// What a call says besides its object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words<'a> {
    /// Event, page, user, group or key.
    pub(crate) name: Option<&'a str>,
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
    out[present_at] = present;
}

fn text(out: &mut Scratch, flag: u8, text: Option<&str>) -> u8 {
    let Some(text) = text else { return 0 };
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    flag
}

/// What cannot be written as JSON goes on as text that is none: the core counts it as a loss, with its reason.
fn json(out: &mut Scratch, flag: u8, value: Option<&impl Serialize>) -> u8 {
    let Some(value) = value else { return 0 };
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(start + 4);
        out.extend_from_slice(b"not JSON");
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
        Some(Self {
            kind: Kind::read(kind, detail)?,
            stamp: Stamp { unix_ms, random },
            words: Words { name, message_id, timestamp_unix_ms },
            object,
            context,
        })
    }

    /// The id of the event that comes of it: the app's own, or one that the call was stamped with.
    pub(crate) fn message_id(&self) -> Cow<'a, str> {
        let made = || MessageId::v7(self.stamp.unix_ms, self.stamp.random).to_text();
        self.words.message_id.map_or_else(|| made().into(), Cow::from)
    }

    /// Lets the core do it, at the time at which the app asked for it.
    pub(crate) fn apply(&self, core: &mut Client, now: Now) {
        let now = Now { unix_ms: self.stamp.unix_ms, ..now };
        let message_id = self.message_id();
        let options = EventOptions {
            message_id: Some(&message_id),
            timestamp_unix_ms: self.words.timestamp_unix_ms,
            context: self.context,
            integrations: None,
        };
        let name = self.words.name.unwrap_or_default();
        let named = Some(name).filter(|name| !name.is_empty());
        let object = self.object;
        match self.kind {
            Kind::Track => drop(core.track(name, object, &options, now)),
            Kind::Page => drop(core.page(named, object, &options, now)),
            Kind::Screen => drop(core.screen(named, object, &options, now)),
            Kind::Identify => drop(core.identify(name, object, &options, now)),
            Kind::Group => drop(core.group(name, object, &options, now)),
            Kind::Alias => drop(core.alias(name, None, &options, now)),
            Kind::Reset(keep) => core.reset(keep, now),
            Kind::Register(registration) => core.register(object.unwrap_or("{}"), registration, now),
            Kind::Unregister => core.unregister(name, now),
            Kind::StartSession => core.start_session(now),
            Kind::Context => core.set_context(object.unwrap_or("{}")),
        }
    }
}

impl Kind {
    /// Whether an event comes of it.
    pub(crate) fn is_event(self) -> bool {
        self.code().0 <= LAST_EVENT
    }

    const KEEP_ANONYMOUS_ID: u8 = 1;
    const KEEP_REGISTERED: u8 = 2;
    const KEEP_SESSION: u8 = 4;

    fn code(self) -> (u8, u8) {
        match self {
            Self::Track => (0, 0),
            Self::Page => (1, 0),
            Self::Screen => (2, 0),
            Self::Identify => (3, 0),
            Self::Group => (4, 0),
            Self::Alias => (5, 0),
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
            (0, _) => Self::Track,
            (1, _) => Self::Page,
            (2, _) => Self::Screen,
            (3, _) => Self::Identify,
            (4, _) => Self::Group,
            (5, _) => Self::Alias,
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
            Kind::Track,
            Kind::Page,
            Kind::Screen,
            Kind::Identify,
            Kind::Group,
            Kind::Alias,
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
        let full = Words { name: Some("ü"), message_id: Some("order-17"), timestamp_unix_ms: Some(5) };
        for kind in kinds {
            for words in [full, Words::default(), Words { name: Some(""), ..Words::default() }] {
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
        let bytes = record(Kind::Track, &Words::default(), Some(&Value::Null), None);
        assert_eq!(Call::read(&bytes).map(|call| call.object), Some(None));
        let odd = std::collections::HashMap::from([((1, 2), 3)]);
        let mut out = Scratch::new();
        write(&mut out, Kind::Track, STAMP, &Words::default(), Some(&odd), None::<&Value>);
        assert_eq!(Call::read(&out).map(|call| call.object), Some(Some("not JSON")));
    }

    #[test]
    fn no_cut_record_is_read_as_a_call() {
        let words = Words { name: Some("E"), message_id: Some("m"), timestamp_unix_ms: Some(1) };
        let bytes = record(Kind::Track, &words, Some(&json!({ "a": 1 })), Some(&json!({ "b": 2 })));
        for length in 0..bytes.len() {
            assert_eq!(Call::read(&bytes[..length]), None, "{length} bytes");
        }
        assert_eq!(Call::read(&[99; 40]), None);
    }
}
