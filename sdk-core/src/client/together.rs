//! Several clients of one visitor at a time: the tabs of a browser, and the pages of a site's sub-domains.
//!
//! They share one state, which each reads before it acts and writes after (what an event adds to the session's numbers
//! every so often, `ACTIVITY_SAVE_MS`, so that two that record at once may give the same `sequence`), and one of them, the leader,
//! sends what belongs to the visitor and to none of them alone.

use core::array;

use holloway_wire::next_field;

use super::Client;
use crate::{
    Consent, Now,
    state::{Number, State, Text, number},
};

impl Client {
    /// Another client of this visitor wrote this state: who the visitor is, the session, the decision and the pause are as
    /// it says from now on. Hosts whose clients share a state call this before any other call when the state in the
    /// store is not the one that they wrote. What cannot be read changes nothing.
    ///
    /// Whoever denied there has asked for the deletion; here only what waits is parted with.
    pub fn sync(&mut self, state: &str, now: Now) {
        let mut theirs = State::EMPTY;
        if !theirs.read(state) {
            return;
        }
        let consent = self.decision(&theirs);
        let is_denied = consent == Consent::Denied;
        let before = core::mem::replace(&mut self.consent, consent);
        let mine = &mut self.state;
        let is_same = mine[Text::SessionId] == theirs[Text::SessionId];
        // What was said before a decision was never written.
        if before == Consent::Unknown && !is_denied && theirs[Text::UserId].is_empty() {
            for text in [Text::UserId, Text::GroupId, Text::Registered, Text::RegisteredForSession] {
                theirs.set(text, &mine[text]);
            }
        }
        // Of the losses what nobody else knows of.
        let read = theirs.losses;
        mine.losses.acknowledge(&self.kept_losses);
        theirs.losses.add_all(&mine.losses);
        self.kept_losses = read;
        // Of another session than theirs nothing counts, and of a visitor who is to be forgotten no number at all.
        let ours = [Number::Sequence, Number::Events, Number::LastUnixMs, Number::DurationMs];
        let kept = if is_denied { 0 } else { 1 + 3 * usize::from(is_same) };
        for number in ours.into_iter().take(kept) {
            theirs[number] = theirs[number].max(mine[number]);
        }
        // All but the chunks and the marks, of which each host has its own.
        mine.texts = theirs.texts;
        mine.numbers = theirs.numbers;
        mine.losses = theirs.losses;
        self.ensure_anonymous_id(now);
        self.retry.restore(&self.state, now);
        if consent != before {
            if is_denied {
                self.opt_out_kept();
            } else {
                self.release(now);
            }
            self.save(now);
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
        let mut rest = record;
        let [anonymous_id, user_id, id, start, last, index, events] =
            array::from_fn(|_| next_field(&mut rest, b'\n'));
        if anonymous_id.is_empty() || self.consent() == Consent::Denied {
            return;
        }
        let is_other = self.state[Text::AnonymousId] != anonymous_id;
        let state = &mut self.state;
        if is_other {
            state.set(Text::AnonymousId, anonymous_id);
            state[Text::GroupId].clear();
            state[Text::Registered].clear();
            state[Text::RegisteredForSession].clear();
            state.clear_session();
        }
        if is_other || record.len() > anonymous_id.len() {
            state.set(Text::UserId, user_id);
        }
        let last_unix_ms = number(last);
        if state[Text::SessionId] == id {
            state[Number::Events] = state[Number::Events].max(number(events));
            state[Number::LastUnixMs] = state[Number::LastUnixMs].max(last_unix_ms);
        } else if !id.is_empty() && state[Number::LastUnixMs] <= last_unix_ms {
            state.begin_session(id, number(start), last_unix_ms);
            state[Number::Sessions] = number(index);
            state[Number::Events] = number(events);
        }
        self.save(now);
    }
}
