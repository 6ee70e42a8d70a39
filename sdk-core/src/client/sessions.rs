//! When a session begins and ends, and how events are numbered.

use alloc::string::String;

use holloway_wire::{
    EventKind, RawJson, Timestamp,
    json::{Sink, write_number, write_string},
};

use super::{
    Client,
    record::{Draft, campaign_of},
};
use crate::{
    Consent, Now, Rotation,
    config::{ACTIVITY_SAVE_MS, SESSION_MAX_MS},
    frame::crc32c,
    state::{Number, Text},
};

const STARTED: &str = "Session Started";
const ENDED: &str = "Session Ended";
/// Whether what only some hosts ask for is there.
pub(super) const HAS_RULES: bool = cfg!(feature = "session-rules");

impl Client {
    /// Begins a session now, whatever the one before is like. Nothing while consent is denied.
    pub fn start_session(&mut self, now: Now) {
        if self.consent() != Consent::Denied {
            self.is_amid = true;
            self.rotate(Rotation::Manual, "", now);
            self.must_save = true;
            self.end(now);
            self.send(now);
        }
    }

    /// The newest record in the store: ids, session and numbers go on from there, where a kill came between the record and
    /// the state. Hosts that can look it up call this first.
    pub fn recover(&mut self, record: &[u8]) {
        if self.consent() == Consent::Denied {
            return;
        }
        let event = core::str::from_utf8(record).ok().and_then(|text| RawJson::object(text).ok());
        let Some((event, session)) =
            event.and_then(|event| Some((event, event.get("context")?.get("session")?)))
        else {
            return;
        };
        let number = |field| session.get(field).and_then(RawJson::whole_number);
        let text = |object: RawJson<'_>, field| Some(object.get(field)?.string()?.into_owned());
        let time = |object: RawJson<'_>, field| {
            let time = Timestamp::parse(&object.get(field)?.string()?).ok()?;
            Some(time.as_millis().max(0) as u64)
        };
        let numbers = (number("sequence"), number("eventIndex"), number("index"), time(session, "start"));
        let (Some(sequence), Some(events), Some(index), Some(start_unix_ms)) = numbers else { return };
        let (Some(id), Some(anonymous_id)) = (text(session, "id"), text(event, "anonymousId")) else {
            return;
        };
        let previous_id = text(session, "previousId").unwrap_or_default();
        let known = self.state[Text::SessionId].as_str();
        let is_same = known == id;
        // What another writer left here is no sign of where this one was.
        let is_next = if known.is_empty() {
            self.state[Number::Sequence] == 0
                || (index == self.state[Number::Sessions].saturating_add(1)
                    && anonymous_id == self.anonymous_id())
        } else {
            previous_id == known
        };
        if sequence <= self.state[Number::Sequence] || !(is_same || is_next) {
            return;
        }
        let state = &mut self.state;
        state[Number::Sequence] = sequence;
        state[Text::AnonymousId] = anonymous_id;
        state[Text::UserId] = text(event, "userId").unwrap_or_default();
        let group_id = event.get("context").and_then(|context| text(context, "groupId"));
        state[Text::GroupId] = group_id.unwrap_or_default();
        if text(event, "event").as_deref() == Some(ENDED) {
            state.clear_session();
            return;
        }
        let last_unix_ms = time(event, "timestamp").unwrap_or_default().max(start_unix_ms);
        let timeout_ms = self.config.session_timeout_ms;
        state[Number::Events] = events;
        state[Number::IsActive] = 1;
        if is_same {
            // A time that the app gave its event is no sign of activity.
            let gap_ms = last_unix_ms.saturating_sub(state[Number::LastUnixMs]);
            if gap_ms <= timeout_ms {
                state.add(Number::DurationMs, gap_ms);
                state[Number::LastUnixMs] = state[Number::LastUnixMs].max(last_unix_ms);
            }
            return;
        }
        let is_given = last_unix_ms - start_unix_ms > timeout_ms;
        let last_unix_ms = if is_given { start_unix_ms } else { last_unix_ms };
        let word = text(session, "reason").unwrap_or_default();
        let campaign = event.get("context").and_then(|context| context.get("campaign"));
        state[Number::Sessions] = index;
        state[Text::SessionId] = id;
        state[Text::PreviousSessionId] = previous_id;
        state[Text::FirstEventId].clear();
        state[Number::StartUnixMs] = start_unix_ms;
        state[Number::LastUnixMs] = last_unix_ms;
        state[Number::DurationMs] = last_unix_ms - start_unix_ms;
        state[Number::Reason] =
            Rotation::ALL.into_iter().position(|reason| reason.as_str() == word).unwrap_or_default() as u64;
        state[Number::Campaign] = campaign.map_or(0, campaign_of).into();
    }

    /// The running session's number, 1 for the first on this device; 0 when none runs.
    pub fn session_index(&self) -> u64 {
        if self.state.has_session() { self.state[Number::Sessions] } else { 0 }
    }

    /// Who the visitor is, a line each, as [`Self::meet`] takes it elsewhere, and why the session began. Without a session
    /// it ends behind the user id.
    pub fn visitor(&self) -> String {
        let state = &self.state;
        let mut text = String::new();
        let out = &mut text;
        out.put(&state[Text::AnonymousId]);
        line(out, &state[Text::UserId]);
        if state.has_session() {
            line(out, &state[Text::SessionId]);
            for number in [Number::StartUnixMs, Number::LastUnixMs, Number::Sessions, Number::Events] {
                out.put("\n");
                write_number(out, state[number]);
            }
            line(out, state.reason().as_str());
        }
        text
    }

    /// Makes sure of a session for an event of now; whether the state must be saved.
    pub(super) fn touch_session(&mut self, message_id: &str, campaign: Option<u32>, now: Now) -> bool {
        let mut gap_ms = 0;
        let rotation = if self.state.has_session() {
            gap_ms = self.gap_ms(now);
            self.ends(gap_ms, campaign)
        } else if self.state[Number::Sessions] == 0 {
            Some(Rotation::First)
        } else {
            Some(Rotation::Reset)
        };
        if let Some(reason) = rotation {
            self.rotate(reason, "", now);
            gap_ms = 0;
        }
        self.active_mono_ms = Some(now.mono_ms);
        let state = &mut self.state;
        state.add(Number::DurationMs, gap_ms);
        state[Number::LastUnixMs] = now.unix_ms;
        state[Number::IsActive] = 1;
        if let Some(campaign) = campaign {
            state[Number::Campaign] = campaign.into();
        }
        self.count_event(message_id);
        // A host in the background may never come to save what this one adds.
        (self.is_background && self.config.saves_in_background)
            || rotation.is_some()
            || now.mono_ms.saturating_sub(self.saved_mono_ms) >= ACTIVITY_SAVE_MS
    }

    /// Milliseconds since the latest event. A clock that went back says nothing; the monotonic one does, unless it is
    /// another run's.
    fn gap_ms(&self, now: Now) -> u64 {
        match now.unix_ms.checked_sub(self.state[Number::LastUnixMs]) {
            Some(gap) => gap,
            None => self.active_mono_ms.map_or(0, |last| now.mono_ms.saturating_sub(last)),
        }
    }

    /// Why the session cannot take an event after this gap, or with this campaign; `None` when it can.
    fn ends(&self, gap_ms: u64, campaign: Option<u32>) -> Option<Rotation> {
        let state = &self.state;
        // A session's own first event has no campaign.
        let told = u64::from(self.tells_sessions());
        if gap_ms > self.config.session_timeout_ms {
            Some(Rotation::Idle)
        } else if state[Number::DurationMs].saturating_add(gap_ms) >= SESSION_MAX_MS {
            Some(Rotation::Cap)
        } else if campaign.is_some_and(|campaign| u64::from(campaign) != state[Number::Campaign])
            && state[Number::Events] > told
        {
            Some(Rotation::Campaign)
        } else {
            None
        }
    }

    /// Ends the session before a `reset`.
    pub(super) fn close_session(&mut self, now: Now) {
        self.tell_end("reset", now);
        self.state.clear_session();
        self.state[Text::RegisteredForSession].clear();
    }

    /// Whether the sample has not the running session.
    pub(super) fn is_sampled_out(&self) -> bool {
        let id = &self.state[Text::SessionId];
        HAS_RULES && !id.is_empty() && crc32c(id.as_bytes()) % 1_000_000 >= self.config.sampled_sessions_ppm
    }

    /// Whether begin and end of a session are events.
    pub(super) fn tells_sessions(&self) -> bool {
        HAS_RULES && self.config.session_events
    }

    fn count_event(&mut self, message_id: &str) {
        let state = &mut self.state;
        state.add(Number::Sequence, 1);
        if state.has_session() {
            if state[Number::Events] == 0 {
                state.set(Text::FirstEventId, message_id);
            }
            state.add(Number::Events, 1);
        }
    }

    /// Begins a session; the end of the one before is still its own user's. An empty user id changes none.
    pub(super) fn rotate(&mut self, reason: Rotation, user_id: &str, now: Now) {
        self.tell_end(reason.as_str(), now);
        self.active_mono_ms = Some(now.mono_ms);
        let id = self.new_id(now);
        let state = &mut self.state;
        if !user_id.is_empty() {
            state.set(Text::UserId, user_id);
        }
        state[Text::RegisteredForSession].clear();
        state.begin_session(&id, now.unix_ms, now.unix_ms);
        state.add(Number::Sessions, 1);
        state[Number::Reason] = reason as u64;
        if self.tells_sessions() {
            self.tell(STARTED, "", now.unix_ms, now);
        }
    }

    /// The end of the running session, at the time of its latest event. One that a crash left behind is told so when
    /// the next one begins.
    fn tell_end(&mut self, reason: &str, now: Now) {
        let state = &self.state;
        if !self.tells_sessions() || self.consent() == Consent::Denied || !state.has_session() {
            return;
        }
        let is_crash = state[Number::IsActive] == 1 && self.active_mono_ms.is_none();
        let mut properties = String::new();
        properties.put("{\"reason\":");
        write_string(&mut properties, if is_crash { "crash" } else { reason });
        properties.put(",\"events\":");
        write_number(&mut properties, state[Number::Events]);
        properties.put(",\"durationMs\":");
        write_number(&mut properties, state[Number::DurationMs]);
        properties.put("}");
        let at = state[Number::LastUnixMs];
        self.tell(ENDED, &properties, at, now);
    }

    /// Records an event of the session itself.
    fn tell(&mut self, name: &str, properties: &str, unix_ms: u64, now: Now) {
        let message_id = self.new_id(now);
        self.count_event(&message_id);
        let draft = Draft {
            kind: EventKind::Track,
            name: Some(name),
            properties: RawJson::trusted(properties),
            context: RawJson::NONE,
            integrations: RawJson::NONE,
        };
        let _ = self.put(&draft, &message_id, unix_ms, now);
    }
}

fn line(out: &mut String, text: &str) {
    out.put("\n");
    out.put(text);
}
