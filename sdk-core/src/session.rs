//! Sessions as the client sees them: a hint for the pipeline, and an order of events.

/// The words of [`Rotation::ALL`].
const WORDS: [&str; 7] = ["first", "idle", "cap", "user", "reset", "campaign", "manual"];

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
        WORDS[self as usize]
    }
}

/// The session that is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session<'a> {
    /// Its id.
    pub id: &'a str,
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
    pub previous_id: Option<&'a str>,
    /// The message id of its first event; empty until it has one.
    pub first_event_id: &'a str,
    /// Why it began.
    pub reason: Rotation,
    /// What stands for the campaign of its events; 0 for none.
    pub(crate) campaign: u32,
    /// No `background` since its latest event: a process that ends now has crashed.
    pub(crate) is_active: bool,
}
