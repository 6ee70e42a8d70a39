//! The reference collector.
//!
//! One promise: **a 200 means that the event is on disk.** Requests wait for the sync that covers them; many wait for
//! the same one. One bad event never costs its batch: it goes to the quarantine with its payload and a reason, and
//! the answer says so. Every event that comes in meets exactly one [`Fate`], and the [`Ledger`] adds up at all times.
//!
//! A data folder holds `log/` and `quarantine/` (two logs of one format), `keys.toml`, and `losses.ndjson`: what
//! clients said they lost before it came here.
//!
//! [`Intake`] is that promise without HTTP, used by the server and by imports alike; [`Server`] puts the routes of
//! the Segment HTTP API in front of it.
#![warn(missing_docs)]

mod access;
mod admission;
mod answer;
mod body;
mod clock;
mod committer;
mod cookie;
mod cors;
mod dedupe;
mod events;
mod fate;
mod intake;
mod keys;
mod losses;
mod metrics;
mod quarantine;
mod quickstart;
mod refusal;
mod route;
mod server;
mod settings;
mod waiting;
mod welcome;

pub use cookie::{VisitorCookie, VisitorCookieError};
pub use dedupe::Window;
pub use fate::{Fate, Ledger};
pub use intake::{CommitError, Intake, IntakeOpenError, IntakeOptions, Recovered, Source};
pub use keys::{KeyError, Keys};
pub use quarantine::Quarantined;
pub use quickstart::Quickstart;
pub use server::{Config, Server, ServerError};
