//! What the client costs its app, and what the same job costs with its peers.
//!
//! `cargo xtask bench`, from the root of the repository, runs all of it and prints the tables.

mod chunk;
mod client;
mod encoder;
mod event;
mod peers;

pub use chunk::{Chunk, RECORDS_A_WRITE, Record};
pub use client::{Client, Fsync};
pub use encoder::Encoder;
pub use peers::{OpenTelemetry, Posthog, Sentry};

/// Something with a call to be measured, and a queue behind it.
pub trait Subject {
    /// The call.
    fn call(&mut self);

    /// Empties the queue. Never measured: no call may find the queue full, or a worker at work on the calls before.
    fn drain(&mut self) {}
}

/// Calls between two drains: fewer than any subject's queue holds, and than any hands to its worker by number.
pub const BATCH: u64 = 256;
