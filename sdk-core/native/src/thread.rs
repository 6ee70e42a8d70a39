//! The client's threads.

use std::{
    io,
    thread::{Builder, JoinHandle},
};

/// Starts a thread with a name, whose log lines go to `log`, or else to the process's subscriber.
pub(crate) fn start(
    name: &str,
    log: Option<tracing::Dispatch>,
    run: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(move || match log {
        Some(log) => tracing::dispatcher::with_default(&log, run),
        None => run(),
    })
}
