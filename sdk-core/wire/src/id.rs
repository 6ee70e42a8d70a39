//! Message ids: UUIDs, made of time and randomness that the caller brings.

use alloc::string::String;

use uuid::Uuid;

use crate::json::{Sink, hex_digits, roomy};

/// Why a text is not a message id of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not 32 hex digits with or without hyphens.
    #[error("expected a uuid of 32 hex digits, found other text")]
    NotUuid,
}

/// The id of one event, a UUID: the key that makes a resend harmless.
///
/// Clients make version 7 ids, whose first 48 bits are the time in milliseconds, so that ids sort by time and
/// compress well. A collector accepts any text as `messageId`; this type is what our own clients make.
///
/// ```
/// use holloway_wire::MessageId;
/// let id = MessageId::v7(1_780_000_000_000, [7; 10]);
/// assert_eq!(id.unix_ms(), 1_780_000_000_000);
/// assert_eq!(MessageId::parse(&id.to_text()), Ok(id));
/// assert!(MessageId::parse("order-17").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId([u8; 16]);

impl MessageId {
    /// A version 7 UUID (RFC 9562) of a time in milliseconds and ten random bytes.
    pub fn v7(unix_ms: u64, random: [u8; 10]) -> Self {
        let mut id = [0; 16];
        for (at, byte) in id.iter_mut().enumerate().take(6) {
            *byte = (unix_ms >> (40 - 8 * at)) as u8;
        }
        id[6..].copy_from_slice(&random);
        id[6] = (id[6] & 0x0f) | 0x70;
        id[8] = (id[8] & 0x3f) | 0x80;
        Self(id)
    }

    /// A version 8 UUID of a hash, for events whose id follows from their content (imports).
    pub fn v8(hash: [u8; 16]) -> Self {
        Self(uuid::Builder::from_custom_bytes(hash).into_uuid().into_bytes())
    }

    /// Reads a UUID of any version, hyphenated or not.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        match Uuid::try_parse(text) {
            Ok(uuid) if text.len() == 36 || text.len() == 32 => Ok(Self(uuid.into_bytes())),
            _ => Err(IdError::NotUuid),
        }
    }

    /// The sixteen bytes, in the order of the text.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The time in a version 7 id, in milliseconds; of no meaning in other versions.
    pub fn unix_ms(&self) -> u64 {
        self.0[..6].iter().fold(0, |ms, byte| (ms << 8) | u64::from(*byte))
    }

    /// The hyphenated lowercase text, 36 bytes.
    pub fn to_text(self) -> String {
        let mut text = *b"00000000-0000-0000-0000-000000000000";
        let slots = text.iter_mut().filter(|slot| **slot == b'0');
        for (at, slot) in slots.enumerate() {
            let byte = self.0.get(at / 2).copied().unwrap_or_default();
            *slot = hex_digits(byte)[at % 2];
        }
        let mut out = roomy(36);
        out.put_ascii(&text);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 9562 appendix A.6.
    #[test]
    fn rfc_example_reads_back_its_time() {
        let id = MessageId::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F").expect("the example is a uuid");
        assert_eq!(id.unix_ms(), 0x017F_22E2_79B0);
        assert_eq!(id.to_text(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    }

    #[test]
    fn made_ids_carry_version_and_variant_and_sort_by_time() {
        let early = MessageId::v7(1, [0xff; 10]);
        let late = MessageId::v7(2, [0; 10]);
        assert!(early < late);
        assert_eq!((early.as_bytes()[6] >> 4, early.as_bytes()[8] >> 6), (7, 2));
        assert_eq!(MessageId::v8([0; 16]).as_bytes()[6] >> 4, 8);
    }

    #[test]
    fn braces_and_urns_are_not_ids() {
        for text in [
            "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
            "urn:uuid:017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "",
            "x",
        ] {
            assert_eq!(MessageId::parse(text), Err(IdError::NotUuid), "{text}");
        }
    }
}
