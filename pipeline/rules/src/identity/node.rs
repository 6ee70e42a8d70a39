//! Typed identifiers and their dense numbers.

use holloway_wire::Timestamp;

/// The namespace of an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum IdKind {
    /// `userId`: the application's own name for a person.
    User,
    /// A hashed e-mail address, see [`super::strong::email`].
    Email,
    /// A hashed phone number, see [`super::strong::phone`].
    Phone,
    /// `anonymousId`: one browser or one installation.
    Anonymous,
}

/// How far an identifier is trusted to mean one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdClass {
    /// Two different values are two different people, always.
    Unique,
    /// Joins ids for ever, but never two unique ids; capped per person.
    Strong,
    /// Belongs to one owner at a time; capped per person and window.
    Weak,
}

impl IdKind {
    /// The word of the `kind` columns: `user`, `email`, `phone`, `anonymous`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Anonymous => "anonymous",
        }
    }

    /// The class whose rules the kind follows.
    pub const fn class(self) -> IdClass {
        match self {
            Self::User => IdClass::Unique,
            Self::Email | Self::Phone => IdClass::Strong,
            Self::Anonymous => IdClass::Weak,
        }
    }
}

/// The dense number of an identifier: its position in the slice of nodes given to [`super::resolve`].
/// A number means something only together with that slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One identifier that is not blocked, and when it was first seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node<'a> {
    /// The namespace.
    pub kind: IdKind,
    /// The value within the namespace; for strong kinds the hash that [`super::strong`] makes.
    pub value: &'a str,
    /// The earliest timestamp of an event that names the id in any role.
    pub first_seen: Timestamp,
}
