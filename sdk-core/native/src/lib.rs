//! Behavioural analytics for Rust apps.
//!
//! ```
//! use std::time::Duration;
//! use holloway::{Client, FlushError, Recorder};
//! use serde_json::json;
//!
//! let folder = tempfile::tempdir()?;
//! let server = Recorder::new();
//! let hw = Client::builder("KEY")
//!     .store_dir(folder.path())
//!     .transport(server.clone()) // an app leaves this out and names its collector with `.host(url)`
//!     .build()?;
//! hw.identify("u1", json!({ "plan": "pro" }));
//! hw.track("Signed Up", json!({ "source": "ad" }));
//! hw.flush(Duration::from_secs(5))?;
//! assert_eq!(server.event_names(), ["identify", "Signed Up"]);
//!
//! // A collector that is away costs nothing: the event waits on disk, and `flush` says so.
//! server.answer_with(503);
//! hw.track("Upgraded", json!({}));
//! let error = hw.flush(Duration::from_millis(50)).unwrap_err();
//! assert!(matches!(error, FlushError::TimedOut { queued: 1, .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is promised
//!
//! At-least-once after `track` returns; survives process kill; power loss costs at most the unsealed chunk; order kept
//! per client; duplicates removable by messageId; every loss is counted and reported in-band.
//!
//! From the moment `track` returns, the event is in the operating system's hands: it was copied into a ring in a mapped
//! file of the store folder, and a SIGKILL does not lose it. The next client on the same folder sends it. `track` makes no
//! system call of its own (a call of more than 1 KiB asks the allocator for room, which may make one), waits for no lock, no disk, no network and no full queue, and never fails into the app: what is dropped
//! is counted ([`Client::losses`]) and told through `tracing`. The ring's 4 MiB are taken from the disk when the client is
//! built: a disk without room for them is an error then, and no fault later (but for file systems that copy on write,
//! which may run out of room for a page that is written again).
//!
//! Before the user has agreed ([`Client::set_consent`]) nothing of the user is written, and the promise begins with the
//! agreement.
//!
//! # What runs
//!
//! Two threads a client. One owns the state machine of `holloway-core` and the store folder; since callers do not wake it,
//! it looks for calls ten times a second while there are none, and once a second while the app is in the background. One
//! sends, and sleeps else. Drop the last clone, or call [`Client::shutdown`], and the folder is free when the call
//! returns; only `shutdown` waits for the collector, as long as it is told to.
//!
//! Clients on one folder, in one process or several, each write in a folder of their own inside it. What one that is
//! gone has left there is sent by the client that has the folder itself: at its start, every minute, and when it is told
//! to ([`Client::inherit`]).
//!
//! # Features
//!
//! `reqwest` (default): HTTP/1.1 and TLS by reqwest, rustls and ring, with the system's certificates. Without it the
//! crate has no HTTP client, and [`Builder::build`] asks for a [`Transport`] of the app's own:
//!
//! ```
//! use std::time::Duration;
//! use holloway::{Client, Delivery, Response, Transport, TransportError};
//!
//! /// Sends nowhere, as a template.
//! struct Nowhere;
//!
//! impl Transport for Nowhere {
//!     fn send(&mut self, delivery: &Delivery<'_>) -> Result<Response, TransportError> {
//!         let _url = format!("{}/v1/batch", delivery.host);
//!         Ok(Response { status: 200, ..Response::default() })
//!     }
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! let hw = Client::builder("KEY").store_dir(folder.path()).transport(Nowhere).build()?;
//! hw.track("Signed Up", ());
//! hw.shutdown(Duration::from_secs(5))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(missing_docs)]

/// The README's program compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

mod builder;
mod call;
mod client;
mod clock;
mod decision;
mod disk;
mod files;
mod flush;
mod folder;
mod gauges;
#[cfg(feature = "gzip")]
mod gzip;
mod handoff;
mod ids;
mod log;
mod mapped;
mod orphan;
mod recorder;
#[cfg(feature = "reqwest")]
mod reqwest_transport;
mod ring;
mod sender;
mod transport;
mod worker;

pub use builder::{BuildError, Builder};
pub use client::{Client, Options, TypedEvent};
pub use files::FsyncPolicy;
pub use flush::FlushError;
pub use gauges::Subject;
pub use holloway_core::{
    Consent, Keep, Outgoing, Part, Registration, ResetOptions,
    wire::{EventKind, LossReason},
};
pub use recorder::Recorder;
#[cfg(feature = "reqwest")]
pub use reqwest_transport::ReqwestTransport;
pub use transport::{Delivery, Response, Transport, TransportError};
