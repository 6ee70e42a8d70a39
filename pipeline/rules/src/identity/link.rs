//! What one event says about two ids, and what became of it.

use super::node::NodeId;
use holloway_wire::{Timestamp, stable_hash128};

/// A message id as 16 ordered bytes, the tie-break between links of one time.
///
/// A UUID (with or without hyphens) keeps its own bytes, so that UUIDv7 ids order by time; any other text
/// is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey(pub [u8; 16]);

impl MessageKey {
    /// The key of a message id.
    pub fn of(message_id: &str) -> Self {
        uuid_bytes(message_id).map_or_else(|| Self(stable_hash128(&[message_id.as_bytes()])), Self)
    }
}

fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let bytes = text.as_bytes();
    let hyphenated = match bytes.len() {
        36 => true,
        32 => false,
        _ => return None,
    };
    let mut out = [0_u8; 16];
    let mut digits = 0_usize;
    for (at, &byte) in bytes.iter().enumerate() {
        if hyphenated && matches!(at, 8 | 13 | 18 | 23) {
            if byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = (byte as char).to_digit(16)? as u8;
        out[digits / 2] = (out[digits / 2] << 4) | digit;
        digits += 1;
    }
    Some(out)
}

/// Where a link comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkSource {
    /// An `identify` call.
    Identify,
    /// Any other event that carries both an `anonymousId` and a `userId`.
    Event,
    /// An `alias` call: `previousId` → `userId`. Reaches back to the beginning of a weak previous id.
    Alias,
    /// A declared e-mail or phone on an `identify`.
    Trait,
    /// The server-side link API.
    Api,
}

impl LinkSource {
    /// The word of the `reason` columns.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::Event => "event",
            Self::Alias => "alias",
            Self::Trait => "trait",
            Self::Api => "api",
        }
    }
}

/// Two ids that one event names together.
///
/// `left` is the weaker id by convention (anonymous, e-mail, previous id), `right` the one it is given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The corrected time of the event.
    pub at: Timestamp,
    /// The key of the event's message id.
    pub message: MessageKey,
    /// The caller's handle of the event (its offset, say). Echoed in [`Decision`]; never compared.
    pub event: u64,
    /// The id that is given.
    pub left: NodeId,
    /// The id that it is given to.
    pub right: NodeId,
    /// Which call said so.
    pub source: LinkSource,
}

/// What became of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The link changed who is who.
    Merged,
    /// The link was not followed.
    Refused,
    /// The link was followed until somebody took it back.
    Withdrawn,
}

impl Verdict {
    /// The word of the `verdict` column: `merged`, `refused`, `withdrawn`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Why a link was or was not followed, or an identity row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Followed because of this call.
    Source(LinkSource),
    /// An id that no link gave to anybody: it is its own person.
    Own,
    /// Refused: the two ids are two different users.
    TwoUsers,
    /// Refused: following it would join two different users through ids in between.
    TwoUsersThroughChain,
    /// Refused: the person already has as many strong ids as the cap allows.
    StrongCap,
    /// Refused: the person already took as many weak ids within the window as the cap allows.
    WeakCap,
    /// Refused: two weak ids, neither of which can own the other.
    TwoWeakIds,
}

impl Reason {
    /// The word of the `reason` columns.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source(source) => source.as_str(),
            Self::Own => "own",
            Self::TwoUsers => "two_users",
            Self::TwoUsersThroughChain => "two_users_through_chain",
            Self::StrongCap => "strong_cap",
            Self::WeakCap => "weak_cap",
            Self::TwoWeakIds => "two_weak_ids",
        }
    }
}

/// A link that changed something or was refused: a row of the `merges` table.
///
/// Of several links with the same two ids and the same answer only the earliest is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The link, as it was given.
    pub link: Link,
    /// What became of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}

/// Keeps of many weak-to-owner links only those that can matter, in two passes over the events.
///
/// Nearly every anonymous id meets one user only; of its links just the earliest counts. The first pass
/// calls [`Thinner::note`] for each event with both ids, the second pass [`Thinner::push`]; for the few
/// ids with several owners every link is kept, because the alternation decides.
#[derive(Clone, Debug, Default)]
pub struct Thinner {
    owner: Vec<u32>,
    earliest: Vec<u32>,
    links: Vec<Link>,
}

const NOBODY: u32 = u32::MAX;
const SEVERAL: u32 = u32::MAX - 1;

impl Thinner {
    /// A thinner for `nodes` ids.
    pub fn new(nodes: usize) -> Self {
        Self { owner: vec![NOBODY; nodes], earliest: vec![NOBODY; nodes], links: Vec::new() }
    }

    /// First pass: `weak` was seen together with `owner`.
    pub fn note(&mut self, weak: NodeId, owner: NodeId) {
        let slot = &mut self.owner[weak.index()];
        if *slot == NOBODY {
            *slot = owner.0;
        } else if *slot != owner.0 {
            *slot = SEVERAL;
        }
    }

    /// First pass, of two threads: what `other` noted counts here too.
    pub fn absorb(&mut self, other: &Self) {
        for (mine, &theirs) in self.owner.iter_mut().zip(&other.owner) {
            if *mine == NOBODY {
                *mine = theirs;
            } else if theirs != NOBODY && theirs != *mine {
                *mine = SEVERAL;
            }
        }
    }

    /// Second pass: keep the link if it can matter.
    pub fn push(&mut self, link: Link) {
        let weak = link.left.index();
        if self.owner[weak] == SEVERAL || link.source == LinkSource::Alias {
            self.links.push(link);
            return;
        }
        let slot = self.earliest[weak];
        if slot == NOBODY {
            self.earliest[weak] = self.links.len() as u32;
            self.links.push(link);
        } else {
            let kept = &mut self.links[slot as usize];
            if (link.at, link.message, link.source) < (kept.at, kept.message, kept.source) {
                *kept = link;
            }
        }
    }

    /// The links to give to [`super::resolve`].
    pub fn into_links(self) -> Vec<Link> {
        self.links
    }
}
