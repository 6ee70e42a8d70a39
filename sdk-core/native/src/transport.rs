//! How a batch reaches a collector.

/// A batch on its way.
#[derive(Clone, Debug)]
pub struct Delivery<'a> {
    /// The collector's origin, without a slash at the end; the path is `/v1/batch`.
    pub host: &'a str,
    /// For Basic authentication (user, without password); it is in the body too.
    pub write_key: &'a str,
    /// The same for every attempt with the same events.
    pub idempotency_key: &'a str,
    /// The JSON body.
    pub body: &'a [u8],
}

impl Delivery<'_> {
    /// Returns the body compressed with gzip, to be sent with `content-encoding: gzip`; `None` for a body below 1 KiB,
    /// which goes as it is.
    #[cfg(feature = "gzip")]
    pub fn gzipped(&self) -> Option<Vec<u8>> {
        crate::gzip::gzip(self.body)
    }
}

/// What a collector answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The `Retry-After` header.
    pub retry_after: Option<String>,
    /// The `Date` header.
    pub date: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// There was no answer; the batch is kept and sent again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer from {host}: {detail}")]
pub struct TransportError {
    /// Where it was sent.
    pub host: String,
    /// What happened.
    pub detail: String,
}

/// Sends one batch and waits for the answer. Called from the client's own sending thread, one batch at a time.
///
/// Do not retry inside: the client does, with backoff, and keeps count.
pub trait Transport: Send + 'static {
    /// Sends and waits.
    fn send(&mut self, delivery: &Delivery<'_>) -> Result<Response, TransportError>;
}
