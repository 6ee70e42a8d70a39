//! Why a client dropped an event.

use crate::next_field;

/// In the order of [`LossReason::ALL`].
pub(crate) const WORDS: &str = "queue_full too_large expired corrupt rejected invalid dropped opted_out before_send sampled serialize \
                     storage state_damaged";

/// The reason of a loss: an event that was accepted from the app and will never reach a collector.
///
/// Each lost event has exactly one reason, counted by the client and sent in the `losses` of its next batch,
/// so that `accepted = delivered + still queued + Σ losses` holds at all times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LossReason {
    /// The outbox was at its cap of bytes or events and the oldest sealed chunk made room.
    QueueFull,
    /// The event alone is larger than [`crate::limits::EVENT_BYTES_MAX`].
    TooLarge,
    /// The event waited longer than the outbox keeps events.
    Expired,
    /// A stored record could not be read back: its checksum was wrong or its tail was torn.
    Corrupt,
    /// The collector refused the whole request with a status that a retry cannot change.
    Rejected,
    /// The collector's receipt said that this event is invalid.
    Invalid,
    /// The collector's receipt said that it dropped this event on purpose.
    Dropped,
    /// Consent was denied while the event was waiting.
    OptedOut,
    /// The app's own `before_send` dropped it.
    BeforeSend,
    /// The session is outside of the sample.
    Sampled,
    /// Name, ids or properties could not be written as JSON.
    Serialize,
    /// The device's storage refused the write.
    Storage,
    /// The stored state was damaged, its copy too: a new identity began, and the counts that it held are gone. Counts
    /// states, not events.
    StateDamaged,
}

impl LossReason {
    /// Every reason, in a fixed order: the index of a counter.
    pub const ALL: [Self; 13] = [
        Self::QueueFull,
        Self::TooLarge,
        Self::Expired,
        Self::Corrupt,
        Self::Rejected,
        Self::Invalid,
        Self::Dropped,
        Self::OptedOut,
        Self::BeforeSend,
        Self::Sampled,
        Self::Serialize,
        Self::Storage,
        Self::StateDamaged,
    ];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        // One text, since a table of texts is larger than its words; they are asked for once a batch.
        let mut rest = WORDS;
        for _ in 0..self.index() {
            next_field(&mut rest, b' ');
        }
        next_field(&mut rest, b' ')
    }

    /// The position of this reason in [`LossReason::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Reads the word on the wire; `None` for any other word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_own_word_and_its_own_index() {
        for (index, reason) in LossReason::ALL.into_iter().enumerate() {
            assert_eq!(reason.index(), index);
            assert_eq!(LossReason::parse(reason.as_str()), Some(reason));
        }
    }
}
