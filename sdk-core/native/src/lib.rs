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
//! // While the collector is away the event waits on disk, and `flush` says so.
//! server.answer_with(503);
//! hw.track("Upgraded", json!({}));
//! let error = hw.flush(Duration::from_millis(50)).unwrap_err();
//! assert!(matches!(error, FlushError::TimedOut { queued: 1, .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # One user or many
//!
//! | the app | calls | identity |
//! |---|---|---|
//! | has one user: a desktop app, a command line tool | [`Client::track`], [`Client::identify`], [`Client::reset`] | the client has a visitor of its own, with an anonymous id, a user after `identify`, sessions and super properties |
//! | has many: a web server, a worker | [`Client::for_user`], [`Client::for_anonymous`], or ids in [`Options`] | each event carries the ids that it is given, and nothing of the client's own visitor |
//!
//! On a server `identify` is the wrong call: the client is one for all requests, and every later event would be that user's.
//!
//! ```
//! # use std::time::Duration;
//! # use holloway::{Client, LossReason, Recorder};
//! # use serde_json::json;
//! # let folder = tempfile::tempdir()?;
//! # let server = Recorder::new();
//! # let hw = Client::builder("KEY").store_dir(folder.path()).transport(server.clone()).build()?;
//! // In a handler, with what is known of the request:
//! let user = hw
//!     .for_user("ada")
//!     .with_anonymous_id("the id in the visitor's cookie") // joins the web visitor to the user
//!     .with_context(json!({ "ip": "192.0.2.1", "userAgent": "Firefox", "page": { "path": "/cart" } }));
//! user.track("Ordered", json!({ "total": 12.5 }));
//!
//! // An id that is blank is refused, with a warning and a count; the event is not given to anyone else.
//! hw.for_user("").track("Ordered", json!({ "total": 8 }));
//! hw.flush(Duration::from_secs(5))?;
//! assert_eq!(server.event_names(), ["Ordered"]);
//! assert_eq!(hw.losses(), [(LossReason::Serialize, 1)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Such events have no session of their own: the pipeline puts them into a session of the user's device that is running.
//!
//! Consent ([`Client::set_consent`]) is the client's, not a user's: while it is denied, nothing is recorded for any user.
//! A server that asks each user keeps the answers itself, and makes no call for those who declined.
//!
//! # Async code
//!
//! A client may be built, used and dropped in async code of any runtime, and needs none. `track` and its kin return at once.
//! [`Client::flush_async`] and [`Client::shutdown_async`] are the forms to await; `flush` and `shutdown` block. Build the
//! client once, share clones of it, and shut it down at the end:
//!
//! ```no_run
//! # use std::time::Duration;
//! # use serde_json::json;
//! # async fn serve(hw: holloway::Client) {}
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! // Under #[tokio::main]:
//! let hw = holloway::Client::builder("KEY")
//!     .host("https://events.example.com")
//!     .store_dir("/var/lib/shop/holloway")
//!     .app("shop", env!("CARGO_PKG_VERSION"))
//!     .build()?;
//! serve(hw.clone()).await;
//! if let Err(error) = hw.shutdown_async(Duration::from_secs(5)).await {
//!     eprintln!("{error}"); // what still waits, and what was lost, by reason
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Client::set_consent`], [`Client::set_purposes`], [`Builder::build`] and the drop of the last clone wait for the disk, a
//! few milliseconds, and for no network.
//!
//! Threads do not survive a `fork`: build a client in each process, after the fork. In a forked process calls of a client from
//! before go into the ring that the parent sends from; [`Client::flush`] answers [`FlushError::Forked`].
//!
//! # Guarantee
//!
//! At-least-once after `track` returns; survives process kill; power loss costs at most the unsealed chunk; order kept
//! per client; duplicates removable by messageId; every loss is counted and reported in-band.
//!
//! When `track` returns, the operating system has the event: it was copied into a ring in a mapped file of the store folder,
//! and a SIGKILL does not lose it. The next client on the same folder sends it. `track` makes no system call of its own (a
//! call of more than 1 KiB asks the allocator for room, which may make one), waits for no lock, no disk, no network and no
//! full queue, and never fails into the app: what is dropped is counted ([`Client::losses`]) and reported through `tracing`,
//! by the name of the event. The ring's 4 MiB are taken from the disk when the client is built, so that a disk without room
//! for them is an error then (but on file systems that copy on write, which may run out of room for a page that is written
//! again).
//!
//! Before the user has agreed ([`Client::set_consent`]) nothing is written, and the guarantee begins with the agreement.
//!
//! # Threads and folders
//!
//! A client has two threads. One owns the state machine of `holloway-core` and the store folder; since callers do not wake
//! it, it looks for calls ten times a second while there are none, and once a second while the app is in the background. The
//! other one sends. Drop the last clone, or call [`Client::shutdown`], and the folder is free when the call returns; only
//! `shutdown` waits for the collector, up to its timeout.
//!
//! Clients on one folder, in one process or several, each write in a folder of their own inside it. What a client that is
//! gone has left there is sent by the client that has the folder itself: at its start, every minute, and at
//! [`Client::inherit`].
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

/// The programs of the repository's and of this crate's README compile.
#[cfg(doctest)]
mod readmes {
    #[doc = include_str!("../../../README.md")]
    struct Repository;

    #[doc = include_str!("../README.md")]
    struct Crate;
}

mod answer;
mod builder;
mod call;
mod client;
mod clock;
mod decision;
mod delivery;
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
mod machine;
mod mapped;
mod message;
mod orphan;
mod recorder;
#[cfg(feature = "reqwest")]
mod reqwest_transport;
mod ring;
mod scope;
mod sender;
mod settings;
mod thread;
mod transport;
mod worker;

pub use builder::Builder;
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
pub use scope::Scope;
pub use settings::BuildError;
pub use transport::{Delivery, Response, Transport, TransportError};
