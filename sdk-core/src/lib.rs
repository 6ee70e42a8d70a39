//! The Holloway client as a state machine without I/O.
//!
//! A [`Client`] decides everything that must be the same in a browser, on a phone and in a Rust app: ids,
//! sessions, consent, what is kept, what is sent, what is lost and why. It never reads a clock, draws a random
//! number, touches a file or opens a connection: time and seed come in as arguments, and what it wants done comes
//! out as [`Effect`]s that its host carries out and reports back.
//!
//! So a test is a list of times, calls and expected effects, and the same list runs in every language
//! (`scenarios/`).
// Browsers pay for the standard library in bytes.
#![cfg_attr(not(test), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod client;
mod config;
mod effect;
pub mod frame;
mod identity;
mod input;
mod losses;
mod outbox;
#[cfg(feature = "plugins")]
mod plugin;
mod random;
mod records;
mod retry;
mod session;
mod state;

pub use client::{Client, Tracked};
pub use config::{Config, Consent};
pub use effect::{ChunkId, Diagnostic, Effect, Request, Token, message_id};
pub use holloway_wire as wire;
pub use identity::{Registration, ResetOptions};
#[cfg(feature = "server-events")]
pub use input::EventIds;
pub use input::{
    Answer, EventOptions, HostMark, HttpOutcome, Now, ReadOutcome, Restored, RestoredChunk, StoredOutcome,
};
#[cfg(feature = "plugins")]
pub use plugin::{Keep, Outgoing, Part};
pub use records::Records;
pub use session::{Rotation, Session};
