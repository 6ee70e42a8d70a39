//! From a call to a record in the outbox.

use alloc::{string::String, vec::Vec};

use holloway_wire::{
    Event, EventKind, LossReason, RawJson, Timestamp,
    json::{Sink, roomy, write_member, write_number},
    limits::EVENT_BYTES_MAX,
};

use super::{Client, Tracked, sessions::HAS_RULES};
use crate::{
    Consent, EventOptions, Now,
    config::PENDING_BYTES_MAX,
    frame::crc32c,
    outbox::STORES_LATER,
    state::{Number, Text},
};

/// What differs by call, found to be well formed.
pub(super) struct Draft<'a> {
    pub(super) kind: EventKind,
    /// The event's or page's name, the group's id, or the former id.
    pub(super) name: Option<&'a str>,
    /// Properties, or traits; this and the others may be `NONE`.
    pub(super) properties: RawJson<'a>,
    pub(super) context: RawJson<'a>,
    pub(super) integrations: RawJson<'a>,
}

impl Client {
    pub(super) fn record(
        &mut self,
        kind: EventKind,
        name: Option<&str>,
        properties: Option<&str>,
        options: &EventOptions<'_>,
        now: Now,
    ) -> Tracked {
        if self.consent() == Consent::Denied {
            self.lose(LossReason::OptedOut, 1);
            return Tracked::Dropped(LossReason::OptedOut);
        }
        self.is_amid = true;
        let (mut made, mut text) = (None, String::new());
        let given = options.message_id.filter(|id| !id.is_empty());
        let message_id = given.unwrap_or_else(|| {
            let id = self.random.message_id(now.unix_ms);
            made = Some(id);
            text = id.to_text();
            &text
        });
        let unix_ms = options.timestamp_unix_ms.unwrap_or(now.unix_ms);
        let lost = match self.objects(properties, options) {
            Err(reason) => Some(reason),
            Ok([properties, context, integrations]) => {
                let campaign = self.campaign(context);
                self.must_save |= self.touch_session(message_id, campaign, now);
                self.put(&Draft { kind, name, properties, context, integrations }, message_id, unix_ms, now)
            }
        };
        self.end(now);
        if let Some(reason) = lost {
            return Tracked::Dropped(reason);
        }
        self.send(now);
        Tracked::Queued(made)
    }

    /// Parses properties, context and integrations of a call; why it is lost, and counted as such, where one is no object.
    pub(super) fn objects<'a>(
        &mut self,
        properties: Option<&'a str>,
        options: &EventOptions<'a>,
    ) -> Result<[RawJson<'a>; 3], LossReason> {
        Ok([self.part(properties)?, self.part(options.context)?, self.part(options.integrations)?])
    }

    #[inline(never)] // as often as an event has objects
    fn part<'a>(&mut self, text: Option<&'a str>) -> Result<RawJson<'a>, LossReason> {
        let Some(text) = text else { return Ok(RawJson::NONE) };
        let Some(object) = self.object(text) else {
            let is_large = text.len() > EVENT_BYTES_MAX;
            let reason = if is_large { LossReason::TooLarge } else { LossReason::Serialize };
            self.lose(reason, 1);
            self.must_save = true;
            return Err(reason);
        };
        Ok(object)
    }

    /// What stands for the campaign of an event, where sessions are split by it.
    fn campaign(&self, own: RawJson<'_>) -> Option<u32> {
        if !HAS_RULES || !self.config.session_by_campaign {
            return None;
        }
        let host = RawJson::trusted(&self.context);
        own.get("campaign").or_else(|| host.get("campaign")).map(campaign_of)
    }

    /// Writes an event of the running session and keeps it; why it is lost, when it is.
    pub(super) fn put(
        &mut self,
        draft: &Draft<'_>,
        message_id: &str,
        unix_ms: u64,
        now: Now,
    ) -> Option<LossReason> {
        if draft.kind.is_action() && self.is_sampled_out() {
            // The app wants these losses, and many: they are saved with the session's activity.
            self.lose(LossReason::Sampled, 1);
            return Some(LossReason::Sampled);
        }
        #[cfg(feature = "plugins")]
        let mut plugins = core::mem::take(&mut self.plugins);
        let library = self.library_context();
        let context = [RawJson::trusted(&library), RawJson::trusted(&self.context), draft.context];
        let lasting = RawJson::trusted(&self.state[Text::Registered]);
        let passing = RawJson::trusted(&self.state[Text::RegisteredForSession]);
        let properties = [lasting, passing, draft.properties];
        let registered_bytes = lasting.text().len().max(passing.text().len());
        let under = if draft.kind.is_action() && registered_bytes > RawJson::EMPTY.text().len() {
            0
        } else if !draft.properties.text().is_empty() {
            2
        } else {
            3
        };
        let properties = properties.get(under..).unwrap_or_default();
        let event = Event {
            user_id: self.user_id(),
            context: &context,
            integrations: draft.integrations,
            name: draft.name,
            properties,
            ..Event::new(draft.kind, message_id, self.anonymous_id(), Timestamp::from_millis(unix_ms as i64))
        };
        let mut payload = roomy(256 + library.len() + self.context.len());
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
        self.keep(payload, now)
    }

    /// Keeps a written event; why it is lost, when it is.
    pub(super) fn keep(&mut self, payload: String, now: Now) -> Option<LossReason> {
        if payload.len() > EVENT_BYTES_MAX {
            self.lose(LossReason::TooLarge, 1);
            self.save(now);
            return Some(LossReason::TooLarge);
        }
        if self.consent() == Consent::Unknown {
            self.hold(payload.into_bytes());
        } else {
            self.enqueue(payload.into_bytes(), now);
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
        let chunk = self.outbox.open(now);
        let id = chunk.id;
        chunk.unanswered += usize::from(STORES_LATER);
        chunk.records.push(&payload);
        chunk.events += 1;
        chunk.bytes += payload.len();
        let is_full = chunk.events >= events_max;
        self.append(id, payload);
        if is_full {
            self.seal();
        }
        self.expire(now);
    }

    /// Keeps an event in memory until the user decides; the oldest make room.
    fn hold(&mut self, payload: Vec<u8>) {
        self.held.push(payload);
        let mut dropped = 0;
        while self.held.iter().map(Vec::len).sum::<usize>() > PENDING_BYTES_MAX {
            self.held.remove(0);
            dropped += 1;
        }
        self.lose(LossReason::QueueFull, dropped);
    }

    /// Returns the context that the client itself knows: library, session, group, purposes.
    fn library_context(&self) -> String {
        let state = &self.state;
        let mut text = String::new();
        let out = &mut text;
        write_member(out, "{\"library\":{\"name\":", self.config.library.0);
        write_member(out, ",\"version\":", self.config.library.1);
        if state.has_session() {
            write_member(out, "},\"session\":{\"id\":", &state[Text::SessionId]);
            out.put(",\"start\":\"");
            Timestamp::from_millis(state[Number::StartUnixMs] as i64).write(out);
            number_member(out, "\",\"index\":", state[Number::Sessions]);
            number_member(out, ",\"eventIndex\":", state[Number::Events]);
            number_member(out, ",\"sequence\":", state[Number::Sequence]);
            // Where there are session events, the app's first one says so too: after a kill it may be the newest.
            if state[Number::Events] == 1 || (self.tells_sessions() && state[Number::Events] == 2) {
                write_member(out, ",\"reason\":", state.reason().as_str());
                if let Some(previous) = state.given(Text::PreviousSessionId) {
                    write_member(out, ",\"previousId\":", previous);
                }
            }
        }
        out.put("}");
        if let Some(group_id) = state.given(Text::GroupId) {
            write_member(out, ",\"groupId\":", group_id);
        }
        if let Some(purposes) = state.given(Text::Purposes) {
            out.put(",\"consent\":{\"categoryPreferences\":");
            out.put(purposes);
            out.put("}");
        }
        out.put("}");
        text
    }

    /// The event that asks a collector to delete what it has of this device and its user.
    pub(super) fn deletion_request(&mut self, now: Now) -> String {
        let message_id = self.new_id(now);
        // As `Event::write` has it, in less code: a test holds the two together.
        let mut payload = String::new();
        let out = &mut payload;
        write_member(out, "{\"type\":\"track\",\"messageId\":", &message_id);
        out.put(",\"timestamp\":\"");
        Timestamp::from_millis(now.unix_ms as i64).write(out);
        write_member(out, "\",\"anonymousId\":", self.anonymous_id());
        if let Some(user_id) = self.user_id() {
            write_member(out, ",\"userId\":", user_id);
        }
        out.put(",\"event\":\"Deletion Requested\",\"context\":{}}");
        payload
    }

    /// An id that was never given.
    pub(super) fn new_id(&mut self, now: Now) -> String {
        self.random.message_id(now.unix_ms).to_text()
    }
}

/// Never 0, which stands for none.
pub(super) fn campaign_of(campaign: RawJson<'_>) -> u32 {
    crc32c(campaign.text().as_bytes()).max(1)
}

#[cfg_attr(target_arch = "wasm32", inline(never))]
fn number_member(out: &mut String, before: &str, number: u64) {
    out.put(before);
    write_number(out, number);
}

#[cfg(test)]
mod tests {
    use holloway_wire::DELETION_EVENT;

    use super::*;
    use crate::{Config, Restored};

    #[test]
    fn a_deletion_request_is_the_event_that_the_wire_would_write() {
        let now = Now { unix_ms: 1_780_000_000_000, mono_ms: 0 };
        for user_id in [None, Some("u \"1\"")] {
            let mut client = Client::new(Config::new("KEY"), [7; 32], &Restored::default(), now);
            if let Some(user_id) = user_id {
                let _ = client.identify(user_id, None, &EventOptions::default(), now);
            }
            let request = client.deletion_request(now);
            let found = RawJson::object(&request).expect("an object");
            let message_id = found.get("messageId").and_then(RawJson::string).expect("an id");
            let event = Event {
                user_id,
                name: Some(DELETION_EVENT),
                ..Event::new(
                    EventKind::Track,
                    &message_id,
                    client.anonymous_id(),
                    Timestamp::from_millis(now.unix_ms as i64),
                )
            };
            let mut expected = String::new();
            event.write(&mut expected);
            assert_eq!(request, expected);
        }
    }
}
