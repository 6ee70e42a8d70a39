//! Several clients of one visitor at a time: the tabs of a browser, and the pages of a site's sub-domains.
//!
//! They share one state, which each reads before it acts and writes after, and one of them, the leader, sends what
//! belongs to the visitor and to none of them alone.

use alloc::{borrow::ToOwned, string::String};

use super::Client;
use crate::{Consent, Now, Rotation, Session, retry::Retry, state::State};

impl Client {
    /// Another client of this visitor wrote this state: who the visitor is, the session, the decision and the pause are as
    /// it says from now on. Hosts whose clients share a state call this before any other call when the state in the
    /// store is not the one that they wrote. What cannot be read changes nothing.
    ///
    /// Whoever denied there has asked for the deletion; here only what waits is parted with.
    pub fn sync(&mut self, state: &[u8], now: Now) {
        let Some(mut theirs) = State::read(state) else { return };
        let before = self.consent();
        let mine = &mut self.state;
        theirs.sequence = theirs.sequence.max(mine.sequence);
        if let (Some(theirs), Some(mine)) = (&mut theirs.session, &mine.session)
            && theirs.id == mine.id
        {
            theirs.events = theirs.events.max(mine.events);
            theirs.last_unix_ms = theirs.last_unix_ms.max(mine.last_unix_ms);
            theirs.duration_ms = theirs.duration_ms.max(mine.duration_ms);
        }
        // Of chunks and of marks each host has its own.
        core::mem::swap(&mut theirs.gone, &mut mine.gone);
        theirs.host_mark = mine.host_mark;
        self.state = theirs;
        let unanswered = self.retry.unanswered;
        let State { failures, not_before_unix_ms, by_server, .. } = self.state;
        self.retry = Retry::restore(&self.config, failures, not_before_unix_ms, by_server, now);
        self.retry.unanswered = unanswered;
        let consent = self.consent();
        if consent != before {
            if consent == Consent::Denied {
                self.opt_out_kept();
                self.save(now);
            } else if consent == Consent::Granted {
                for payload in core::mem::take(&mut self.held) {
                    self.enqueue(payload, now);
                }
            }
        }
        self.send(now);
    }

    /// Whether another client of this visitor sends the losses and the deletion requests of their common state: sent by
    /// two, they would be counted twice. False at first.
    pub fn set_follower(&mut self, is_follower: bool, now: Now) {
        self.is_follower = is_follower;
        self.send(now);
    }

    /// Who the visitor is elsewhere, in a place that knows better than this client's state (a cookie of all sub-domains):
    /// anonymous id, user id, and the session's id, start, latest event (milliseconds since 1970), number and events,
    /// a line each; a line that is missing is not known there. Nothing while consent is denied.
    pub fn meet(&mut self, record: &str, now: Now) {
        let mut lines = [""; 7];
        for (line, text) in lines.iter_mut().zip(record.split('\n')) {
            *line = text;
        }
        let [anonymous_id, user_id, id, start, last, index, events] = lines;
        if anonymous_id.is_empty() || self.consent() == Consent::Denied {
            return;
        }
        let identity = &mut self.state.identity;
        let is_other = identity.anonymous_id != anonymous_id;
        if is_other {
            anonymous_id.clone_into(&mut identity.anonymous_id);
            identity.registered.clear();
            identity.registered_for_session.clear();
            self.state.session = None;
        }
        if is_other || record.contains('\n') {
            self.state.identity.user_id = (!user_id.is_empty()).then(|| user_id.to_owned());
        }
        let last_unix_ms = number(last);
        let (start_unix_ms, events) = (number(start), number(events));
        match &mut self.state.session {
            Some(mine) if mine.id == id => {
                mine.events = mine.events.max(events);
                mine.last_unix_ms = mine.last_unix_ms.max(last_unix_ms);
            }
            Some(mine) if id.is_empty() || mine.last_unix_ms > last_unix_ms => {}
            mine if !id.is_empty() => {
                let previous_id = mine.take().map(|session| session.id);
                self.state.sessions = number(index);
                *mine = Some(Session {
                    id: id.to_owned(),
                    index: self.state.sessions,
                    start_unix_ms,
                    last_unix_ms,
                    duration_ms: last_unix_ms.saturating_sub(start_unix_ms),
                    events,
                    previous_id,
                    first_event_id: String::new(),
                    reason: Rotation::First,
                    campaign: 0,
                    is_active: true,
                });
            }
            _ => {}
        }
        self.save(now);
    }
}

/// Digits; anything else is no number, and counts as little.
fn number(digits: &str) -> u64 {
    digits.bytes().fold(0_u64, |number, digit| {
        number.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0')))
    })
}
