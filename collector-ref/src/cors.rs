//! Any web page may send: its origin and the headers it asks for are mirrored.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// How long a browser may remember a preflight: a day, of which Chromium honours two hours.
const MAX_AGE_S: HeaderValue = HeaderValue::from_static("86400");

/// Adds to every answer what a browser needs to let the page see it, `Retry-After` among it.
pub(crate) fn allow(request: &HeaderMap, response: &mut HeaderMap) {
    let Some(origin) = request.get(header::ORIGIN) else { return };
    response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    response.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    response.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Retry-After"));
    response.insert(header::VARY, HeaderValue::from_static("Origin"));
}

/// Answers a preflight.
pub(crate) fn preflight(request: &HeaderMap, response: &mut HeaderMap) {
    allow(request, response);
    let mirror = |from: HeaderName, otherwise: &'static str| {
        request.get(from).cloned().unwrap_or_else(|| HeaderValue::from_static(otherwise))
    };
    response.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        mirror(
            header::ACCESS_CONTROL_REQUEST_HEADERS,
            "authorization, content-type, content-encoding, x-retry-count",
        ),
    );
    response.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    response.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
}
