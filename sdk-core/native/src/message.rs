//! Messages of callers and of the sending thread to the worker; calls take the hand-off.

use std::sync::mpsc::SyncSender;

use holloway_core::{Consent, Now, Token};

use crate::{
    answer::Reply,
    flush::Flush,
    transport::{Response, TransportError},
};

/// A message to the worker.
#[derive(Debug)]
pub(crate) enum Message {
    /// The user's decision, when it was made, and the caller who waits until it is on the disk.
    Consent(Consent, Now, SyncSender<()>),
    Purposes(String, Now, SyncSender<()>),
    Sent(Token, Result<Response, TransportError>),
    Flush(Flush),
    Background,
    Foreground,
    Online,
    Resume,
    /// Look for what other clients on the folder left, now.
    Inherit,
    /// End, and answer when the folder is free.
    Stop(Option<Reply<()>>),
}
