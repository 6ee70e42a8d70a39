//! What a page can do, as the core's shell needs it.

/// The page. Its methods answer at once, except `read` and a pending `send`, whose answers come back later as
/// calls of the shell.
pub(crate) trait Host {
    /// 32 fresh random bits.
    fn random(&self) -> u32;
    /// Keeps a record; false when the page's storage refused.
    fn append(&self, chunk: f64, record: &str) -> bool;
    /// Asks for a chunk's records.
    fn read(&self, token: f64, chunk: f64);
    /// Forgets a chunk.
    fn remove(&self, chunk: f64);
    /// Keeps the state, and the one before as its copy; false when the page's storage refused.
    fn save(&self, state: &str) -> bool;
    /// Forgets everything that was kept.
    fn wipe(&self);
    /// Sends a body of so many bytes; `leaving` asks for a beacon. One of the constants below.
    fn send(&self, token: f64, body: &str, bytes: u32, leaving: bool) -> u32;
    /// Asks for a tick after so many milliseconds, in place of the one asked for before.
    fn wake(&self, wait_ms: f64);
    /// Something worth knowing for whoever integrates the client; `shell::diagnose` has the meanings.
    fn diagnose(&self, kind: u32, first: f64, second: f64);
    /// Who this device says it is now; an empty `user_id` is nobody.
    fn identity(&self, anonymous_id: &str, user_id: &str);
}

/// The answer to a `send` comes later, as `http_done`.
pub(crate) const SEND_PENDING: u32 = 0;
/// A beacon took it: no answer will ever come.
pub(crate) const SEND_BEACONED: u32 = 1;
/// The browser would not take it.
pub(crate) const SEND_REFUSED: u32 = 2;
