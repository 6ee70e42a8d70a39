//! What a page can do, as the core's shell needs it.

/// The page. It answers at once, except to `Read` and a pending `Send`, whose answers come back later as calls of the
/// shell.
pub(crate) trait Host {
    /// Does one thing; what the numbers, the text and the answer are is said at [`Act`].
    fn act(&self, kind: Act, first: f64, second: f64, text: &[u8]) -> u32;
}

/// What a page is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Answers with 32 fresh random bits.
    Random,
    /// Keeps a record (the text) in chunk `first`; answers 0 when the page's storage refused.
    Append,
    /// Asks for the records of chunk `second`, under the token `first`.
    Read,
    /// Forgets chunk `first`.
    Remove,
    /// Keeps the state (the text), and the one before as its copy; answers 0 when the page's storage refused.
    Save,
    /// Forgets everything that was kept but the state.
    Wipe,
    /// Sends a body (the text) under the token `first`; `second` is 1 when it asks for a beacon. Answers with one of the
    /// constants below.
    Send,
    /// Asks for a tick after `first` milliseconds, in place of the one asked for before.
    Wake,
    /// Something worth knowing for whoever integrates the client; the text has its kind and its numbers, see
    /// `shell::numbers`.
    Diagnose,
    /// Who this device says it is now, and in which session: `Client::visitor` has the text; `first` is the consent:
    /// 0 unknown, 1 granted, 2 denied.
    Identity,
}

/// The answer to a `Send` comes later, as a call.
pub(crate) const SEND_PENDING: u32 = 0;
/// A beacon took it: no answer will ever come.
pub(crate) const SEND_BEACONED: u32 = 1;
/// The browser would not take it.
pub(crate) const SEND_REFUSED: u32 = 2;
