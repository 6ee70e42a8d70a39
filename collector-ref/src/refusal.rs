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

/// A refused request. The sender has its events still, or the quarantine has its payload.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(
        "expected a write key (Basic user, Bearer, writeKey in the body, ?writeKey= or X-Write-Key), found none"
    )]
    NoKey,
    #[error("expected a write key of keys.toml, found {0:?}")]
    UnknownKey(String),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Json(#[from] decode::BodyError),
    #[error("expected a batch of at most {BATCH_BYTES_MAX} bytes, found {0}")]
    BatchTooLarge(usize),
    #[error("expected at most {BATCH_EVENTS_MAX} events in a batch, found {0}")]
    TooManyEvents(usize),
    #[error("expected POST, found {0}")]
    Method(String),
    #[error("no route for {path}")]
    NoRoute { path: String, hint: &'static str },
    #[error("expected the whole body within {0} seconds, found less")]
    Slow(u64),
    #[error("expected the whole body, found less: the connection ended")]
    Interrupted,
    #[error("more requests are under way than fit into memory")]
    Busy,
    #[error("the events could not be written to disk")]
    Storage,
}

impl Refusal {
    /// Status, a stable word, and what to do.
    fn row(&self) -> (StatusCode, &'static str, &'static str) {
        const NAME_KEY: &str =
            "name it in keys.toml of the data folder ([keys.WRITE_KEY]); no restart is needed";
        const HALVE: &str = "send half as many events, or POST /v1/import, which takes 4 MiB";
        const LATER: &str = "send the same again after Retry-After";
        const KEPT: &str = "the payload is in the quarantine; to send it again unchanged does not help";
        match self {
            Self::NoKey => (StatusCode::UNAUTHORIZED, "no_key", "send the write key with the request"),
            Self::UnknownKey(_) => (StatusCode::UNAUTHORIZED, "unknown_key", NAME_KEY),
            Self::Body(BodyError::TooLarge) => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", HALVE),
            Self::BatchTooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "batch_too_large", HALVE),
            Self::TooManyEvents(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too_many_events", HALVE),
            Self::Body(BodyError::Encoding(_)) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unknown_encoding", KEPT)
            }
            Self::Body(BodyError::Damaged { .. }) => (StatusCode::BAD_REQUEST, "damaged_encoding", KEPT),
            Self::Json(_) => (StatusCode::BAD_REQUEST, "malformed_body", KEPT),
            Self::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, "method", "POST it"),
            Self::NoRoute { hint, .. } => (StatusCode::NOT_FOUND, "no_route", hint),
            Self::Slow(_) => (StatusCode::REQUEST_TIMEOUT, "slow", LATER),
            Self::Interrupted => (StatusCode::REQUEST_TIMEOUT, "interrupted", LATER),
            Self::Busy => (StatusCode::TOO_MANY_REQUESTS, "busy", LATER),
            Self::Storage => (StatusCode::SERVICE_UNAVAILABLE, "storage", LATER),
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.row().0
    }

    /// The stable word.
    pub(crate) fn reason(&self) -> &'static str {
        self.row().1
    }

    /// Whether to say when to try again.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy | Self::Storage | Self::Slow(_) | Self::Interrupted)
    }

    /// `{"error":"…","reason":"…","hint":"…"}`
    pub(crate) fn body(&self) -> Vec<u8> {
        let (_, reason, hint) = self.row();
        let mut out = b"{\"error\":".to_vec();
        write_string(&mut out, &self.to_string());
        out.extend_from_slice(b",\"reason\":");
        write_string(&mut out, reason);
        out.extend_from_slice(b",\"hint\":");
        write_string(&mut out, hint);
        out.push(b'}');
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_status_and_says_what_to_do() {
        let check = |refusal: Refusal, status: u16, temporary: bool, body: &str| {
            let found = String::from_utf8(refusal.body()).expect("JSON");
            assert_eq!((refusal.status().as_u16(), refusal.is_temporary()), (status, temporary), "{found}");
            assert_eq!(found, body);
        };
        check(
            Refusal::UnknownKey("k1".to_owned()),
            401,
            false,
            r#"{"error":"expected a write key of keys.toml, found \"k1\"","reason":"unknown_key","hint":"name it in keys.toml of the data folder ([keys.WRITE_KEY]); no restart is needed"}"#,
        );
        check(
            Refusal::BatchTooLarge(513_024),
            413,
            false,
            r#"{"error":"expected a batch of at most 512000 bytes, found 513024","reason":"batch_too_large","hint":"send half as many events, or POST /v1/import, which takes 4 MiB"}"#,
        );
        check(
            Refusal::Busy,
            429,
            true,
            r#"{"error":"more requests are under way than fit into memory","reason":"busy","hint":"send the same again after Retry-After"}"#,
        );
        check(
            Refusal::Storage,
            503,
            true,
            r#"{"error":"the events could not be written to disk","reason":"storage","hint":"send the same again after Retry-After"}"#,
        );
        check(
            Refusal::Slow(30),
            408,
            true,
            r#"{"error":"expected the whole body within 30 seconds, found less","reason":"slow","hint":"send the same again after Retry-After"}"#,
        );
        check(
            Refusal::NoRoute { path: "GET /x".to_owned(), hint: "go there" },
            404,
            false,
            r#"{"error":"no route for GET /x","reason":"no_route","hint":"go there"}"#,
        );
        check(
            decode::BodyError::Utf8 { at: 11 }.into(),
            400,
            false,
            r#"{"error":"expected UTF-8 text, found another byte at 11","reason":"malformed_body","hint":"the payload is in the quarantine; to send it again unchanged does not help"}"#,
        );
    }
}
