//! Sessions as the client sees them: a hint for the pipeline, and an order of events.

use alloc::string::String;

use crate::Now;

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
    /// An event came with another campaign.
    Campaign,
    /// The app asked for it.
    Manual,
}

impl Rotation {
    /// All of them, in the order of their numbers in the state.
    pub const ALL: [Self; 7] =
        [Self::First, Self::Idle, Self::Cap, Self::User, Self::Reset, Self::Campaign, Self::Manual];

    /// The word on the wire, in `context.session.reason`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Idle => "idle",
            Self::Cap => "cap",
            Self::User => "user",
            Self::Reset => "reset",
            Self::Campaign => "campaign",
            Self::Manual => "manual",
        }
    }
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
    /// How long it lasts, in milliseconds: the gaps between its events together, whatever the clock did.
    pub duration_ms: u64,
    /// Events in it so far.
    pub events: u64,
    /// The id of the one before.
    pub previous_id: Option<String>,
    /// The message id of its first event; empty until it has one.
    pub first_event_id: String,
    /// Why it began.
    pub reason: Rotation,
    /// What stands for the campaign of its events; 0 for none.
    pub(crate) campaign: u32,
    /// No `background` since its latest event: a process that ends now has crashed.
    pub(crate) is_active: bool,
}

impl Session {
    /// What stands in the state for no session.
    pub(crate) const fn none() -> Self {
        Self {
            id: String::new(),
            index: 0,
            start_unix_ms: 0,
            last_unix_ms: 0,
            duration_ms: 0,
            events: 0,
            previous_id: None,
            first_event_id: String::new(),
            reason: Rotation::First,
            campaign: 0,
            is_active: false,
        }
    }

    /// Milliseconds since the latest event. A clock that went back says nothing; the monotonic one does, unless it is
    /// another run's.
    pub(crate) fn gap_ms(&self, last_mono_ms: Option<u64>, now: Now) -> u64 {
        match now.unix_ms.checked_sub(self.last_unix_ms) {
            Some(gap) => gap,
            None => last_mono_ms.map_or(0, |last| now.mono_ms.saturating_sub(last)),
        }
    }

    /// Why the session cannot take an event after this gap; `None` when it can.
    pub(crate) fn ends(&self, gap_ms: u64, timeout_ms: u64, max_ms: u64) -> Option<Rotation> {
        if gap_ms > timeout_ms {
            Some(Rotation::Idle)
        } else if self.duration_ms.saturating_add(gap_ms) >= max_ms {
            Some(Rotation::Cap)
        } else {
            None
        }
    }
}
