//! Sessions as the client sees them: a hint for the pipeline, and an order of events.

use alloc::string::String;

/// Why a session began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The first one on this device.
    First,
    /// The one before was idle for longer than the timeout.
    Idle,
    /// The one before was as long as a session can be.
    Cap,
    /// Another user took over.
    User,
    /// `reset` was called.
    Reset,
}

/// The session that is running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// 1 for the first on this device, and so on.
    pub index: u64,
    /// When it began, milliseconds since 1970.
    pub start_unix_ms: u64,
    /// Its latest event, milliseconds since 1970.
    pub last_unix_ms: u64,
    /// Events in it so far.
    pub events: u64,
    /// The id of the one before.
    pub previous_id: Option<String>,
    /// The message id of its first event.
    pub first_event_id: String,
    /// Why it began.
    pub reason: Rotation,
}

impl Session {
    /// Why the session cannot take an event of this time; `None` when it can. A clock that went back is no gap.
    pub(crate) fn ends(&self, unix_ms: u64, timeout_ms: u64, max_ms: u64) -> Option<Rotation> {
        if unix_ms.saturating_sub(self.last_unix_ms) > timeout_ms {
            Some(Rotation::Idle)
        } else if unix_ms.saturating_sub(self.start_unix_ms) >= max_ms {
            Some(Rotation::Cap)
        } else {
            None
        }
    }
}
