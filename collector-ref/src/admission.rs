//! A request's events, read and judged by themselves, before anybody looks at what the log holds already.
//!
//! This is where the work is, and it touches nothing shared: requests do it side by side.

use std::borrow::Cow;

use holloway_wire::{Envelope, Timestamp, correct_clock, decode, dedupe_key, stable_hash128};

use crate::{
    intake::Source,
    quarantine::{self, Cause},
};

/// Events on their way into the log, in the order of the request.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

/// One event: a record for the log, or one for the quarantine.
#[derive(Debug)]
pub(crate) struct Entry {
    /// As sent or as assigned; empty when there is none.
    pub(crate) message_id: String,
    /// By which it is known again.
    pub(crate) key: [u8; 16],
    pub(crate) received_at: Timestamp,
    /// Why it goes to the quarantine.
    pub(crate) refused: Option<Refused>,
    /// Where its record ends in the bytes of all.
    end: usize,
}

/// Why an event is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The broken rule, a stable word.
    pub(crate) reason: &'static str,
    /// What was expected and what was found.
    pub(crate) detail: String,
}

/// What an envelope adds to its event, about.
const ENVELOPE_BYTES: usize = 384;

impl Admission {
    /// Room for so many events of so many bytes in all.
    pub(crate) fn with_capacity(events: usize, bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes + events * ENVELOPE_BYTES),
            entries: Vec::with_capacity(events),
        }
    }

    /// Reads one event.
    pub(crate) fn event(&mut self, raw: &str, source: &Source<'_>) {
        let event = match decode::event(raw, source.default_kind) {
            Ok(event) => event,
            Err(invalid) => {
                let detail = invalid.to_string();
                let cause = Cause { reason: invalid.reason.as_str(), field: invalid.field, detail: &detail };
                self.refuse(message_id(raw).unwrap_or_default(), raw.as_bytes(), source, &cause);
                return;
            }
        };
        let message_id = event.message_id.map_or_else(|| uuid::Uuid::now_v7().to_string(), Cow::into_owned);
        let sent_at = source.sent_at.or(event.sent_at);
        let corrected = correct_clock(event.original_timestamp, sent_at, source.received_at);
        let envelope = Envelope {
            write_key: source.write_key.into(),
            received_at: source.received_at,
            sent_at,
            message_id: message_id.as_str().into(),
            kind: event.kind,
            timestamp: corrected.timestamp,
            clock: corrected.source,
            ip: source.ip.map(Into::into),
            user_agent: source.user_agent.map(Into::into),
            context: source.batch_context,
            event: raw,
        };
        envelope.write(&mut self.bytes);
        let key = dedupe_key(source.write_key, &message_id);
        self.push(message_id, key, source, None);
    }

    /// Takes a payload that never became an event.
    pub(crate) fn payload(
        &mut self,
        payload: &[u8],
        source: &Source<'_>,
        field: &str,
        reason: &'static str,
        detail: &str,
    ) {
        self.refuse(String::new(), payload, source, &Cause { reason, field, detail });
    }

    /// The entries, each with its record.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Entry, &[u8])> {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let record = &self.bytes[start..entry.end];
            start = entry.end;
            (entry, record)
        })
    }

    /// The entries.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
    }

    fn refuse(&mut self, message_id: String, payload: &[u8], source: &Source<'_>, cause: &Cause<'_>) {
        quarantine::write(&mut self.bytes, payload, source.write_key, source.received_at, cause);
        let parts = [&b"quarantine"[..], source.write_key.as_bytes(), cause.reason.as_bytes(), payload];
        let refused = Refused { reason: cause.reason, detail: cause.detail.to_owned() };
        self.push(message_id, stable_hash128(&parts), source, Some(refused));
    }

    fn push(&mut self, message_id: String, key: [u8; 16], source: &Source<'_>, refused: Option<Refused>) {
        let (received_at, end) = (source.received_at, self.bytes.len());
        self.entries.push(Entry { message_id, key, received_at, refused, end });
    }
}

/// The message id of an event that is invalid otherwise, so that its sender can tell which one it was.
fn message_id(raw: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named<'a> {
        #[serde(borrow, default, rename = "messageId")]
        id: Option<Cow<'a, str>>,
    }
    serde_json::from_str::<Named<'_>>(raw).ok()?.id.map(Cow::into_owned)
}
