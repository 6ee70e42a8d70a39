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
//! From the moment `track` returns, the event is in the operating system's hands (a file of the store folder): a
//! SIGKILL does not lose it. The next client on the same folder sends it.
#![deny(missing_docs)]

mod builder;
mod call;
mod client;
mod clock;
mod disk;
mod files;
mod flush;
mod folder;
mod gauges;
mod handoff;
mod ids;
mod journal;
mod orphan;
mod recorder;
#[cfg(feature = "reqwest")]
mod reqwest_transport;
mod sender;
mod transport;
mod worker;

pub use builder::{BuildError, Builder};
pub use client::{Client, Options};
pub use files::FsyncPolicy;
pub use flush::FlushError;
pub use gauges::Subject;
pub use holloway_core::{Consent, ResetOptions, wire::LossReason};
pub use recorder::Recorder;
#[cfg(feature = "reqwest")]
pub use reqwest_transport::ReqwestTransport;
pub use transport::{Delivery, Response, Transport, TransportError};
