//! The servers' reading of bodies and events (feature `decode`).
//!
//! Two steps with two kinds of failure. [`body`] finds the events of a request; when it fails there is nothing
//! to keep apart, and the request is refused. [`event`] reads one event; when it fails, that event alone is
//! [`Invalid`] and its neighbours go on.
//!
//! [`calls`] comes before them for pages that were left too early.
//!
//! Lenient where real SDKs are sloppy: `null` is absent, numeric ids become strings, unknown fields are ignored.

mod body;
mod calls;
mod event;
mod field;

pub use body::{Body, BodyError, Route, body};
pub use calls::calls;
pub use event::{Decoded, Invalid, InvalidReason, event};
