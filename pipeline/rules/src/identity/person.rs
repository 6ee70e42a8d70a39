//! Who an id turned out to be.

use super::node::IdKind;
use holloway_wire::stable_hash128;
use std::fmt;

/// The opaque id of a person: the hash of the oldest member's kind and value.
///
/// It is written as 32 lowercase hexadecimal digits. It stays the same through a login, because the
/// anonymous id that came first stays the oldest member.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId([u8; 16]);

impl PersonId {
    /// The id of the person whose oldest member is this identifier.
    pub fn of(kind: IdKind, value: &str) -> Self {
        Self(stable_hash128(&[kind.as_str().as_bytes(), value.as_bytes()]))
    }

    /// The id of the stand-in person of an anonymous id, for the time in which an over-cap owner was refused.
    pub(crate) fn quarantined(kind: IdKind, value: &str) -> Self {
        Self(stable_hash128(&[kind.as_str().as_bytes(), value.as_bytes(), b"quarantined"]))
    }

    /// The id with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, in the order of the digits.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The id of its 32 hexadecimal digits; `None` when the text is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 32).then_some(())?;
        u128::from_str_radix(text, 16).ok().map(|value| Self(value.to_be_bytes()))
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonId({self})")
    }
}

/// The dense number of a person within one [`super::Resolution`]: its position in
/// [`super::Resolution::people`]. It says nothing across resolutions; [`PersonId`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonIndex(pub u32);
