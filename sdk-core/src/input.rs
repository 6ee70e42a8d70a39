//! What a host tells a client.

use alloc::vec::Vec;

use holloway_wire::Verdict;

use crate::{ChunkId, Records};

/// The time of a call, by both clocks of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since 1970 by the wall clock, which may jump. Stamped into events.
    pub unix_ms: u64,
    /// Milliseconds of a clock that never goes back. Timers run by it.
    pub mono_ms: u64,
}

/// What a former run left on this device. The default is a fresh device.
#[derive(Clone, Debug, Default)]
pub struct Restored {
    /// The state file.
    pub state: Option<Vec<u8>>,
    /// The copy of the state before that.
    pub state_copy: Option<Vec<u8>>,
    /// The chunks that are there, in any order.
    pub chunks: Vec<RestoredChunk>,
}

/// A chunk that a former run left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoredChunk {
    /// Its id.
    pub id: ChunkId,
    /// Bytes of its records.
    pub bytes: u64,
    /// Its records.
    pub events: u32,
}

/// Numbers of the host's own that are kept with the state: how far it has read its hand-off, say.
pub type HostMark = [u64; 4];

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredOutcome {
    /// It is where it should be.
    Ok,
    /// The device refused it.
    Failed,
}

/// What became of a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadOutcome {
    /// The records.
    Records {
        /// In the order in which they were appended.
        payloads: Records,
        /// Records that are there in part only.
        torn: u32,
    },
    /// It cannot be read now (a locked device); later, perhaps. Not corrupt.
    Unavailable,
    /// It is not there.
    Missing,
    /// Nothing was found, and that is no loss: another client took the records over, and sends them.
    Taken,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpOutcome<'a> {
    /// A response.
    Response {
        /// Its status.
        status: u16,
        /// How long to wait, as its receipt asks when the events were taken, and as its `Retry-After` header otherwise.
        retry_after_ms: Option<u64>,
        /// What became of each event, in the order of the request, as its receipt says; of those past its end nothing
        /// was said, and they count as taken.
        verdicts: &'a [Verdict],
    },
    /// No response: no network, a timeout, a refused connection.
    NetworkError,
    /// A browser took it as a beacon. Never an acknowledgement.
    Beaconed,
}

/// A response as it came, for [`Client::http_answered`](crate::Client::http_answered).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its `Retry-After` header.
    pub retry_after: Option<&'a str>,
    /// Its `Date` header, where the host can see it.
    pub date: Option<&'a str>,
    /// Its body.
    pub body: &'a [u8],
}

/// What an app may say about one event besides its properties.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventOptions<'a> {
    /// The message id, for senders that know their events by ids of their own.
    pub message_id: Option<&'a str>,
    /// When it happened, milliseconds since 1970; else now.
    pub timestamp_unix_ms: Option<u64>,
    /// A JSON object, laid over the host's context.
    pub context: Option<&'a str>,
    /// A JSON object for `integrations`.
    pub integrations: Option<&'a str>,
}

/// The ids of one event of [`Client::event_for`](crate::Client::event_for), in place of the client's own. At least one is
/// given, and none is empty or white space alone.
#[cfg(feature = "server-events")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventIds<'a> {
    /// The user's id.
    pub user_id: Option<&'a str>,
    /// The id of the user's device, such as the one in a web visitor's cookie.
    pub anonymous_id: Option<&'a str>,
}
