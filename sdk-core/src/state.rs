//! The small state that outlives a run: identity, session, consent, pause, losses.
//!
//! A text, so that a browser can keep it as a string: eight hex digits of CRC-32C, then the fields in a fixed order,
//! texts as `length:text` and numbers as `number:`. What the checksum covers is what this version wrote, so that a
//! reader needs no more care than not to panic.

use alloc::{borrow::ToOwned, string::String, vec, vec::Vec};

use holloway_wire::json::write_number;

use crate::{
    ChunkId, Consent, HostMark, Rotation, Session, frame::crc32c, identity::Identity, losses::Losses,
};

const CRC_DIGITS: usize = 8;
const TEXTS: usize = 10;
const NUMBERS: usize = 14;
/// The first field. A change of the fields changes it, and [`State::read`] then takes the former ones up too.
const VERSION: &str = "holloway-2";

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) identity: Identity,
    pub(crate) session: Option<Session>,
    pub(crate) sessions: u64,
    /// Events of this client so far: the latest one's `sequence`.
    pub(crate) sequence: u64,
    /// What the user agreed to, a JSON object's text; empty when no purposes were named.
    pub(crate) purposes: String,
    pub(crate) consent: Option<Consent>,
    pub(crate) failures: u32,
    pub(crate) not_before_unix_ms: u64,
    /// Whether the collector asked for that pause.
    pub(crate) by_server: bool,
    pub(crate) losses: Losses,
    /// Deletion requests that no collector has acknowledged yet, as the events' JSON.
    pub(crate) deletions: Vec<Vec<u8>>,
    /// Whether anything of this subject may have left the device.
    pub(crate) has_sent: bool,
    /// Whatever the host wants to find next to this state.
    pub(crate) host_mark: HostMark,
    /// Chunks whose events have met their fate, and which the host may not have removed yet: a crash between the
    /// two must neither count a loss twice nor forget it.
    pub(crate) gone: Vec<ChunkId>,
}

impl State {
    pub(crate) fn write(&self) -> Vec<u8> {
        let none = Session::none();
        let session = self.session.as_ref().unwrap_or(&none);
        // JSON that was written here has no line break.
        let deletions = self.deletions.join(&b'\n');
        let texts: [&[u8]; TEXTS] = [
            VERSION.as_bytes(),
            self.identity.anonymous_id.as_bytes(),
            self.identity.user_id.as_deref().unwrap_or_default().as_bytes(),
            self.identity.registered.as_bytes(),
            self.identity.registered_for_session.as_bytes(),
            self.purposes.as_bytes(),
            &deletions,
            session.id.as_bytes(),
            session.previous_id.as_deref().unwrap_or_default().as_bytes(),
            session.first_event_id.as_bytes(),
        ];
        let numbers: [u64; NUMBERS] = [
            self.sessions,
            self.sequence,
            u64::from(self.failures),
            self.not_before_unix_ms,
            u64::from(self.by_server),
            u64::from(self.has_sent),
            self.consent.map_or(0, |consent| consent as u64 + 1),
            session.start_unix_ms,
            session.last_unix_ms,
            session.duration_ms,
            session.events,
            session.reason as u64,
            session.campaign.into(),
            session.is_active.into(),
        ];
        let mut out = vec![b'0'; CRC_DIGITS];
        for text in texts {
            number(&mut out, text.len() as u64);
            out.extend_from_slice(text);
        }
        for list in [&numbers[..], &self.host_mark, self.losses.counts()] {
            for value in list {
                number(&mut out, *value);
            }
        }
        for chunk in &self.gone {
            number(&mut out, chunk.0);
        }
        let crc = crc32c(&out[CRC_DIGITS..]);
        for (index, slot) in out[..CRC_DIGITS].iter_mut().enumerate() {
            let nibble = (crc >> (28 - 4 * index) & 15) as u8;
            *slot = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        }
        out
    }

    /// `None` when the bytes are not what was written.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (crc, body) = bytes.split_at_checked(CRC_DIGITS)?;
        let crc = u32::from_str_radix(core::str::from_utf8(crc).ok()?, 16).ok()?;
        if crc != crc32c(body) {
            return None;
        }
        // Everything is found before anything is made of it: a way out that has things to drop costs a browser bytes.
        let mut fields = Fields(core::str::from_utf8(body).ok()?);
        let mut texts = [""; TEXTS];
        for text in &mut texts {
            *text = fields.text()?;
        }
        let (mut numbers, mut host_mark, mut losses) = ([0; NUMBERS], HostMark::default(), Losses::default());
        for list in [&mut numbers[..], &mut host_mark, losses.counts_mut()] {
            for value in list {
                *value = fields.number()?;
            }
        }
        let [
            version,
            anonymous_id,
            user_id,
            registered,
            registered_for_session,
            purposes,
            deletions,
            id,
            previous_id,
            first,
        ] = texts;
        let [sessions, sequence, failures, not_before_unix_ms, by_server, has_sent, consent, session @ ..] =
            numbers;
        let [start_unix_ms, last_unix_ms, duration_ms, events, reason, campaign, is_active] = session;
        if version != VERSION {
            return None;
        }
        let mut gone = Vec::new();
        while let Some(chunk) = fields.number() {
            gone.push(ChunkId(chunk));
        }
        let session = given(id).map(|id| Session {
            id,
            index: sessions,
            start_unix_ms,
            last_unix_ms,
            duration_ms,
            events,
            previous_id: given(previous_id),
            first_event_id: first.to_owned(),
            reason: Rotation::ALL.get(reason as usize).copied().unwrap_or(Rotation::First),
            campaign: campaign as u32,
            is_active: is_active == 1,
        });
        Some(Self {
            identity: Identity {
                anonymous_id: anonymous_id.to_owned(),
                user_id: given(user_id),
                registered: registered.to_owned(),
                registered_for_session: registered_for_session.to_owned(),
            },
            session,
            sessions,
            sequence,
            purposes: purposes.to_owned(),
            consent: match consent {
                1 => Some(Consent::Unknown),
                2 => Some(Consent::Granted),
                3 => Some(Consent::Denied),
                _ => None,
            },
            failures: failures as u32,
            not_before_unix_ms,
            by_server: by_server == 1,
            losses,
            deletions: deletions
                .split('\n')
                .filter(|text| !text.is_empty())
                .map(|text| text.as_bytes().to_vec())
                .collect(),
            has_sent: has_sent == 1,
            host_mark,
            gone,
        })
    }
}

/// `number:`.
fn number(out: &mut Vec<u8>, value: u64) {
    write_number(out, value);
    out.push(b':');
}

/// What is still to be read.
struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    fn number(&mut self) -> Option<u64> {
        let at = self.0.bytes().position(|byte| byte == b':')?;
        let digits = self.0.get(..at)?.bytes();
        let value = digits.fold(0_u64, |value, digit| {
            value.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0')))
        });
        self.0 = self.0.get(at + 1..)?;
        Some(value)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()? as usize;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }
}

/// An empty text stands for none.
fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use holloway_wire::LossReason;

    use super::*;

    fn full() -> State {
        let mut losses = Losses::default();
        losses.add(LossReason::QueueFull, 7);
        State {
            identity: Identity {
                anonymous_id: "a\"1".into(),
                user_id: Some("ü".into()),
                registered: r#"{"a":1}"#.into(),
                registered_for_session: r#"{"b":2}"#.into(),
            },
            session: Some(Session {
                id: "s".into(),
                index: 3,
                start_unix_ms: 1,
                last_unix_ms: 2,
                duration_ms: 9,
                events: 4,
                previous_id: Some("r".into()),
                first_event_id: "m".into(),
                reason: Rotation::Manual,
                campaign: 77,
                is_active: true,
            }),
            sessions: 3,
            sequence: 55,
            purposes: r#"{"ads":false}"#.into(),
            consent: Some(Consent::Denied),
            failures: 2,
            not_before_unix_ms: 99,
            by_server: true,
            losses,
            deletions: vec!["{}".into(), r#"{"a":1}"#.into()],
            has_sent: true,
            host_mark: [1, 2, 3, 4],
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
