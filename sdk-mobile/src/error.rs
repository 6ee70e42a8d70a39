//! Errors of a client that does not start, and of a flush that does not deliver everything.

use holloway::{BuildError, FlushError};

/// Closed on purpose: a new kind of failure gets a name of its own. The text crosses with it and says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[uniffi(flat_error)]
pub enum HollowayError {
    /// The write key is empty.
    #[error("{0}")]
    WriteKey(String),
    /// A setting has a value that no client can work with.
    #[error("{0}")]
    Setting(String),
    /// The host is no origin of a collector.
    #[error("{0}")]
    Host(String),
    /// The directory cannot be written to.
    #[error("{0}")]
    Directory(String),
    /// No thread, or no HTTP client.
    #[error("{0}")]
    Start(String),
    /// The collector has not acknowledged everything in time; nothing is lost.
    #[error("{0}")]
    TimedOut(String),
    /// The collector does not know the write key; events wait until it does.
    #[error("{0}")]
    Refused(String),
    /// Nothing waits any more, but since the last flush some events were lost: the text counts them by reason.
    #[error("{0}")]
    Rejected(String),
    /// The client was shut down, or was made in another process, before a fork.
    #[error("{0}")]
    Stopped(String),
    /// A defect of this library stopped the client; the app goes on.
    #[error(
        "this client is off because of a defect inside: events on disk are sent by the next one; please report what was \
         printed when it happened"
    )]
    Disabled,
}

impl From<BuildError> for HollowayError {
    fn from(error: BuildError) -> Self {
        // Settings have other names here than in the Rust builder, so those texts are of this crate.
        match error {
            BuildError::NoWriteKey => Self::WriteKey("expected a write key, found an empty text".into()),
            BuildError::OddWriteKey { .. } => Self::WriteKey(error.to_string()),
            BuildError::Setting { name, expected, found } => {
                // Where a face measures in other units its setting has another name, which begins with this one.
                Self::Setting(format!("expected {expected} as {name}, found {found}"))
            }
            BuildError::Host { found, hint } => Self::Host(format!(
                "expected the collector's origin as host, such as https://events.example.com, found {found:?}{hint}"
            )),
            BuildError::Store { folder, source } => Self::Directory(format!(
                "cannot keep events in {}: {source}; give a directory that can be written to",
                folder.display()
            )),
            BuildError::Start(_) => Self::Start(error.to_string()),
            BuildError::NoTransport => Self::Start(
                "this library was built without an HTTP client: enable its feature reqwest".into(),
            ),
        }
    }
}

impl From<FlushError> for HollowayError {
    fn from(error: FlushError) -> Self {
        let text = error.to_string();
        match error {
            FlushError::TimedOut { .. } => Self::TimedOut(text),
            FlushError::Refused { .. } => Self::Refused(text),
            FlushError::Lost { .. } => Self::Rejected(text),
            FlushError::Stopped | FlushError::Forked => Self::Stopped(text),
        }
    }
}
