//! Why a request as a whole is refused, and with which status. One match, so that it can be read as a table.

use axum::http::StatusCode;
use holloway_wire::{
    decode,
    json::write_string,
    limits::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX},
};

use crate::body::BodyError;

/// Seconds after which a sender may try again.
pub(crate) const RETRY_AFTER_S: u32 = 2;

/// A refused request. The sender has its events still.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("expected a write key (Basic user, writeKey in the body, ?writeKey= or X-Write-Key), found none")]
    NoKey,
    #[error("expected a write key of keys.toml, found {0:?}")]
    UnknownKey(String),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Json(#[from] decode::BodyError),
    #[error(
        "expected a batch of at most {BATCH_BYTES_MAX} bytes, found {0}: send half as many events, or POST /v1/import"
    )]
    BatchTooLarge(usize),
    #[error(
        "expected at most {BATCH_EVENTS_MAX} events in a batch, found {0}: send fewer, or POST /v1/import"
    )]
    TooManyEvents(usize),
    #[error("expected POST, found {0}")]
    Method(String),
    #[error("nothing is here: {0}")]
    NoRoute(&'static str),
    #[error("more requests are under way than fit into memory: try again later")]
    Busy,
    #[error("the events could not be written to disk: try again later")]
    Storage,
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NoKey | Self::UnknownKey(_) => StatusCode::UNAUTHORIZED,
            Self::Body(BodyError::TooLarge) | Self::BatchTooLarge(_) | Self::TooManyEvents(_) => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Self::Body(BodyError::Encoding(_)) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Body(BodyError::Damaged { .. }) | Self::Json(_) => StatusCode::BAD_REQUEST,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoRoute(_) => StatusCode::NOT_FOUND,
            Self::Busy => StatusCode::TOO_MANY_REQUESTS,
            Self::Storage => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Whether to say when to try again.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy | Self::Storage)
    }

    /// `{"error": "..."}`
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut out = b"{\"error\":".to_vec();
        write_string(&mut out, &self.to_string());
        out.push(b'}');
        out
    }
}
