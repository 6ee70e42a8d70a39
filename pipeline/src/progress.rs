//! How long work tells a person that it goes on.

/// Receives the course of a job. Implemented by the shells: a bar on a terminal, nothing in a test.
pub trait Progress: Sync {
    /// A part of the job begins; `total` steps when they are known.
    fn begin(&self, what: &str, total: Option<u64>);
    /// So many more steps are done.
    fn advance(&self, steps: u64);
    /// The part that was begun is over.
    fn end(&self);
}

/// Says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&self, _what: &str, _total: Option<u64>) {}
    fn advance(&self, _steps: u64) {}
    fn end(&self) {}
}
