//! What a client is told once, and every limit of the client with its reason.

use alloc::string::String;

use holloway_wire::limits::{BATCH_EVENTS_MAX, EVENT_BYTES_MAX};

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// A session is over after this in any case.
pub(crate) const SESSION_MAX_MS: u64 = DAY_MS;
/// Bytes of events held while consent is unknown.
pub(crate) const PENDING_BYTES_MAX: usize = 256 * 1024;
/// Bytes of one request while the host is leaving: below the 64 KiB that browsers let a page leave behind.
pub(crate) const LEAVING_BYTES_MAX: usize = 60 * 1024;
/// Super properties, those that last and those of the session each: they leave half of an event to itself.
pub(crate) const REGISTERED_BYTES_MAX: usize = EVENT_BYTES_MAX / 4;
/// The first pause after a failure; doubles with each further one.
pub(crate) const BACKOFF_FIRST_MS: u64 = 1_000;
/// The longest pause after failures.
pub(crate) const BACKOFF_MAX_MS: u64 = 5 * MINUTE_MS;
/// Between two tries while the network counts as away; `online` ends it at once. A page whose requests are blocked for
/// good would otherwise ask twelve times an hour for as long as it lives.
pub(crate) const BREAKER_PAUSE_MS: u64 = 15 * MINUTE_MS;
/// Between two writes of the state for activity alone.
pub(crate) const ACTIVITY_SAVE_MS: u64 = 5_000;

/// Whether this device may record and send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// Not asked yet: events are held in memory only, capped, and nothing is written or sent.
    Unknown,
    /// Yes.
    #[default]
    Granted,
    /// No: what was kept is wiped, and a deletion request is sent when anything may have left the device.
    Denied,
}

/// Settings of a [`crate::Client`]. [`Config::new`] gives the defaults that each field's text names.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whose events these are.
    pub write_key: String,
    /// Events after which a batch goes out: 20, as Segment's mobile SDKs.
    pub flush_at: usize,
    /// Milliseconds after its first event at which a batch goes out: 30,000.
    pub flush_interval_ms: u64,
    /// Milliseconds without an event after which a session is over; a gap of exactly this long goes on: 30 min.
    pub session_timeout_ms: u64,
    /// Bytes at which a chunk is sealed: 256 KiB, half of what a batch may have, so that sending never cuts one.
    pub chunk_bytes_max: usize,
    /// Bytes of all waiting events: 5 MiB; past it the oldest sealed chunk is dropped and counted.
    pub outbox_bytes_max: usize,
    /// Number of all waiting events: 10,000; likewise.
    pub outbox_events_max: usize,
    /// Milliseconds that an event may wait: 30 days; likewise.
    pub outbox_age_max_ms: u64,
    /// Requests without any answer in a row after which the network counts as away: 8, some two minutes of trying.
    pub breaker_failures: u32,
    /// Whether an event in the background writes the state at once: false. For hosts that may never come to write it later
    /// and cannot look the newest record up (`Client::recover`), as a page that is left.
    pub saves_in_background: bool,
    /// Sessions of which events are sent, in millionths: 1,000,000. Which ones depends on the session's id alone, so that
    /// a session is sent whole or not at all. Identify, group and alias are always sent: who is who is no sample.
    pub sampled_sessions_ppm: u32,
    /// Whether the begin and the end of each session are events of their own, `Session Started` and `Session Ended`:
    /// false, since the pipeline finds sessions without them.
    pub session_events: bool,
    /// Whether an event with another `context.campaign` than the session's begins a new one: false, as in GA4.
    pub session_by_campaign: bool,
    /// The purpose among those of `set_purposes` that recording needs: `analytics`.
    pub consent_purpose: &'static str,
    /// Consent at the start; what a former run was told wins.
    pub consent: Consent,
    /// The device's id when no stored state has one: what the host knew already, from a cookie say. Empty, one is made.
    pub anonymous_id: String,
    /// Name and version for `context.library`.
    pub library: (&'static str, &'static str),
}

impl Config {
    /// The defaults, without a write key. A constant, so that making one is a copy.
    pub(crate) const DEFAULT: Self = Self {
        write_key: String::new(),
        flush_at: 20,
        flush_interval_ms: 30_000,
        session_timeout_ms: 30 * MINUTE_MS,
        chunk_bytes_max: 256 * 1024,
        outbox_bytes_max: 5 * 1024 * 1024,
        outbox_events_max: 10_000,
        outbox_age_max_ms: 30 * DAY_MS,
        breaker_failures: 8,
        saves_in_background: false,
        sampled_sessions_ppm: 1_000_000,
        session_events: false,
        session_by_campaign: false,
        consent_purpose: "analytics",
        consent: Consent::Granted,
        anonymous_id: String::new(),
        library: ("holloway", env!("CARGO_PKG_VERSION")),
    };

    /// The defaults.
    pub fn new(write_key: impl Into<String>) -> Self {
        Self { write_key: write_key.into(), ..Self::DEFAULT }
    }

    /// Events at which a chunk is sealed though nothing can be sent: what is evicted at once is a small part of all.
    pub(crate) fn chunk_events_max(&self) -> usize {
        (self.outbox_events_max / 10).clamp(self.flush_at, BATCH_EVENTS_MAX)
    }
}
