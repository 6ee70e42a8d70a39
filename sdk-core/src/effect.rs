//! What a client asks of its host.

use alloc::{borrow::Cow, format, string::String, vec::Vec};

use holloway_wire::{BATCH_EVENTS_AT, LossReason, RawJson};

/// Links an effect to the host's report on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// Names a chunk of the outbox. Ids grow, and carry the time at which the chunk was begun, so that order and age
/// never depend on a file's times. Below 2^53, exact in JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkId(pub u64);

impl ChunkId {
    const TIME_SHIFT: u32 = 12;
    /// Ids from one chunk to the next: those between are for what is left of a chunk, see [`Self::next`].
    const STEP_MASK: u64 = 63;

    pub(crate) fn after(last: Option<Self>, unix_ms: u64) -> Self {
        let by_time = unix_ms << Self::TIME_SHIFT;
        Self(last.map_or(by_time, |last| by_time.max((last.0 | Self::STEP_MASK).saturating_add(1))))
    }

    /// An id that was never given, for what is left of this chunk: as old, and before all later ones.
    pub(crate) const fn next(self) -> Option<Self> {
        if self.0 & Self::STEP_MASK == Self::STEP_MASK { None } else { Some(Self(self.0 + 1)) }
    }

    /// The last id that what is left of this chunk can move to: whoever waits for the chunk waits up to here.
    #[must_use]
    pub const fn last_rest(self) -> Self {
        Self(self.0 | Self::STEP_MASK)
    }

    /// When the chunk was begun, milliseconds since 1970 by the device's clock.
    pub const fn begun_unix_ms(self) -> u64 {
        self.0 >> Self::TIME_SHIFT
    }
}

/// Something for the host to do. Effects come in the order in which they must happen.
///
/// A host that could not do an `Append` keeps the record and tries again: no later `SaveState` may be written before it,
/// and no chunk removed of which it is what is left ([`ChunkId::last_rest`]). A kill would else lose what was safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Add one record to a chunk, making the chunk when it is not there; answer with `stored`.
    Append {
        /// For the answer.
        token: Token,
        /// The chunk.
        chunk: ChunkId,
        /// The record: one event's JSON.
        payload: Vec<u8>,
    },
    /// No more records follow in this chunk: make it durable; answer with `stored`. Not without the feature `late-storage`:
    /// such a host's records are durable one by one.
    Seal {
        /// For the answer.
        token: Token,
        /// The chunk.
        chunk: ChunkId,
    },
    /// Give back a chunk's records; answer with `read_done`.
    Read {
        /// For the answer.
        token: Token,
        /// The chunk.
        chunk: ChunkId,
    },
    /// Delete a chunk. No answer: a chunk that stays is sent again, and its events are known by their ids.
    Remove {
        /// The chunk.
        chunk: ChunkId,
    },
    /// Replace the small state file as one step, and keep the former one as the copy; answer with `stored`.
    SaveState {
        /// For the answer.
        token: Token,
        /// The state: ASCII-safe UTF-8 text.
        bytes: Vec<u8>,
    },
    /// Delete all chunks and the copy of the state. The state itself may stay: it was just saved, without what is
    /// to be wiped, and it says that consent was denied.
    Wipe,
    /// POST a batch; answer with `http_done`.
    Send {
        /// For the answer.
        token: Token,
        /// What to send.
        request: Request,
    },
    /// Call `tick` at this time of the monotonic clock, rather than at any earlier one that was asked for.
    WakeAt {
        /// Milliseconds of the host's monotonic clock.
        mono_ms: u64,
    },
    /// Something a developer may want to see. Nothing to do.
    Diagnostic(Diagnostic),
}

/// A batch for `POST /v1/batch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The JSON body.
    pub body: Vec<u8>,
    /// How many events it carries.
    pub events: u32,
    /// Whether the host is about to go away: a browser uses a beacon.
    pub leaving: bool,
    /// How many events of the same chunk wait, these among them.
    pub(crate) waiting: u32,
}

impl Request {
    /// Stays the same when the same events are sent again: no two devices have a message id in common, and no two
    /// requests of a chunk have as many events waiting.
    pub fn idempotency_key(&self) -> String {
        // With the bracket before it the events are an array.
        let events = core::str::from_utf8(&self.body[BATCH_EVENTS_AT - 1..]).unwrap_or_default();
        let first = RawJson::trusted(events).items().next();
        let first = first.and_then(|event| event.get("messageId")?.string()).unwrap_or_default();
        format!("{first}-{}-{}", self.events, self.waiting)
    }
}

/// What happened inside, for logs and debuggers. Losses are counted besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diagnostic {
    /// Properties, traits or context were no JSON object; the event was dropped. Or they were more than there is room for,
    /// and so were super properties.
    BadJson {
        /// Byte offset of the first error, or how many bytes there is room for.
        at: usize,
    },
    /// A call without the name or id that it needs, or with an absent value's text (`null`, say) for an id; dropped.
    MissingName,
    /// Events were dropped.
    Lost {
        /// Why.
        reason: LossReason,
        /// How many.
        events: u64,
    },
    /// The stored state was damaged; the copy, or a new identity, is used.
    StateDamaged {
        /// Whether the copy could be used.
        copy_used: bool,
    },
    /// The host could not store something; it is in memory still.
    StorageFailed,
    /// The collector does not accept the write key: sending stops until the client is made again or resumed.
    Paused {
        /// 401 or 403.
        status: u16,
    },
    /// Nothing answers: until `online`, only a try now and then.
    Unreachable {
        /// Milliseconds until the next one.
        wait_ms: u64,
    },
    /// The device's clock is off by more than five minutes. Events keep the device's time; the collector corrects it.
    ClockSkew {
        /// The collector's clock less the device's, in milliseconds.
        skew_ms: i64,
    },
    /// A request failed and is tried again.
    Retrying {
        /// The status; 0 without an answer.
        status: u16,
        /// Milliseconds until then.
        wait_ms: u64,
    },
}

/// The message id of a record.
pub fn message_id(record: &[u8]) -> Option<Cow<'_, str>> {
    RawJson::object(core::str::from_utf8(record).ok()?).ok()?.get("messageId")?.string()
}
