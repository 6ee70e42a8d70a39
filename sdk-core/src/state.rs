//! The small state that outlives a run: identity, session, consent, pause, losses.
//!
//! A text, so that a browser can keep it as a string: eight hex digits of CRC-32C, then the fields in a fixed order,
//! texts as `length:text` and numbers as `number:`. What the checksum covers is what this version wrote, so that a
//! reader needs no more care than not to panic.
//!
//! In memory it is the same two tables: what is made, read, written and dropped in a loop is little code in a browser.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::ops::{Index, IndexMut};

use holloway_wire::{
    json::{Sink, hex_digits, write_number},
    next_field,
};

use crate::{ChunkId, HostMark, Rotation, Session, frame::crc32c, losses::Losses};

const TEXTS: usize = Text::FirstEventId as usize + 1;
const NUMBERS: usize = Number::IsActive as usize + 1;
/// The first field, a text. A change of the fields changes it.
const VERSION: &str = "10:holloway-3";

/// The texts of a state, in the order of the file. An empty one stands for none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
    AnonymousId,
    UserId,
    /// Super properties, a JSON object's text.
    Registered,
    /// Those that end with the session.
    RegisteredForSession,
    /// What the user agreed to, a JSON object's text.
    Purposes,
    /// Deletion requests that no collector has acknowledged yet: the events' JSON, which has no line break, in lines.
    Deletions,
    /// The group of the latest `group` call.
    GroupId,
    /// The running session's id, and from here on more of it.
    SessionId,
    PreviousSessionId,
    FirstEventId,
}

/// The numbers of a state, in the order of the file. A fact is 1 when it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Sessions,
    /// Events of this client so far: the latest one's `sequence`.
    Sequence,
    Failures,
    NotBeforeUnixMs,
    /// Whether the collector asked for that pause.
    ByServer,
    /// Whether anything of this subject may have left the device.
    HasSent,
    /// 0 before a decision, else the decision's place among [`crate::Consent`] and 1.
    Consent,
    /// The running session's begin, and from here on more of it: see [`Session`].
    StartUnixMs,
    LastUnixMs,
    DurationMs,
    Events,
    Reason,
    Campaign,
    IsActive,
}

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) texts: [String; TEXTS],
    pub(crate) numbers: [u64; NUMBERS],
    /// Whatever the host wants to find next to this state.
    pub(crate) host_mark: HostMark,
    pub(crate) losses: Losses,
    /// Chunks whose events have met their fate, and which the host may not have removed yet: a crash between the
    /// two must neither count a loss twice nor forget it.
    pub(crate) gone: Vec<ChunkId>,
}

impl Index<Text> for State {
    type Output = String;

    fn index(&self, text: Text) -> &String {
        &self.texts[text as usize]
    }
}

impl IndexMut<Text> for State {
    fn index_mut(&mut self, text: Text) -> &mut String {
        &mut self.texts[text as usize]
    }
}

impl Index<Number> for State {
    type Output = u64;

    fn index(&self, number: Number) -> &u64 {
        &self.numbers[number as usize]
    }
}

impl IndexMut<Number> for State {
    fn index_mut(&mut self, number: Number) -> &mut u64 {
        &mut self.numbers[number as usize]
    }
}

impl State {
    pub(crate) const EMPTY: Self = Self {
        texts: [const { String::new() }; TEXTS],
        numbers: [0; NUMBERS],
        host_mark: [0; 4],
        losses: Losses::NONE,
        gone: Vec::new(),
    };

    /// A text; `None` for an empty one.
    pub(crate) fn given(&self, text: Text) -> Option<&str> {
        given(&self[text])
    }

    pub(crate) fn set(&mut self, text: Text, value: &str) {
        value.clone_into(&mut self[text]);
    }

    /// Adds to a number as far as it goes.
    pub(crate) fn add(&mut self, number: Number, more: u64) {
        self[number] = self[number].saturating_add(more);
    }

    pub(crate) fn has_session(&self) -> bool {
        !self[Text::SessionId].is_empty()
    }

    pub(crate) fn session(&self) -> Option<Session<'_>> {
        Some(Session {
            id: self.given(Text::SessionId)?,
            index: self[Number::Sessions],
            start_unix_ms: self[Number::StartUnixMs],
            last_unix_ms: self[Number::LastUnixMs],
            duration_ms: self[Number::DurationMs],
            events: self[Number::Events],
            previous_id: self.given(Text::PreviousSessionId),
            first_event_id: &self[Text::FirstEventId],
            reason: self.reason(),
            campaign: self[Number::Campaign] as u32,
            is_active: self[Number::IsActive] == 1,
        })
    }

    pub(crate) fn reason(&self) -> Rotation {
        Rotation::ALL.get(self[Number::Reason] as usize).copied().unwrap_or(Rotation::First)
    }

    /// Goes on to another session: of its own it has no more than its id and times yet.
    #[inline(never)] // two callers, and bytes count more than a call
    pub(crate) fn begin_session(&mut self, id: &str, start_unix_ms: u64, last_unix_ms: u64) {
        let [.., session_id, previous_id, first_event_id] = &mut self.texts;
        session_id.as_str().clone_into(previous_id);
        id.clone_into(session_id);
        first_event_id.clear();
        self.numbers[Number::StartUnixMs as usize..].fill(0);
        self[Number::StartUnixMs] = start_unix_ms;
        self[Number::LastUnixMs] = last_unix_ms;
        self[Number::DurationMs] = last_unix_ms.saturating_sub(start_unix_ms);
        self[Number::IsActive] = 1;
    }

    pub(crate) fn clear_session(&mut self) {
        for text in &mut self.texts[Text::SessionId as usize..] {
            text.clear();
        }
        self.numbers[Number::StartUnixMs as usize..].fill(0);
    }

    pub(crate) fn has_deletion(&self) -> bool {
        !self[Text::Deletions].is_empty()
    }

    /// The oldest deletion request.
    pub(crate) fn deletion(&self) -> Option<&str> {
        given(next_field(&mut &self[Text::Deletions][..], b'\n'))
    }

    pub(crate) fn push_deletion(&mut self, request: &str) {
        let deletions = &mut self[Text::Deletions];
        if !deletions.is_empty() {
            deletions.put("\n");
        }
        deletions.push_str(request);
    }

    /// Parts with the oldest deletion request.
    pub(crate) fn drop_deletion(&mut self) {
        let requests = core::mem::take(&mut self[Text::Deletions]);
        let mut rest = &requests[..];
        next_field(&mut rest, b'\n');
        self.set(Text::Deletions, rest);
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut body = String::new();
        body.put(VERSION);
        for text in &self.texts {
            put_number(&mut body, text.len() as u64);
            body.put(text);
        }
        put_numbers(&mut body, &self.numbers);
        put_numbers(&mut body, &self.host_mark);
        put_numbers(&mut body, self.losses.counts());
        for chunk in &self.gone {
            put_number(&mut body, chunk.0);
        }
        let mut out = crc_digits(&body);
        out.put(&body);
        out.into_bytes()
    }

    /// Becomes what was written; no, and as before, when the text is something else.
    #[inline(never)] // larger inside of its callers than by itself
    pub(crate) fn read(&mut self, text: &str) -> bool {
        let (crc, body) = text.split_at_checked(8).unwrap_or_default();
        let (Some(fields), true) = (body.strip_prefix(VERSION), crc == crc_digits(body)) else {
            return false;
        };
        let mut fields = Fields(fields);
        for text in &mut self.texts {
            fields.text().clone_into(text);
        }
        fields.numbers(&mut self.numbers);
        fields.numbers(&mut self.host_mark);
        fields.numbers(self.losses.counts_mut());
        self.gone.clear();
        while !fields.0.is_empty() {
            self.gone.push(ChunkId(fields.number()));
        }
        true
    }
}

#[inline(never)] // two callers, and bytes count more than a call
fn crc_digits(body: &str) -> String {
    let (mut digits, mut crc) = (String::new(), crc32c(body.as_bytes()));
    for _ in 0..4 {
        crc = crc.rotate_left(8);
        digits.put_ascii(&hex_digits(crc as u8));
    }
    digits
}

/// `number:`.
fn put_number(out: &mut String, value: u64) {
    write_number(out, value);
    out.put(":");
}

#[inline(never)] // as often as there are lists
fn put_numbers(out: &mut String, values: &[u64]) {
    for value in values {
        put_number(out, *value);
    }
}

/// The number of some digits; anything else is no number, and counts as little.
pub(crate) fn number(digits: &str) -> u64 {
    digits.bytes().fold(0_u64, |number, digit| {
        number.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0')))
    })
}

/// What is still to be read.
struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    fn number(&mut self) -> u64 {
        number(next_field(&mut self.0, b':'))
    }

    #[inline(never)] // as often as there are lists
    fn numbers(&mut self, values: &mut [u64]) {
        for value in values {
            *value = self.number();
        }
    }

    fn text(&mut self) -> &'a str {
        let length = self.number() as usize;
        let (text, rest) = self.0.split_at_checked(length).unwrap_or_default();
        self.0 = rest;
        text
    }
}

fn given(text: &str) -> Option<&str> {
    if text.is_empty() { None } else { Some(text) }
}

#[cfg(test)]
mod tests {
    use holloway_wire::LossReason;

    use super::*;

    fn full() -> State {
        let mut state = State::EMPTY;
        for (index, text) in state.texts.iter_mut().enumerate() {
            *text = format!("{index}\"ü:");
        }
        for (index, number) in state.numbers.iter_mut().enumerate() {
            *number = index as u64 + 1;
        }
        state.losses.add(LossReason::QueueFull, 7);
        state.host_mark = [1, 2, 3, 4];
        state.gone = vec![ChunkId(5), ChunkId(6)];
        state
    }

    fn read(bytes: &[u8]) -> Option<State> {
        let mut state = State::EMPTY;
        state.read(str::from_utf8(bytes).ok()?).then_some(state)
    }

    #[test]
    fn a_state_comes_back_as_written() {
        for state in [full(), State::EMPTY] {
            assert_eq!(read(&state.write()), Some(state));
        }
    }

    #[test]
    fn no_flipped_bit_and_no_cut_passes() {
        let bytes = full().write();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&flipped).is_none(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert_eq!(read(&bytes[..length]), None, "{length} bytes");
        }
    }

    /// The very bytes that the first client of this version left on its devices, so that each can be read.
    #[test]
    fn the_text_stays_as_it_is() {
        let mut state = State::EMPTY;
        state.set(Text::AnonymousId, "a1");
        state.set(Text::UserId, "ü");
        state.push_deletion("{}");
        state.push_deletion("[]");
        state.set(Text::SessionId, "s");
        state[Number::Sessions] = 3;
        state[Number::IsActive] = 1;
        state.host_mark = [9, 8, 7, 6];
        state.losses.add(LossReason::StateDamaged, 2);
        state.gone.push(ChunkId(5));
        let body = "10:holloway-32:a12:ü0:0:0:5:{}\n[]0:1:s0:0:\
            3:0:0:0:0:0:0:0:0:0:0:0:0:1:9:8:7:6:0:0:0:0:0:0:0:0:0:0:0:0:2:5:";
        let text = format!("{:08x}{body}", crc32c(body.as_bytes()));
        assert_eq!(String::from_utf8(state.write()).expect("a text"), text);
        assert_eq!(read(text.as_bytes()), Some(state));
    }

    #[test]
    fn deletion_requests_go_in_their_order() {
        let mut state = State::EMPTY;
        assert_eq!(state.deletion(), None);
        for request in ["{\"a\":1}", "{}"] {
            state.push_deletion(request);
        }
        for request in [Some("{\"a\":1}"), Some("{}"), None, None] {
            assert_eq!(state.deletion(), request);
            state.drop_deletion();
        }
    }
}
