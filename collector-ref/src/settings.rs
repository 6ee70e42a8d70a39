//! What Segment's SDKs ask for before they start.

use axum::http::HeaderValue;
use holloway_wire::json::write_string;

/// A day, by the asking client alone: the answer names the host it was asked under.
pub(crate) const CACHE: HeaderValue = HeaderValue::from_static("private, max-age=86400");

/// The smallest answer with which analytics-next, Kotlin and Swift all stay with this host: exactly one
/// integration, with a key and a host, and no metrics.
pub(crate) fn write(write_key: &str, host: &str, scheme: &str) -> Vec<u8> {
    let mut out = b"{\"integrations\":{\"Segment.io\":{\"apiKey\":".to_vec();
    write_string(&mut out, write_key);
    out.extend_from_slice(b",\"apiHost\":");
    write_string(&mut out, &format!("{host}/v1"));
    out.extend_from_slice(b",\"protocol\":");
    write_string(&mut out, scheme);
    out.extend_from_slice(
        b"}},\"metrics\":{\"sampleRate\":0},\"plan\":{},\"edgeFunction\":{},\"middlewareSettings\":{}}",
    );
    out
}
