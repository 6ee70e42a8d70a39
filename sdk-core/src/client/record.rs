//! From a call to a record in the outbox.

use alloc::{string::String, vec::Vec};

use holloway_wire::{
    Event, EventKind, LossReason, RawJson, Timestamp,
    json::{write_merged, write_number, write_string},
};

use super::{Client, Tracked, Waiting};
use crate::{Consent, Diagnostic, Effect, EventOptions, Now, Rotation};

/// The name of the event by which a denied consent asks for deletion.
const DELETION_EVENT: &str = "Deletion Requested";

/// The parts of an event that differ by call.
pub(super) struct Draft<'a> {
    pub(super) kind: EventKind,
    pub(super) name: Option<&'a str>,
    pub(super) properties: Option<&'a str>,
    pub(super) traits: Option<&'a str>,
    pub(super) group_id: Option<&'a str>,
    pub(super) previous_id: Option<&'a str>,
    pub(super) rotation: Option<Rotation>,
}

impl Draft<'_> {
    pub(super) const fn new(kind: EventKind) -> Self {
        Self {
            kind,
            name: None,
            properties: None,
            traits: None,
            group_id: None,
            previous_id: None,
            rotation: None,
        }
    }
}

impl Client {
    pub(super) fn record(&mut self, draft: &Draft<'_>, options: &EventOptions<'_>, now: Now) -> Tracked {
        if self.consent() == Consent::Denied {
            self.lose(LossReason::OptedOut, 1);
            return Tracked::Dropped(LossReason::OptedOut);
        }
        let made = self.random.message_id(now.unix_ms);
        let made_text = made.to_text();
        let message_id = options.message_id.filter(|id| !id.is_empty()).unwrap_or(&made_text);
        let objects = [draft.properties, draft.traits, options.context, options.integrations];
        let parsed = objects.map(|text| text.map(RawJson::object).transpose());
        let [Ok(properties), Ok(traits), Ok(context), Ok(integrations)] = parsed else {
            let at = parsed.iter().find_map(|object| object.err()).map_or(0, |error| error.at);
            self.diagnose(Diagnostic::BadJson { at });
            return self.drop_event(LossReason::Serialize, now);
        };
        self.touch_session(message_id, draft.rotation, now);

        let context = self.compose_context(context.unwrap_or(RawJson::EMPTY));
        let has_properties = matches!(draft.kind, EventKind::Track | EventKind::Page | EventKind::Screen);
        let mut merged = Vec::new();
        let registered = self.state.identity.registered();
        if has_properties && !registered.is_empty() {
            write_merged(&mut merged, registered, properties.unwrap_or(RawJson::EMPTY));
        }
        let merged = core::str::from_utf8(&merged).ok().and_then(|text| RawJson::object(text).ok());
        let timestamp = options.timestamp_unix_ms.unwrap_or(now.unix_ms);
        let event = Event {
            user_id: self.user_id(),
            group_id: draft.group_id,
            previous_id: draft.previous_id,
            name: draft.name,
            properties: merged.or(properties),
            traits,
            context: RawJson::object(&context).unwrap_or(RawJson::EMPTY),
            integrations,
            ..Event::new(
                draft.kind,
                message_id,
                self.anonymous_id(),
                Timestamp::from_millis(timestamp as i64),
            )
        };
        let mut payload = Vec::with_capacity(256 + context.len());
        event.write(&mut payload);
        if payload.len() > self.config.event_bytes_max {
            return self.drop_event(LossReason::TooLarge, now);
        }
        if self.consent() == Consent::Unknown {
            self.hold(payload);
        } else {
            self.enqueue(payload, now);
            self.send(now);
        }
        Tracked::Queued(options.message_id.is_none().then_some(made))
    }

    /// Puts an event into the open chunk, and seals it when it is full.
    pub(super) fn enqueue(&mut self, payload: Vec<u8>, now: Now) {
        let bytes_max = self.config.chunk_bytes_max;
        if self.outbox.unsealed().is_some_and(|chunk| chunk.bytes + payload.len() > bytes_max) {
            self.seal();
        }
        let chunk = self.outbox.open(now.unix_ms, now.mono_ms);
        let id = chunk.id;
        chunk.unanswered += 1;
        if let Some(payloads) = &mut chunk.payloads {
            payloads.push(payload.clone());
        }
        chunk.events += 1;
        chunk.bytes += payload.len();
        let is_full = chunk.events >= self.config.flush_at();
        let token = self.token(Waiting::Append(id));
        self.effects.push(Effect::Append { token, chunk: id, payload });
        if is_full {
            self.seal();
        }
        self.expire(now);
    }

    /// Keeps an event in memory until the user decides; the oldest make room.
    fn hold(&mut self, payload: Vec<u8>) {
        self.held.push(payload);
        let mut bytes: usize = self.held.iter().map(Vec::len).sum();
        let mut dropped = 0;
        while bytes > self.config.pending_bytes_max && !self.held.is_empty() {
            bytes -= self.held.remove(0).len();
            dropped += 1;
        }
        self.lose(LossReason::QueueFull, dropped);
    }

    fn drop_event(&mut self, reason: LossReason, now: Now) -> Tracked {
        self.lose(reason, 1);
        self.save(now);
        Tracked::Dropped(reason)
    }

    /// Library and session, under the host's context, under the event's own.
    fn compose_context(&self, own: RawJson<'_>) -> String {
        let mut base = b"{\"library\":{\"name\":".to_vec();
        write_string(&mut base, self.config.library.0);
        base.extend_from_slice(b",\"version\":");
        write_string(&mut base, self.config.library.1);
        base.push(b'}');
        if let Some(session) = &self.state.session {
            base.extend_from_slice(b",\"session\":{\"id\":");
            write_string(&mut base, &session.id);
            base.extend_from_slice(b",\"start\":\"");
            Timestamp::from_millis(session.start_unix_ms as i64).write(&mut base);
            base.extend_from_slice(b"\",\"index\":");
            write_number(&mut base, session.index);
            base.extend_from_slice(b",\"eventIndex\":");
            write_number(&mut base, session.events);
            base.push(b'}');
        }
        base.push(b'}');
        let host = RawJson::object(&self.context).unwrap_or(RawJson::EMPTY);
        let base = String::from_utf8(base).expect("written as UTF-8");
        let with_host = merge(&base, host);
        merge(&with_host, own)
    }

    /// The event that asks a collector to delete what it has of this device and its user.
    pub(super) fn deletion_request(&mut self, now: Now) -> Vec<u8> {
        let message_id = self.random.message_id(now.unix_ms).to_text();
        let event = Event {
            user_id: self.user_id(),
            name: Some(DELETION_EVENT),
            ..Event::new(
                EventKind::Track,
                &message_id,
                self.anonymous_id(),
                Timestamp::from_millis(now.unix_ms as i64),
            )
        };
        let mut payload = Vec::new();
        event.write(&mut payload);
        payload
    }
}

fn merge(under: &str, over: RawJson<'_>) -> String {
    let mut merged = Vec::with_capacity(under.len() + over.text().len());
    write_merged(&mut merged, RawJson::object(under).unwrap_or(RawJson::EMPTY), over);
    String::from_utf8(merged).expect("merged JSON texts are UTF-8")
}
