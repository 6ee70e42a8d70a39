//! From a call to a record in the outbox.

use alloc::{string::String, vec::Vec};

use holloway_wire::{
    Event, EventKind, LossReason, RawJson, Timestamp,
    json::{write_number, write_string},
};

use super::{Client, Tracked, Waiting};
use crate::{Consent, Diagnostic, Effect, EventOptions, Now, frame::crc32c, identity::merged};

/// The name of the event by which a denied consent asks for deletion.
const DELETION_EVENT: &str = "Deletion Requested";

/// What differs by call, as the app gave it.
pub(super) struct Draft<'a> {
    pub(super) kind: EventKind,
    pub(super) name: Option<&'a str>,
    pub(super) properties: Option<&'a str>,
    pub(super) traits: Option<&'a str>,
    pub(super) group_id: Option<&'a str>,
    pub(super) previous_id: Option<&'a str>,
}

impl Draft<'_> {
    pub(super) const fn new(kind: EventKind) -> Self {
        Self { kind, name: None, properties: None, traits: None, group_id: None, previous_id: None }
    }
}

/// The same, found to be well formed.
pub(super) struct Parts<'a> {
    pub(super) kind: EventKind,
    pub(super) name: Option<&'a str>,
    pub(super) properties: Option<RawJson<'a>>,
    pub(super) traits: Option<RawJson<'a>>,
    pub(super) context: Option<RawJson<'a>>,
    pub(super) integrations: Option<RawJson<'a>>,
    pub(super) group_id: Option<&'a str>,
    pub(super) previous_id: Option<&'a str>,
}

impl Parts<'_> {
    pub(super) const fn new(kind: EventKind) -> Self {
        Self {
            kind,
            name: None,
            properties: None,
            traits: None,
            context: None,
            integrations: None,
            group_id: None,
            previous_id: None,
        }
    }

    /// Whether it is something that was done, rather than a word on who somebody is.
    fn is_action(&self) -> bool {
        matches!(self.kind, EventKind::Track | EventKind::Page | EventKind::Screen)
    }
}

impl Client {
    pub(super) fn record(&mut self, draft: &Draft<'_>, options: &EventOptions<'_>, now: Now) -> Tracked {
        if self.consent() == Consent::Denied {
            self.lose(LossReason::OptedOut, 1);
            return Tracked::Dropped(LossReason::OptedOut);
        }
        self.is_amid = true;
        let tracked = self.record_amid(draft, options, now);
        self.end(now);
        if matches!(tracked, Tracked::Queued(_)) {
            self.send(now);
        }
        tracked
    }

    fn record_amid(&mut self, draft: &Draft<'_>, options: &EventOptions<'_>, now: Now) -> Tracked {
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
        let parts = Parts {
            kind: draft.kind,
            name: draft.name,
            properties,
            traits,
            context,
            integrations,
            group_id: draft.group_id,
            previous_id: draft.previous_id,
        };
        let campaign = self.campaign(context);
        self.must_save |= self.touch_session(message_id, campaign, now);
        let lost = self.put(&parts, message_id, options.timestamp_unix_ms.unwrap_or(now.unix_ms), now);
        lost.map_or(Tracked::Queued(options.message_id.is_none().then_some(made)), Tracked::Dropped)
    }

    /// What stands for the campaign of an event, where sessions are split by it.
    fn campaign(&self, own: Option<RawJson<'_>>) -> Option<u32> {
        if !self.config.session_by_campaign {
            return None;
        }
        let host = RawJson::object(&self.context).ok();
        own.and_then(|own| own.get("campaign")).or_else(|| host?.get("campaign")).map(campaign_of)
    }

    /// Writes an event of the running session and keeps it; why it is lost, when it is.
    pub(super) fn put(
        &mut self,
        parts: &Parts<'_>,
        message_id: &str,
        unix_ms: u64,
        now: Now,
    ) -> Option<LossReason> {
        if parts.is_action() && self.is_sampled_out() {
            // The app wants these losses, and many: they are saved with the session's activity.
            self.lose(LossReason::Sampled, 1);
            return Some(LossReason::Sampled);
        }
        #[cfg(feature = "plugins")]
        let mut plugins = core::mem::take(&mut self.plugins);
        let own = parts.context.unwrap_or(RawJson::EMPTY);
        let context = merged(&merged(&self.library_context(), &self.context), own.text());
        let registered = self.state.identity.super_properties();
        let super_properties =
            RawJson::object(&registered).ok().filter(|all| parts.is_action() && !all.is_empty());
        let properties =
            super_properties.map(|all| merged(all.text(), parts.properties.unwrap_or(RawJson::EMPTY).text()));
        let properties =
            properties.as_deref().and_then(|text| RawJson::object(text).ok()).or(parts.properties);
        let event = Event {
            user_id: self.user_id(),
            group_id: parts.group_id,
            previous_id: parts.previous_id,
            name: parts.name,
            properties,
            traits: parts.traits,
            context: RawJson::object(&context).unwrap_or(RawJson::EMPTY),
            integrations: parts.integrations,
            ..Event::new(parts.kind, message_id, self.anonymous_id(), Timestamp::from_millis(unix_ms as i64))
        };
        let mut payload = Vec::with_capacity(256 + context.len());
        #[cfg(feature = "plugins")]
        let is_kept = plugins.write(&event, &mut payload);
        #[cfg(not(feature = "plugins"))]
        event.write(&mut payload);
        #[cfg(feature = "plugins")]
        {
            self.plugins = plugins;
            if !is_kept {
                self.lose(LossReason::BeforeSend, 1);
                return Some(LossReason::BeforeSend);
            }
        }
        if payload.len() > self.config.event_bytes_max {
            self.lose(LossReason::TooLarge, 1);
            self.save(now);
            return Some(LossReason::TooLarge);
        }
        if self.consent() == Consent::Unknown {
            self.hold(payload);
        } else {
            self.enqueue(payload, now);
        }
        None
    }

    /// Puts an event into the open chunk, and seals it when it is full.
    pub(super) fn enqueue(&mut self, payload: Vec<u8>, now: Now) {
        let bytes_max = self.config.chunk_bytes_max;
        if self.outbox.unsealed().is_some_and(|chunk| chunk.bytes + payload.len() > bytes_max) {
            self.seal();
        }
        let events_max = self.config.chunk_events_max();
        let chunk = self.outbox.open(now.unix_ms, now.mono_ms);
        let id = chunk.id;
        chunk.unanswered += 1;
        if let Some(payloads) = &mut chunk.payloads {
            payloads.push(payload.clone());
        }
        chunk.events += 1;
        chunk.bytes += payload.len();
        let is_full = chunk.events >= events_max;
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

    /// What the client itself knows: library, session, purposes.
    fn library_context(&self) -> String {
        let mut out = b"{\"library\":{\"name\":".to_vec();
        let out = &mut out;
        write_string(out, self.config.library.0);
        text_member(out, b",\"version\":", self.config.library.1);
        if let Some(session) = &self.state.session {
            text_member(out, b"},\"session\":{\"id\":", &session.id);
            out.extend_from_slice(b",\"start\":\"");
            Timestamp::from_millis(session.start_unix_ms as i64).write(out);
            number_member(out, b"\",\"index\":", session.index);
            number_member(out, b",\"eventIndex\":", session.events);
            number_member(out, b",\"sequence\":", self.state.sequence);
            // Where there are session events, the app's first one says so too: after a kill it may be the newest.
            if session.events == 1 || (self.config.session_events && session.events == 2) {
                text_member(out, b",\"reason\":", session.reason.as_str());
                if let Some(previous) = &session.previous_id {
                    text_member(out, b",\"previousId\":", previous);
                }
            }
        }
        out.push(b'}');
        if !self.state.purposes.is_empty() {
            out.extend_from_slice(b",\"consent\":{\"categoryPreferences\":");
            out.extend_from_slice(self.state.purposes.as_bytes());
            out.push(b'}');
        }
        out.push(b'}');
        String::from_utf8(core::mem::take(out)).expect("written as UTF-8")
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

/// Never 0, which stands for none.
pub(super) fn campaign_of(campaign: RawJson<'_>) -> u32 {
    crc32c(campaign.text().as_bytes()).max(1)
}

fn text_member(out: &mut Vec<u8>, before: &[u8], text: &str) {
    out.extend_from_slice(before);
    write_string(out, text);
}

fn number_member(out: &mut Vec<u8>, before: &[u8], number: u64) {
    out.extend_from_slice(before);
    write_number(out, number);
}
