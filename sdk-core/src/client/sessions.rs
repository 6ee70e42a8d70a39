//! When a session begins and ends, and how events are numbered.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use holloway_wire::{
    EventKind, RawJson, Timestamp,
    json::{write_number, write_string},
};

use super::{
    Client,
    record::{Parts, campaign_of},
};
use crate::{Consent, Now, Rotation, Session, frame::crc32c};

const STARTED: &str = "Session Started";
const ENDED: &str = "Session Ended";

impl Client {
    /// Begins a session now, whatever the one before is like. Nothing while consent is denied.
    pub fn start_session(&mut self, now: Now) {
        if self.consent() != Consent::Denied {
            self.is_amid = true;
            self.rotate(Rotation::Manual, None, now);
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
        let previous_id = text(session, "previousId");
        let known = self.state.session.as_ref().map(|session| session.id.as_str());
        let is_same = known == Some(id.as_str());
        // What another writer left here is no sign of where this one was.
        let is_next = match known {
            Some(_) => previous_id.as_deref() == known,
            None => {
                self.state.sequence == 0
                    || (index == self.state.sessions.saturating_add(1) && anonymous_id == self.anonymous_id())
            }
        };
        if sequence <= self.state.sequence || !(is_same || is_next) {
            return;
        }
        self.state.sequence = sequence;
        self.state.identity.anonymous_id = anonymous_id;
        self.state.identity.user_id = text(event, "userId");
        if text(event, "event").as_deref() == Some(ENDED) {
            self.state.session = None;
            return;
        }
        let last_unix_ms = time(event, "timestamp").unwrap_or_default().max(start_unix_ms);
        if let Some(known) = self.state.session.as_mut().filter(|_| is_same) {
            known.events = events;
            // A time that the app gave its event is no sign of activity.
            let gap_ms = last_unix_ms.saturating_sub(known.last_unix_ms);
            if gap_ms <= self.config.session_timeout_ms {
                known.duration_ms = known.duration_ms.saturating_add(gap_ms);
                known.last_unix_ms = known.last_unix_ms.max(last_unix_ms);
            }
            known.is_active = true;
            return;
        }
        let is_given = last_unix_ms - start_unix_ms > self.config.session_timeout_ms;
        let last_unix_ms = if is_given { start_unix_ms } else { last_unix_ms };
        let word = text(session, "reason").unwrap_or_default();
        self.state.sessions = index;
        self.state.session = Some(Session {
            id,
            index,
            start_unix_ms,
            last_unix_ms,
            duration_ms: last_unix_ms - start_unix_ms,
            events,
            previous_id,
            first_event_id: String::new(),
            reason: Rotation::ALL
                .into_iter()
                .find(|reason| reason.as_str() == word)
                .unwrap_or(Rotation::First),
            campaign: event.get("context").and_then(|context| context.get("campaign")).map_or(0, campaign_of),
            is_active: true,
        });
    }

    /// Makes sure of a session for an event of now; whether the state must be saved.
    pub(super) fn touch_session(&mut self, message_id: &str, campaign: Option<u32>, now: Now) -> bool {
        let (timeout, most) = (self.config.session_timeout_ms, self.config.session_max_ms);
        let is_first = self.state.sessions == 0;
        // A session's own first event has no campaign.
        let told = u64::from(self.config.session_events);
        let mut gap_ms = 0;
        let rotation = match &self.state.session {
            None if is_first => Some(Rotation::First),
            None => Some(Rotation::Reset),
            Some(session) => {
                gap_ms = session.gap_ms(self.active_mono_ms, now);
                let is_other =
                    campaign.is_some_and(|campaign| campaign != session.campaign && session.events > told);
                let by_time = session.ends(gap_ms, timeout, most);
                by_time.or(is_other.then_some(Rotation::Campaign))
            }
        };
        if let Some(reason) = rotation {
            self.rotate(reason, None, now);
            gap_ms = 0;
        }
        self.active_mono_ms = Some(now.mono_ms);
        if let Some(session) = &mut self.state.session {
            session.duration_ms = session.duration_ms.saturating_add(gap_ms);
            session.last_unix_ms = now.unix_ms;
            session.is_active = true;
            session.campaign = campaign.unwrap_or(session.campaign);
            if session.events == 0 {
                message_id.clone_into(&mut session.first_event_id);
            }
        }
        self.count_event();
        // A host in the background may never come to save what this one adds.
        self.is_background
            || rotation.is_some()
            || now.mono_ms.saturating_sub(self.saved_mono_ms) >= self.config.activity_save_ms
    }

    /// Ends the session before a `reset`.
    pub(super) fn close_session(&mut self, now: Now) {
        self.tell_end("reset", now);
        self.state.session = None;
        self.state.identity.registered_for_session.clear();
    }

    /// Whether the sample has the running session.
    pub(super) fn is_sampled_out(&self) -> bool {
        let bucket = |session: &Session| crc32c(session.id.as_bytes()) % 1_000_000;
        self.state.session.as_ref().is_some_and(|session| bucket(session) >= self.config.sampled_sessions_ppm)
    }

    fn count_event(&mut self) {
        self.state.sequence = self.state.sequence.saturating_add(1);
        if let Some(session) = &mut self.state.session {
            session.events = session.events.saturating_add(1);
        }
    }

    /// Begins a session; the end of the one before is still its own user's.
    pub(super) fn rotate(&mut self, reason: Rotation, user_id: Option<&str>, now: Now) {
        self.tell_end(reason.as_str(), now);
        self.active_mono_ms = Some(now.mono_ms);
        if user_id.is_some() {
            self.state.identity.user_id = user_id.map(ToOwned::to_owned);
        }
        self.state.identity.registered_for_session.clear();
        self.state.sessions = self.state.sessions.saturating_add(1);
        let previous_id = self.state.session.take().map(|session| session.id);
        self.state.session = Some(Session {
            id: self.random.message_id(now.unix_ms).to_text(),
            index: self.state.sessions,
            start_unix_ms: now.unix_ms,
            last_unix_ms: now.unix_ms,
            duration_ms: 0,
            events: 0,
            previous_id,
            first_event_id: String::new(),
            reason,
            campaign: 0,
            is_active: true,
        });
        if self.config.session_events {
            self.tell(STARTED, Vec::new(), now.unix_ms, now);
        }
    }

    /// The end of the running session, at the time of its latest event. One that a crash left behind is told so when
    /// the next one begins.
    fn tell_end(&mut self, reason: &str, now: Now) {
        let is_told = self.config.session_events && self.consent() != Consent::Denied;
        let Some(session) = self.state.session.as_ref().filter(|_| is_told) else { return };
        let is_crash = session.is_active && self.active_mono_ms.is_none();
        let mut properties = b"{\"reason\":".to_vec();
        write_string(&mut properties, if is_crash { "crash" } else { reason });
        properties.extend_from_slice(b",\"events\":");
        write_number(&mut properties, session.events);
        properties.extend_from_slice(b",\"durationMs\":");
        write_number(&mut properties, session.duration_ms);
        properties.push(b'}');
        let at = session.last_unix_ms;
        self.tell(ENDED, properties, at, now);
    }

    /// Records an event of the session itself.
    fn tell(&mut self, name: &str, properties: Vec<u8>, unix_ms: u64, now: Now) {
        let message_id = self.random.message_id(now.unix_ms).to_text();
        if let Some(session) = self.state.session.as_mut().filter(|session| session.events == 0) {
            message_id.clone_into(&mut session.first_event_id);
        }
        self.count_event();
        let properties = String::from_utf8(properties).expect("written as UTF-8");
        let properties = RawJson::object(&properties).ok();
        let parts = Parts { name: Some(name), properties, ..Parts::new(EventKind::Track) };
        let _ = self.put(&parts, &message_id, unix_ms, now);
    }
}
