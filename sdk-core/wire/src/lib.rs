//! What travels between a Holloway client and a collector, and what the raw log stores of it.
//!
//! The shape is the Segment spec's, so that any Segment SDK can send to a Holloway collector and a Holloway
//! client can send to any Segment-compatible one. This crate is the only place where client and server meet:
//! it knows the words and their limits, and nothing of queues, disks, tables or HTTP.
//!
//! * Clients use [`Event`], [`write_batch`] and [`Receipt`]: bytes are written and read by hand, because in a
//!   browser every kilobyte of code is downloaded by a visitor.
//! * Servers switch on the `decode` feature and use `decode` and `Envelope`, which rest on `serde_json`.
//!
//! Properties, traits and context travel as raw JSON text ([`RawJson`]) from the host to the log. No number in
//! them is ever parsed and printed again, so none is ever changed.
// Browsers pay for the standard library in bytes.
#![cfg_attr(not(any(test, feature = "decode")), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod absent;
mod batch;
#[cfg(feature = "decode")]
pub mod decode;
#[cfg(feature = "decode")]
mod envelope;
mod event;
mod field;
mod hash;
mod id;
pub mod json;
mod kind;
pub mod limits;
mod loss;
mod receipt;
mod scrub;
mod time;

pub use absent::is_absent_id;
pub use batch::{BATCH_EVENTS_AT, write_batch};
#[cfg(feature = "decode")]
pub use envelope::{Envelope, EnvelopeError};
pub use event::{DELETION_EVENT, Event};
pub use field::next_field;
pub use hash::{dedupe_key, hex, stable_hash128};
pub use id::{IdError, MessageId};
pub use json::{JsonError, RawJson};
pub use kind::EventKind;
pub use loss::LossReason;
pub use receipt::{Receipt, ReceiptError, Verdict, VerdictLine, write_receipt};
pub use scrub::{scrub, scrubbed};
pub use time::{ClockSource, Corrected, TimeError, Timestamp, correct_clock};
