//! The small state that outlives a run: identity, session, consent, pause, losses.
//!
//! One line of text, so that a browser can keep it as a string: eight hex digits of CRC-32C, then a JSON object.

use alloc::{string::String, vec, vec::Vec};

use holloway_wire::{
    LossReason, RawJson,
    json::{write_number, write_string},
};

use crate::{ChunkId, Consent, Rotation, Session, frame::crc32c, identity::Identity, losses::Losses};

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) identity: Identity,
    pub(crate) session: Option<Session>,
    pub(crate) sessions: u64,
    pub(crate) consent: Option<Consent>,
    pub(crate) failures: u32,
    pub(crate) not_before_unix_ms: u64,
    pub(crate) losses: Losses,
    /// A deletion request that no collector has acknowledged yet, as the event's JSON.
    pub(crate) deletion: Option<String>,
    /// Whether anything may have left this device.
    pub(crate) has_sent: bool,
    /// Chunks whose events have met their fate, and which the host may not have removed yet: a crash between the
    /// two must neither count a loss twice nor forget it.
    pub(crate) gone: Vec<ChunkId>,
}

impl State {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = vec![b'0'; 8];
        out.extend_from_slice(b"{\"v\":1");
        text(&mut out, "anonymousId", Some(&self.identity.anonymous_id));
        text(&mut out, "userId", self.identity.user_id.as_deref());
        text(&mut out, "registered", Some(&self.identity.registered));
        text(&mut out, "deletion", self.deletion.as_deref());
        number(&mut out, "sessions", self.sessions);
        number(&mut out, "failures", u64::from(self.failures));
        number(&mut out, "notBefore", self.not_before_unix_ms);
        number(&mut out, "hasSent", u64::from(self.has_sent));
        number(&mut out, "consent", self.consent.map_or(0, |consent| consent as u64 + 1));
        if let Some(session) = &self.session {
            text(&mut out, "sid", Some(&session.id));
            text(&mut out, "sprev", session.previous_id.as_deref());
            text(&mut out, "sfirst", Some(&session.first_event_id));
            number(&mut out, "sstart", session.start_unix_ms);
            number(&mut out, "slast", session.last_unix_ms);
            number(&mut out, "sevents", session.events);
            number(&mut out, "sreason", session.reason as u64);
        }
        for (reason, count) in self.losses.iter().filter(|(_, count)| *count > 0) {
            number(&mut out, reason.as_str(), count);
        }
        for (index, chunk) in self.gone.iter().enumerate() {
            out.extend_from_slice(if index == 0 { b",\"gone\":[" } else { b"," });
            write_number(&mut out, chunk.0);
        }
        if !self.gone.is_empty() {
            out.push(b']');
        }
        out.push(b'}');
        let crc = crc32c(&out[8..]);
        for (index, slot) in out[..8].iter_mut().enumerate() {
            let nibble = (crc >> (28 - 4 * index) & 15) as u8;
            *slot = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        }
        out
    }

    /// `None` when the bytes are not what was written.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (crc, body) = bytes.split_at_checked(8)?;
        let crc = u32::from_str_radix(core::str::from_utf8(crc).ok()?, 16).ok()?;
        if crc != crc32c(body) {
            return None;
        }
        let object = RawJson::object(core::str::from_utf8(body).ok()?).ok()?;
        let text = |key: &str| Some(object.get(key)?.string()?.into_owned());
        let number = |key: &str| object.get(key).and_then(RawJson::whole_number).unwrap_or_default();
        if number("v") != 1 {
            return None;
        }
        let mut losses = Losses::default();
        for reason in LossReason::ALL {
            losses.add(reason, number(reason.as_str()));
        }
        let sessions = number("sessions");
        Some(Self {
            identity: Identity {
                anonymous_id: text("anonymousId")?,
                user_id: text("userId"),
                registered: text("registered").unwrap_or_default(),
            },
            session: text("sid").map(|id| Session {
                id,
                index: sessions,
                start_unix_ms: number("sstart"),
                last_unix_ms: number("slast"),
                events: number("sevents"),
                previous_id: text("sprev"),
                first_event_id: text("sfirst").unwrap_or_default(),
                reason: rotation(number("sreason")),
            }),
            sessions,
            consent: [None, Some(Consent::Unknown), Some(Consent::Granted), Some(Consent::Denied)]
                .get(number("consent") as usize)
                .copied()
                .flatten(),
            failures: number("failures") as u32,
            not_before_unix_ms: number("notBefore"),
            losses,
            deletion: text("deletion"),
            has_sent: number("hasSent") == 1,
            gone: object
                .get("gone")
                .into_iter()
                .flat_map(RawJson::items)
                .filter_map(|id| id.whole_number().map(ChunkId))
                .collect(),
        })
    }
}

fn text(out: &mut Vec<u8>, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        out.push(b',');
        write_string(out, key);
        out.push(b':');
        write_string(out, value);
    }
}

fn number(out: &mut Vec<u8>, key: &str, value: u64) {
    out.push(b',');
    write_string(out, key);
    out.push(b':');
    write_number(out, value);
}

fn rotation(number: u64) -> Rotation {
    [Rotation::First, Rotation::Idle, Rotation::Cap, Rotation::User, Rotation::Reset]
        .get(number as usize)
        .copied()
        .unwrap_or(Rotation::First)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> State {
        let mut losses = Losses::default();
        losses.add(LossReason::QueueFull, 7);
        State {
            identity: Identity {
                anonymous_id: "a\"1".into(),
                user_id: Some("ü".into()),
                registered: r#"{"a":1}"#.into(),
            },
            session: Some(Session {
                id: "s".into(),
                index: 3,
                start_unix_ms: 1,
                last_unix_ms: 2,
                events: 4,
                previous_id: Some("r".into()),
                first_event_id: "m".into(),
                reason: Rotation::Cap,
            }),
            sessions: 3,
            consent: Some(Consent::Denied),
            failures: 2,
            not_before_unix_ms: 99,
            losses,
            deletion: Some("{}".into()),
            has_sent: true,
            gone: vec![ChunkId(5), ChunkId(6)],
        }
    }

    #[test]
    fn a_state_comes_back_as_written() {
        for state in [full(), State::default()] {
            assert_eq!(State::read(&state.write()), Some(state));
        }
    }

    #[test]
    fn no_flipped_bit_and_no_cut_passes() {
        let bytes = full().write();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // A hex digit's case is the one bit that says nothing.
            let is_case = bit / 8 < 8 && flipped[bit / 8].eq_ignore_ascii_case(&bytes[bit / 8]);
            assert!(is_case || State::read(&flipped).is_none(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert_eq!(State::read(&bytes[..length]), None, "{length} bytes");
        }
    }
}
